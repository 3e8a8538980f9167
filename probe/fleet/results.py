"""What becomes known of each placement, and of what could not be asked; as values and as JSON.

A result is small on purpose: it travels through Step Functions' state and through state files. The
whole report stays where it was made, or in S3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.fleet.placements import Scope, Spot
from probe.model import Confidence, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.model import Fix, Report

NOT_ASKED = "not asked for"  # of what a merely possible cause would depend on
# Causes that one function of a placement has for itself.
OWN = frozenset(
    {
        "credentials-invalid",
        "explicit-deny",
        "file-system-unreachable",
        "function-failed",
        "function-inactive",
        "function-pending",
        "identity-policy-denies",
        "role-cannot-create-interfaces",
        "wrong-region",
    }
)
DENIED = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError")


@dataclass(frozen=True, slots=True)
class Broken:
    """One cause, as one placement meets it."""

    code: str
    component: str | None
    confidence: Confidence
    title: str
    targets: tuple[str, ...]
    fix: str | None = None

    @property
    def own(self) -> bool:
        """Whether it concerns the one function that was asked about, not all in its placement."""
        return self.code in OWN


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not read."""

    what: str
    reason: str
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one placement reaches."""

    spot: str  # its id
    status: Status
    broken: tuple[Broken, ...] = ()
    gaps: tuple[Gap, ...] = ()
    report: str | None = None  # where the whole report is, if it was kept
    packets: bool = False  # a probe sent some; else the configuration was walked


@dataclass(frozen=True, slots=True)
class Missing:
    """An account, a Region or a placement of which nothing is known, in one line."""

    where: str
    reason: str
    needs: str | None = None
    spot: str | None = None
    functions: int | None = None  # how many are behind it, where that is known

    def __str__(self) -> str:
        """Write the line."""
        count = f" ({self.functions} functions)" if self.functions is not None else ""
        return f"{self.where}{count}: {self.why}"

    @property
    def why(self) -> str:
        """The reason, and the permission that is lacking or the call that did not answer."""
        if self.needs is None:
            return self.reason
        denied = self.reason.startswith(DENIED)
        return self.reason + (f"; needs {self.needs}" if denied else f" ({self.needs})")


def missing(spot: Spot, reason: str, needs: str | None = None) -> Missing:
    """Say that nothing is known of a placement."""
    return Missing(str(spot), reason, needs, spot.id, len(spot.functions))


def of_report(spot: str, report: Report, kept: str | None = None) -> Result:
    """Take from a report what many of them are summed up by."""
    return Result(
        spot=spot,
        status=report.status,
        # What explains nothing that was asked for breaks nobody.
        broken=tuple(
            Broken(
                finding.code,
                finding.component,
                finding.confidence,
                finding.title,
                finding.explains,
                _fix(finding.fix),
            )
            for finding in report.findings
            if finding.explains
        ),
        gaps=tuple(
            Gap(gap.what, gap.reason, gap.needs)
            for gap in report.undetermined
            if gap.reason != NOT_ASKED
        ),
        report=kept,
        packets=bool(report.observations),
    )


def _fix(fix: Fix | None) -> str | None:
    """Leave out the word that the fix of another finding opens this as well."""
    if fix is None or (fix.checked and not fix.cli and not fix.cloudformation):
        return None
    return fix.text


def spot_to_json(spot: Spot) -> dict[str, Any]:
    """Give the JSON form of a placement."""
    return {
        "id": spot.id,
        "account": spot.scope.account,
        "region": spot.scope.region,
        "subnet_ids": list(spot.subnet_ids),
        "security_group_ids": list(spot.group_ids),
        "dual_stack": spot.dual_stack,
        "probe": spot.probe,
        "functions": list(spot.functions),
    }


def spot_from_json(found: Mapping[str, Any]) -> Spot:
    """Read what `spot_to_json` wrote."""
    return Spot(
        Scope(found["account"], found["region"]),
        tuple(found["subnet_ids"]),
        tuple(found["security_group_ids"]),
        found["dual_stack"],
        tuple(found["functions"]),
        found["probe"],
    )


def to_json(result: Result) -> dict[str, Any]:
    """Give the JSON form of a result."""
    return {
        "spot": result.spot,
        "status": result.status,
        "broken": [
            {
                "code": one.code,
                "component": one.component,
                "confidence": one.confidence,
                "title": one.title,
                "targets": list(one.targets),
                "fix": one.fix,
            }
            for one in result.broken
        ],
        "gaps": [[gap.what, gap.reason, gap.needs] for gap in result.gaps],
        "report": result.report,
        "packets": result.packets,
    }


def from_json(found: Mapping[str, Any]) -> Result:
    """Read what `to_json` wrote."""
    return Result(
        found["spot"],
        Status(found["status"]),
        tuple(
            Broken(
                one["code"],
                one["component"],
                Confidence(one["confidence"]),
                one["title"],
                tuple(one["targets"]),
                one["fix"],
            )
            for one in found["broken"]
        ),
        tuple(Gap(*gap) for gap in found["gaps"]),
        found["report"],
        found["packets"],
    )
