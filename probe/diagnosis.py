"""Judgement: everything that was seen and read goes in, findings in order come out. Pure.

Proven is what was read, is closed there, and does to packets what was seen of them; or what the
far end itself said, on a path that was read. Everything else that fits is possible, and gives way
to a proven cause of the same observation. Reading that failed is named, never guessed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.causes import CATALOGUE, starting, symptoms, walked
from probe.causes.cause import SILENCE, Match, Proof
from probe.causes.claim import Claim
from probe.causes.detours import detours, perhaps_detours
from probe.causes.disagreement import CLOSED_BUT_ARRIVES, OPEN_BUT_LOST, OUTSIDE, RUNS
from probe.causes.seen import Seen, broken_off, is_cut_short
from probe.causes.target import READ_INSTANCE
from probe.causes.telling import finding
from probe.model import Confidence, Status, Undetermined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.causes.cause import Cause
    from probe.model import Evidence, Finding, Observation, Path

_DISAGREEMENTS = frozenset({OPEN_BUT_LOST, CLOSED_BUT_ARRIVES})
_CALLS = frozenset({"wrong-region", "wrong-port"})
_MOST_POSSIBLE = 7  # nobody looks at more, and the likely ones stand first
_TOO_EARLY = "the deadline cut it short before its silence meant anything: give it more time"
_LOOK = (
    "nothing that was seen or read says why it failed: look at the target itself, and at what its"
    " logs say of the time of the check"
)
_RANKS = {code: rank for rank, code in enumerate(CATALOGUE)}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What follows from the evidence, and what could not be decided."""

    findings: tuple[Finding, ...] = ()
    undetermined: tuple[Undetermined, ...] = ()


def diagnose(evidence: Evidence) -> Diagnosis:
    """Judge the evidence; equal evidence gives an equal diagnosis, in an equal order."""
    seen = Seen(evidence)
    claims = joined([*walked.claims(seen, CATALOGUE), *_recognised(seen)])
    claims = _unsure_of_the_way(claims, perhaps_detours(seen))
    claims = [claim for claim in claims if not _restates(claim, claims)]
    claims = joined([*claims, *_lost_on_open_paths(seen, _causes(claims))])
    explained = _explained(c for c in _causes(claims) if _says_why(c))
    claims = joined([*claims, *symptoms.claims(seen, CATALOGUE, _open_questions(seen, explained))])
    claims = _without_detours(claims)
    kept = [left for claim in claims if (left := _unsilenced(claim, explained)) is not None]
    kept = sorted(_without_doubles(kept), key=_order)
    told = [c for c in kept if c.is_proven]
    told += symptoms.in_turn([c for c in kept if not c.is_proven])[:_MOST_POSSIBLE]
    return Diagnosis(
        findings=tuple(finding(claim, CATALOGUE[claim.code], seen) for claim in told),
        undetermined=_undetermined(seen, told),
    )


def joined(claims: Iterable[Claim]) -> list[Claim]:
    """Make one claim of those about the same cause, component and confidence."""
    found: dict[tuple[str, str | None, Confidence], Claim] = {}
    for claim in claims:
        key = (claim.code, claim.component, claim.confidence)
        found[key] = found[key].joined(claim) if key in found else claim
    return list(found.values())


def _recognised(seen: Seen) -> Iterator[Claim]:
    """Yield what the causes' own rules see."""
    for cause in CATALOGUE.values():
        for match in cause.rule(seen) if cause.rule else ():
            yield _claim(seen, cause, match)


