"""What DiagnoseFunction is asked for, whoever asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probe.asked import Asked, read
from probe.reading import SettingsError

EVENTS = Path(__file__).parents[1] / "events"
OWN = {"PROBE_FUNCTION": "lambda-probe"}
TARGETS = [{"check": "dns", "name": "localhost"}]


@pytest.mark.parametrize("name", ["schedule", "scheduler", "default"])
def test_what_names_nothing_means_the_probe_and_its_targets(name: str) -> None:
    """Nothing at all, and what a schedule sends."""
    event = json.loads((EVENTS / f"{name}.json").read_text())

    assert read(event, OWN) == Asked("lambda-probe", {})


def test_an_alarm_means_the_probe_and_is_answered_to_people() -> None:
    """What the alarm's event holds besides is no target."""
    asked = read(json.loads((EVENTS / "alarm.json").read_text()), OWN)

    assert (asked.function, asked.event) == ("lambda-probe", {})
    assert asked.change is not None
    assert asked.change.state == "ALARM"


def test_another_function_may_be_named() -> None:
    """With targets, or with those that its own configuration names."""
    assert read({"function": " orders ", "targets": TARGETS}, OWN) == Asked(
        "orders", {"targets": TARGETS}
    )
    assert read({"function": "orders"}, OWN) == Asked("orders", {})


def test_targets_alone_are_for_the_probe() -> None:
    """As if they had been sent to it."""
    assert read({"targets": TARGETS}, OWN) == Asked("lambda-probe", {"targets": TARGETS})


@pytest.mark.parametrize(
    ("event", "environment", "sentence"),
    [
        ({}, {}, "function must be the name or ARN of a Lambda function, and PROBE_FUNCTION in"),
        ({"function": 7}, OWN, "function must be the name or ARN of a Lambda function."),
        ({"function": ""}, OWN, "function must be the name or ARN of a Lambda function."),
        (None, OWN, "The event must be an object like"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    event: Any, environment: dict[str, str], sentence: str
) -> None:
    """It says what is accepted."""
    with pytest.raises(SettingsError) as caught:
        read(event, environment)

    assert str(caught.value).startswith(sentence)
