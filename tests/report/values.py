"""Reports by the thousand: hypothesis strategies for every value that a report can hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from probe import model

WORD = st.text('aZ09.:/-é €"\n', min_size=1, max_size=8)
WORDS = st.lists(WORD, max_size=2).map(tuple)
MS = st.floats(0, 1e6)
CODE = st.from_regex(r"[a-z]{1,4}(-[a-z]{1,4}){0,2}", fullmatch=True)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | WORD,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORD, inner, max_size=2),
    max_leaves=4,
)
OBJECT = st.dictionaries(WORD, JSON, max_size=2)
UNKNOWN = st.builds(model.Unknown, WORD, st.none() | WORD)
DIRECTION = st.sampled_from(model.Direction)
FAILURE = st.none() | st.sampled_from(model.Failure)
STAGE = st.sampled_from(model.Stage)
STATUS = st.sampled_from(model.Status)


def several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Give tuples of up to two of them."""
    return st.lists(one, max_size=2).map(tuple)


STEPS = several(st.builds(model.Step, STAGE, MS))
ATTEMPT = st.builds(model.Attempt, st.none() | WORD, STATUS, STAGE, FAILURE, STEPS, OBJECT)
OBSERVATION = st.builds(
    model.Observation,
    check=WORD,
    target=WORD,
    status=STATUS,
    stage=st.none() | STAGE,
    failure=FAILURE,
    address=st.none() | WORD,
    port=st.none() | st.integers(1, 65535),
    host=st.none() | WORD,
    steps=STEPS,
    attempts=several(ATTEMPT),
    detail=OBJECT,
)
UNDETERMINED = several(st.builds(model.Undetermined, WORD, WORD, st.none() | WORD))
HOP = st.builds(
    model.Hop,
    DIRECTION,
    WORD,
    WORD,
    st.sampled_from(("allow", "deny", "route", "translate", "unknown")),
    WORD,
)
BLOCKER = st.builds(
    model.Blocker, CODE, WORD, DIRECTION, st.none() | WORD, WORD, st.booleans(), OBJECT
)
PATH = st.builds(
    model.Path,
    verdict=st.sampled_from(model.Verdict),
    hops=several(HOP),
    blockers=several(BLOCKER),
    undetermined=UNDETERMINED,
    subnet_id=st.none() | WORD,
    target=st.none() | WORD,
    destination=st.none() | WORD,
    assumptions=WORDS,
)

PART = st.builds(model.Part, WORD, WORD, st.none() | WORD, st.none() | WORD, OBJECT)


def fixes(alternatives: st.SearchStrategy[tuple[model.Fix, ...]]) -> st.SearchStrategy[model.Fix]:
    """Give fixes with those alternatives."""
    return st.builds(
        model.Fix,
        text=WORD,
        cli=WORDS,
        cloudformation=st.none() | WORD,
        checked=st.booleans(),
        together_with=WORDS,
        cost=st.none() | WORD,
        alternatives=alternatives,
    )


FINDING = st.builds(
    model.Finding,
    code=CODE,
    confidence=st.sampled_from(model.Confidence),
    component=st.none() | WORD,
    title=WORD,
    because=WORDS,
    explains=WORDS,
    fix=st.none() | fixes(several(fixes(st.just(())))),
    ra_code=st.none() | WORD,
    direction=st.none() | DIRECTION,
    confirm=st.none() | WORD,
    same_symptom=WORDS,
)
PLACEMENT = st.builds(
    model.Placement,
    function=WORD | UNKNOWN,
    region=WORD | UNKNOWN,
    in_vpc=st.booleans() | UNKNOWN,
    vpc_id=st.none() | WORD | UNKNOWN,
    subnet_ids=WORDS | UNKNOWN,
    security_group_ids=WORDS | UNKNOWN,
    az_id=st.none() | WORD | UNKNOWN,
    subnet_id=st.none() | WORD | UNKNOWN,
)
REPORT = st.builds(
    model.Report,
    id=WORD,
    started_at=st.just("2026-11-22T04:00:00Z"),
    duration_ms=MS,
    status=st.sampled_from((model.Status.PASS, model.Status.FAIL, model.Status.UNDETERMINED)),
    placement=PLACEMENT,
    observations=several(OBSERVATION),
    findings=several(FINDING),
    undetermined=UNDETERMINED,
    # An empty control and none are the same to a reader of the document.
    control=several(OBSERVATION).map(lambda seen: seen or None),
    paths=several(PATH),
    network=several(PART),
    error=st.none() | WORD,
)
