"""Places that lose some packets, checks that were repeated, and waiting that was cut short."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.causes.disagreement import OPEN_BUT_LOST
from probe.diagnosis import diagnose
from probe.model import Blocker, Confidence, Direction, Hop, Observation, Stage, Step
from tests.causes.build import blocked, evidence, findings, one, path, proven, saw, tried

SILENT = "connect timeout"


def narrowed() -> Blocker:
    """Return a network ACL that lets half of the answers back."""
    return blocked(
        "nacl-narrows-return-ports",
        "acl-a",
        partial=True,
        direction=Direction.RETURN,
        needed_port_range=[1024, 65535],
        allowed_port_ranges=[(32768, 65535)],
    )


@pytest.mark.parametrize(
    ("attempts", "confidence"),
    [
        (("", SILENT, "", SILENT), Confidence.PROVEN),
        ((SILENT,), Confidence.PROVEN),
        ((SILENT,) * 6, Confidence.POSSIBLE),
        (("", ""), Confidence.POSSIBLE),
    ],
    ids=["some lost", "one of one lost", "six of six lost", "none lost"],
)
def test_a_place_that_loses_some_packets_is_proven_by_a_share_that_fits(
    attempts: tuple[str, ...], confidence: Confidence
) -> None:
    """Half of the ports are open: six losses in a row are as good as impossible by that alone."""
    http = saw("http", SILENT if SILENT in attempts else None, attempts=attempts)
    found = evidence(http, paths=[path(http, narrowed())])

    finding = one(found, "nacl-narrows-return-ports")

    assert finding.confidence is confidence
    lost = attempts.count(SILENT)
    said = [sentence for sentence in finding.because if f" of {len(attempts)} attempts" in sentence]
    if not lost:
        assert said == [f"{http.label}: none of {len(attempts)} attempts was lost."]
    elif len(attempts) > 1:
        (once,) = said
        assert once.endswith(f"in {lost} of {len(attempts)} attempts.")


def test_loss_without_a_narrow_place_is_only_loss() -> None:
    """Some of several connections are lost on an open path: no disagreement, and no blame."""
    http = saw("http", SILENT, attempts=["", SILENT, ""])
    found = evidence(http, paths=[path(http)])

    assert [f.code for f in findings(found)] == ["path-lossy"]
    assert any("1 of 3" in sentence for sentence in findings(found)[0].because)


LOW, HIGH = 5570, 40000  # a port that the place closes, and one that it lets through


@pytest.mark.parametrize(
    ("attempts", "confidence"),
    [
        ([(SILENT, LOW)] * 6, Confidence.PROVEN),
        ([(SILENT, LOW)] * 5 + [(SILENT, HIGH)], Confidence.POSSIBLE),
        ([(SILENT, HIGH)] * 6, Confidence.POSSIBLE),
    ],
    ids=["from closed ports", "from an open one, too", "from open ones"],
)
def test_ports_that_are_known_tell_more_than_a_share(
    attempts: list[tuple[str, int]], confidence: Confidence
) -> None:
    """Systems hand out ports in a row, so six in one closed range are no rare chance."""
    made = [tried(words, source_port=port) for words, port in attempts]
    http = saw("http", SILENT, attempts=made)

    found = one(evidence(http, paths=[path(http, narrowed())]), "nacl-narrows-return-ports")

    assert found.confidence is confidence


def test_ports_behind_nat_are_not_those_that_the_function_chose() -> None:
    """The gateway chooses its own, so the function's ports say nothing of a place behind it."""
    http = saw("http", SILENT, attempts=[tried(SILENT, source_port=LOW)] * 6)
    walked = path(http, narrowed())
    translated = Hop(Direction.FORWARD, "nat-a", "nat-gateway", "translate", "to 54.80.0.1")
    behind = replace(walked, hops=(*walked.hops, translated))

    found = one(evidence(http, paths=[behind]), "nacl-narrows-return-ports")

    assert found.confidence is Confidence.POSSIBLE


# --- cut short ---


def cut_short(after_ms: float) -> Observation:
    """Return a check that the deadline ended while it was connecting."""
    seen = saw("http", SILENT, cut_short=True)
    return replace(seen, steps=(Step(Stage.CONNECT, after_ms),))


def test_a_check_that_was_cut_short_at_once_explains_nothing() -> None:
    """A fifth of a second of silence: the closed route is told, and blamed for nothing."""
    seen = cut_short(200)
    found = evidence(seen, paths=[path(seen, blocked("no-route-to-internet"))])

    finding = one(found, "no-route-to-internet")

    assert finding.explains == ()
    assert any("cut short" in sentence for sentence in finding.because)
    assert [u.what for u in diagnose(found).undetermined] == [seen.label]


def test_a_check_that_was_cut_short_at_once_suggests_nothing() -> None:
    """Nothing was read, and nothing was seen."""
    seen = cut_short(200)

    assert findings(evidence(seen)) == ()


def test_a_check_that_waited_long_enough_is_explained_though_it_was_cut_short() -> None:
    """After a second the kernel has asked twice; the route that was read is closed."""
    seen = cut_short(1300)

    assert proven(evidence(seen, paths=[path(seen, blocked("no-route-to-internet"))])) == [
        "no-route-to-internet"
    ]


@pytest.mark.parametrize("cut", [True, False])
def test_packets_are_called_lost_on_an_open_path_only_after_the_whole_time(cut: bool) -> None:
    """A slow target would have answered later."""
    seen = cut_short(1300) if cut else saw("http", SILENT)

    found = one(evidence(seen, paths=[path(seen)]), OPEN_BUT_LOST)

    assert found.confidence is (Confidence.POSSIBLE if cut else Confidence.PROVEN)