def _claim(seen: Seen, cause: Cause, match: Match) -> Claim:
    settled = match.proof is Proof.PACKETS and _is_settled(seen, cause, match)
    proven = match.proof is Proof.CONFIGURATION or settled
    failing = [o.label for o in seen.failing]
    share = len(set(match.explains) & set(failing)) / len(failing) if failing else 1.0
    # What the far end itself said is likelier than what merely fits.
    weight = 0.99 if match.proof is Proof.PACKETS else match.weight
    return Claim(
        code=cause.code,
        component=match.component,
        confidence=Confidence.PROVEN if proven else Confidence.POSSIBLE,
        explains=match.explains,
        because=match.because,
        ra_code=cause.ra_code,
        # What is wrong with a call itself is wrong however many others fail for other reasons.
        weight=weight if cause.code in _CALLS else weight * (share or 1.0),
        remedy=match.remedy,
        same_symptom=match.same_symptom,
    )


def _is_settled(seen: Seen, cause: Cause, match: Match) -> bool:
    """Tell whether what was read leaves nothing else that the packets could have met."""
    about = [o for o in seen.observations if o.label in match.explains]
    blind = not seen.function_was_read  # where it stands is then its own word alone
    lacking = cause.restates and (blind or any(seen.lacks_witness(o) for o in about))
    return not lacking and all(map(seen.is_settled, match.explains))


def _restates(claim: Claim, claims: list[Claim]) -> bool:
    """Tell whether a claim says no more than the packets do, and another one says why."""
    if _says_why(claim):
        return False
    why = _explained(c for c in _causes(claims) if _says_why(c))
    return bool(claim.explains) and why.issuperset(claim.explains)


def _says_why(claim: Claim) -> bool:
    """Tell whether a claim says more than the packets do: it was read, or its cause is a reason."""
    return claim.keeps or not CATALOGUE[claim.code].restates


def _causes(claims: Iterable[Claim]) -> list[Claim]:
    """Return the proven claims that name a cause; a disagreement names none."""
    return [c for c in claims if c.is_proven and c.code not in _DISAGREEMENTS]


def _explained(claims: Iterable[Claim]) -> frozenset[str]:
    return frozenset(label for claim in claims for label in claim.explains)


def _lost_on_open_paths(seen: Seen, proven: list[Claim]) -> Iterator[Claim]:
    """Yield the disagreement about packets that were all lost where every walk is open."""
    explained = _explained(proven)
    for o in seen.failing:
        lost, tried = seen.tally(o, SILENCE)
        silent = seen.symptom(o) in SILENCE and lost == tried
        # Without a VPC there is no configuration; and what everybody meets is not lost in this one.
        ours = seen.in_vpc is not False and not seen.is_kept_out(o)
        outside = _is_open_to_the_outside(seen, o)
        open_ = ours and (outside or seen.is_open(o.label))
        if silent and open_ and o.label not in explained:
            taken = [a for path in seen.ways(o.label) for a in path.assumptions]
            yield Claim(
                code=OPEN_BUT_LOST,
                component=o.address or o.host,
                confidence=_unless(
                    seen.lacks_witness(o)
                    or seen.may_be_ours(o)  # with groups of its own
                    or is_cut_short(o)
                    or not seen.function_was_read
                    or outside
                ),
                explains=(o.label,),
                because=(*seen.beside(o), *(f"Taken for granted: {a}." for a in taken)),
                remedy=OUTSIDE if outside else RUNS if seen.passes_elsewhere(o) else None,
                confirm=READ_INSTANCE if seen.may_be_stopped(o) else None,
                same_symptom=("target-instance-stopped",) if seen.may_be_stopped(o) else (),
            )


def _is_open_to_the_outside(seen: Seen, o: Observation) -> bool:
    """Tell whether every walk comes through AWS, and ends where a network outside begins."""
    found = seen.ways(o.label)
    return bool(found) and all(
        p.undetermined and not p.blockers and walked.is_told_within_aws(p) for p in found
    )


def _unless(doubt: bool) -> Confidence:
    return Confidence.POSSIBLE if doubt else Confidence.PROVEN


