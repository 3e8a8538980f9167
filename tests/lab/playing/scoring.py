"""Counting how often the product is right. Pure: reports and expectations in, numbers out.

The truth is what a scenario expects. Where it names causes, the first-ranked finding is right if it
is one of them (or the one that is to be first); wrong if it is another cause and called proven;
else nothing is determined. A scenario without a cause is right when nothing is called proven, and
wrong when something is. Precision and recall are over the findings called proven.

A finding may name look-alikes: causes that do the same to packets, and that its one command tells
from it. So an entry of the ranking is a finding with its look-alikes; how often the true cause is
among the first three entries is counted, and how often it stands at the head of its entry. By
symptoms alone only what has symptoms can be ranked: a disagreement with the configuration has none,
nor has a function to which nothing happened.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.lab.expectations import Expectation

    Document = Mapping[str, Any]

# What was readable -> the words for it in the table.
READINGS = {
    "readable": "readable",
    "half": "half of it denied",
    "unread": "all of it denied: symptoms alone",
}
HEAD = (
    "configuration",
    "scenarios",
    "right",
    "wrong",
    "undetermined",
    "precision",
    "recall",
    "true cause in the first three entries",
    "at the head of its entry",
    "called proven",
)
FIRST = 3  # findings that people read
# What can only be said when the configuration was read.
DISAGREEMENTS = frozenset(
    {
        "configuration-open-packets-lost",
        "configuration-closed-packets-arrive",
        "resolver-silent",
    }
)


@dataclass(frozen=True)
class Judged:
    """One report, held against the truth."""

    first: str  # right, wrong, undetermined
    proven: int
    proven_true: int
    expected: int
    told: int  # of the proven ones: by Lambda itself, of a function that it could not start
    near: bool | None  # a true cause at the head of one of the first three; None: there is no cause
    alike: bool | None  # the same, or it is a look-alike that one of those names
    codes: tuple[str, ...]  # of the first three, for whoever looks for the mistake


def judge(expect: Expectation, report: Document, *, blind: bool = False) -> Judged:
    """Hold one report against what its scenario expects; `blind`: nothing could be read."""
    findings = report["findings"]
    codes = [finding["code"] for finding in findings]
    proven = Counter(f["code"] for f in findings if f["confidence"] == "proven")
    provable = _provable(expect)
    true = _with_symptoms(expect, report) if blind else causes(expect)
    alike = [code for f in findings[:FIRST] for code in (f["code"], *f["same_symptom"])]
    return Judged(
        first=_first(expect, findings),
        proven=proven.total(),
        proven_true=(proven & provable).total(),
        expected=provable.total(),
        told=0 if report["observations"] else proven.total(),
        near=_meet(codes[:FIRST], true),
        alike=_meet(alike, true),
        codes=tuple(codes[:FIRST]),
    )


def _provable(expect: Expectation) -> Counter[str]:
    """Count what may be proven; where a scenario does not list it, the one that is to be first."""
    if expect.findings is None:
        return Counter([expect.first] if expect.first else ())
    return Counter(f.code for f in expect.findings if f.confidence != "possible")


def _with_symptoms(expect: Expectation, report: Document) -> list[str]:
    """Name the true causes of which anything can be seen by packets, or heard from Lambda."""
    failed = any(o["status"] == "fail" for o in report["observations"])
    seen = failed or report["findings"] or not report["observations"]
    return [code for code in causes(expect) if seen and code not in DISAGREEMENTS]


def _meet(named: Iterable[str], true: Sequence[str]) -> bool | None:
    return any(code in true for code in named) if true else None


def causes(expect: Expectation) -> list[str]:
    """Name the true causes; where none can be proven, those that are possible."""
    named = {finding.code for finding in expect.findings or ()}
    return sorted(named | ({expect.first} if expect.first else set()) or set(expect.possible or ()))


def _first(expect: Expectation, findings: Sequence[Document]) -> str:
    wanted = {expect.first} if expect.first else {f.code for f in expect.findings or ()}
    confident = any(finding["confidence"] == "proven" for finding in findings[:1])
    if not wanted and not confident:  # what may be said at most has to be said
        said = not expect.possible or any(f["code"] in expect.possible for f in findings)
        return "right" if said else "undetermined"
    if findings and findings[0]["code"] in wanted:
        return "right"
    return "wrong" if confident else "undetermined"


def measured(expect: Expectation, answer: Document) -> dict[str, Any]:
    """Write down what became of one scenario, as it is saved."""
    return {
        "causes": causes(expect),
        **{
            reading: asdict(judge(expect, report, blind=reading == "unread"))
            for reading, report in answer["reports"].items()
        },
        "fixes": sorted(
            ({key: fix[key] for key in ("code", "number", "worked")} for fix in answer["fixes"]),
            key=lambda fix: (fix["code"], fix["number"]),
        ),
    }


def rows(saved: Document) -> list[tuple[str, ...]]:
    """Write the lines of the table: one for each share of the configuration that was readable."""
    return [
        _row(words, [scenario[reading] for scenario in saved.values()])
        for reading, words in READINGS.items()
    ]


def _row(words: str, judged: Sequence[Document]) -> tuple[str, ...]:
    first = Counter(one["first"] for one in judged)
    true, proven, expected, told = (
        _sum(judged, key) for key in ("proven_true", "proven", "expected", "told")
    )
    by_lambda = f", {told} of them by Lambda itself" if told else ""
    return (
        words,
        str(len(judged)),
        *(str(first[word]) for word in ("right", "wrong", "undetermined")),
        _share(true, proven),
        _share(true, expected),
        _count([one["alike"] for one in judged]),
        _count([one["near"] for one in judged]),
        f"{proven}{by_lambda}",
    )


def _sum(judged: Iterable[Document], key: str) -> int:
    return sum(one[key] for one in judged)


def _count(met: Sequence[bool | None]) -> str:
    return f"{met.count(True)} of {len(met) - met.count(None)}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"  # noqa: RUF001 - a dash: no number


def fixes(saved: Document) -> str:
    """Say how many fixes were carried out, and how many of them opened their path."""
    done = [fix for scenario in saved.values() for fix in scenario["fixes"]]
    opened = sum(fix["worked"] for fix in done)
    return f"Fixes marked as checked: {len(done)} carried out, {opened} opened the path."


def mistakes(saved: Document) -> list[str]:
    """Tell where the product did not keep what is promised, a line for each."""
    found = []
    for name, scenario in saved.items():
        for reading in READINGS:
            one = scenario[reading]
            if one["first"] == "wrong" or one["proven"] > one["proven_true"]:
                found.append(f"{name}, {reading}: {', '.join(one['codes'])} is not the cause")
        if scenario["readable"]["first"] == "undetermined":
            found.append(f"{name}: the cause was not found, with everything readable")
        found += [
            f"{name}: way {fix['number']} of fixing {fix['code']} does not open the path"
            for fix in scenario["fixes"]
            if not fix["worked"]
        ]
    return found


def missed(saved: Document) -> list[str]:
    """Tell where symptoms alone led nowhere near the cause; that happens, and breaks no promise."""
    return [
        f"{name}, unread: the first three are {', '.join(one['codes']) or 'nothing'}"
        for name, one in ((name, scenario["unread"]) for name, scenario in saved.items())
        if one["alike"] is False
    ]
