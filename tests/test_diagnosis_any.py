"""Whatever the evidence, there is a diagnosis: saved files hold anything, and nothing may crash."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe import model
from probe.causes import CATALOGUE
from probe.diagnosis import diagnose
from tests.report.values import JSON, OBSERVATION, PATH, PLACEMENT, UNKNOWN, several

KEYS = st.sampled_from(
    [
        "certificate",
        "error_code",
        "http_status",
        "message",
        "nameservers",
        "rtt_ms",
        "syn_retransmits",
    ]
)
FACTS = st.sampled_from(
    [
        "DBClusters",
        "DBInstances",
        "NatGatewayMetrics",
        "RolePolicies",
        "VpcEndpoints",
        "invoke_error",
    ]
)
ADDRESS = st.sampled_from([None, "10.0.0.1", "203.0.113.9", "2001:db8::1", "no address", ""])
HOST = st.sampled_from(
    [
        None,
        "api.example.com",
        "sts.amazonaws.com",
        "x.rds.amazonaws.com",
        "s3.eu-west-1.amazonaws.com",
    ]
)
SYMPTOM = st.sampled_from(sorted({s for cause in CATALOGUE.values() for s in cause.symptoms}))
LABELS = st.sampled_from(["http a", "rds b", "dynamodb c"])


@st.composite
def observations(draw: st.DrawFn) -> tuple[model.Observation, ...]:
    """Draw observations whose labels and facts have something to say to a rule."""
    drawn = []
    for check, target in (label.split() for label in draw(st.lists(LABELS, unique=True))):
        o = draw(OBSERVATION)
        detail = draw(st.dictionaries(KEYS, JSON, max_size=3))
        attempts = tuple(
            dataclasses.replace(a, address=draw(ADDRESS), detail=detail) for a in o.attempts
        )
        changes: dict[str, Any] = {"address": draw(ADDRESS), "host": draw(HOST)}
        if draw(st.booleans()):
            stage, failure = draw(SYMPTOM)
            changes |= {"status": model.Status.FAIL, "stage": stage, "failure": failure}
        drawn.append(
            dataclasses.replace(
                o, check=check, target=target, detail=detail, attempts=attempts, **changes
            )
        )
    return tuple(drawn)


@st.composite
def paths(draw: st.DrawFn) -> tuple[model.Path, ...]:
    """Draw walks whose blockers are of the catalogue."""
    codes = st.sampled_from(sorted(CATALOGUE))
    return tuple(
        dataclasses.replace(
            path,
            target=draw(LABELS),
            blockers=tuple(dataclasses.replace(b, code=draw(codes)) for b in path.blockers),
        )
        for path in draw(several(PATH))
    )


EVIDENCE = st.builds(
    model.Evidence,
    placement=PLACEMENT,
    observations=observations(),
    paths=paths(),
    control=st.none() | observations(),
    function=UNKNOWN
    | st.dictionaries(
        st.sampled_from(["State", "StateReasonCode", "LastUpdateStatus", "Role", "VpcConfig"]), JSON
    ),
    facts=st.dictionaries(FACTS, JSON | st.lists(st.dictionaries(KEYS, JSON, max_size=2))),
)


@settings(
    max_examples=60,
    suppress_health_check=list(HealthCheck),
)
@given(EVIDENCE)
def test_any_evidence_has_a_diagnosis(evidence: model.Evidence) -> None:
    """It comes, twice the same, in known codes, with texts, about observations that exist."""
    found = diagnose(evidence)

    assert found == diagnose(evidence)
    labels = {o.label for o in evidence.observations} | {p.target for p in evidence.paths}
    for finding in found.findings:
        assert finding.code in CATALOGUE
        assert finding.fix is not None
        assert set(finding.explains) <= labels
        assert len(set(finding.explains)) == len(finding.explains)
    keys = [(f.code, f.component, f.confidence) for f in found.findings]
    assert len(set(keys)) == len(keys)