def _open_questions(seen: Seen, explained: frozenset[str]) -> set[str]:
    """Return the labels for which causes in the configuration are still possible."""
    return {
        o.label
        for o in seen.observations
        if o.label not in explained
        # No walk judges the far side for a function that is in no VPC.
        and (seen.in_vpc is False or not seen.is_open(o.label))
        and not seen.lacks_an_address_alone(o.label)
        and not seen.lacks_a_direction_alone(o.label)
        and o.status is not Status.SKIPPED
    }


def _unsilenced(claim: Claim, explained: frozenset[str]) -> Claim | None:
    """Apply the one rule of silence: a possible cause gives way where a proven one explains."""
    if claim.is_proven or claim.keeps or not claim.explains:
        return claim
    left = tuple(label for label in claim.explains if label not in explained)
    return claim.but(explains=left) if left else None


def _unsure_of_the_way(claims: list[Claim], perhaps: frozenset[tuple[str, str]]) -> list[Claim]:
    """Call possible what only closes a way of which nobody knows whether it is the right one."""
    return [
        c.but(confidence=Confidence.POSSIBLE)
        if c.explains and all((c.code, label) in perhaps for label in c.explains)
        else c
        for c in claims
    ]


def _without_detours(claims: list[Claim]) -> list[Claim]:
    """Drop what closes a way that nobody has to go once the call goes to the right place."""
    passed = detours(claim for claim in claims if claim.is_proven)
    left = ((c, tuple(x for x in c.explains if (c.code, x) not in passed)) for c in claims)
    return [c.but(explains=labels) for c, labels in left if labels or not c.explains]


def _without_doubles(claims: list[Claim]) -> list[Claim]:
    """Drop what a rule says again of the same cause, with less proof or less of a name."""
    walked_to = {(c.code, label) for c in claims if c.keeps for label in c.explains}
    claims = [
        c
        for c in claims
        if c.keeps or not c.explains or any((c.code, x) not in walked_to for x in c.explains)
    ]
    named = {about for c in claims if c.component is not None for about in _about(c)}
    return [
        c
        for c in claims
        if c.is_proven or c.keeps or c.component is not None or not named.issuperset(_about(c))
    ]


def _about(claim: Claim) -> list[tuple[str, str | None]]:
    """Pair a claim's code with what it explains; with nothing where it explains nothing."""
    return [(claim.code, label) for label in claim.explains or (None,)]


def _order(claim: Claim) -> tuple[bool, bool, bool, bool, bool, bool, float, int, int, str]:
    """Put first what is proven, names a cause, and accounts for most.

    A function that cannot start is to be mended before the ways that it would take, and a call that
    goes to the wrong place before the way to that place.
    """
    return (
        not claim.is_proven,
        claim.code not in starting.CODES,  # what never ran has sent nothing
        claim.code not in _CALLS,  # the call before the way
        claim.code in _DISAGREEMENTS,
        not claim.explains,
        CATALOGUE[claim.code].restates,
        0.0 if claim.is_proven else -claim.weight,
        -len(claim.explains),
        _RANKS[claim.code],
        claim.component or "",
    )


def _undetermined(seen: Seen, told: list[Claim]) -> tuple[Undetermined, ...]:
    """Name what could not be read, once each: what the walks met first, then the rest."""
    passed = {o.label for o in seen.passing}
    # From which subnets nothing was sent matters also where all that was sent arrived.
    paths = [p for p in seen.evidence.paths if p.target not in passed or _is_from_nowhere(p)]
    met = [u for p in paths for u in p.undetermined]
    early = [Undetermined(o.label, _TOO_EARLY) for o in seen.observations if broken_off(o)]
    explained = _explained(told)
    # No failure goes without a word.
    bare = [Undetermined(o.label, _LOOK) for o in seen.failing if o.label not in explained]
    gaps = [*early, *met, *seen.evidence.unread, *bare]
    return tuple({(u.what, u.needs): u for u in gaps}.values())


def _is_from_nowhere(path: Path) -> bool:
    """Whether a walk lacks its very beginning: the subnets of the function."""
    return path.subnet_id is None and path.destination is None
