"""Every scenario of the collection, judged again and again as pieces of what was read are missing.

Pure: no kernel, no API. A second of all of them, so that every piece of every one can be left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probe.causes.detours import DETOURS
from probe.model import Confidence, Status
from probe.network.addresses import address, is_private
from tests.causes.scenes import FILES, scene
from tests.lab.playing.scoring import DISAGREEMENTS, causes
from tests.remedy.commands import read
from tests.remedy.restraint import excesses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probe.model import Finding
    from tests.causes.scenes import Scene

# Lists of answers that AWS gives one owner at a time: a missing entry was not read, whatever the
# others say. In all other lists an entry that is missing does not exist.
BY_OWNER = (
    "VpcAttributes",
    "ManagedPrefixListEntries",
    "TransitGatewayRoutes",
    "LoadBalancerAttributes",
    "TargetHealthDescriptions",
    "FirewallPolicies",
    "RuleGroups",
)

# Proven by the words of an answer; what was read tells only whose policy it was.
SAID = "endpoint-policy-denies"


def proven(findings: Iterable[Finding]) -> set[tuple[str, str | None]]:
    """Give what a report is certain of; a role that was not read stands under the function."""
    return {
        (f.code, "function" if f.code == "role-cannot-create-interfaces" else f.component)
        for f in findings
        if f.confidence is Confidence.PROVEN
    }


@pytest.mark.parametrize("file", FILES)
def test_without_any_one_list_nothing_else_is_proven(file: str) -> None:
    """A list that was not read proves nothing that the whole snapshot does not.

    But for what closes the way to a wrong place, where nobody can tell any more that it is wrong.
    """
    whole = scene(file)
    truth = proven(whole.findings())
    detours = {code for known, _ in truth for code in DETOURS.get(known, ())}

    for key in whole.snapshot.values:
        more = proven(whole.findings(whole.without(key))) - truth
        said = {code for code, _ in truth if code == SAID}
        assert {code for code, _ in more} <= detours | said, f"without {key}"


@pytest.mark.parametrize("file", FILES)
def test_without_any_one_answer_nothing_else_is_proven(file: str) -> None:
    """The same for the answer about one owner among several."""
    whole = scene(file)
    truth = proven(whole.findings())

    for key in BY_OWNER:
        rows = whole.snapshot.values.get(key)
        for at in range(len(rows) if isinstance(rows, tuple) else 0):
            assert isinstance(rows, tuple)
            left = whole.snapshot.with_values(**{key: rows[:at] + rows[at + 1 :]})
            assert proven(whole.findings(left)) <= truth, f"without entry {at} of {key}"


@pytest.mark.parametrize("file", FILES)
def test_by_symptoms_alone_nothing_is_proven_but_what_lambda_said(file: str) -> None:
    """With nothing read at all, packets prove nothing."""
    whole = scene(file)
    blind = whole.findings(whole.nothing)

    assert not whole.observations or proven(blind) == set()


@pytest.mark.parametrize("file", FILES)
def test_no_fix_opens_more_than_the_targets_need(file: str) -> None:
    """Whatever is proposed in any scenario: the targets' ports, and nothing from anywhere."""
    whole = scene(file)
    public = any(o.address and not is_private(address(o.address)) for o in whole.observations)
    ports = {o.port for o in whole.observations if o.port} | _behind(whole) | {53}

    for finding in whole.judge().findings:
        for fix in (finding.fix, *finding.fix.alternatives) if finding.fix else ():
            for line in fix.cli:
                assert excesses(read(line), ports, internet=public or not whole.observations) == []


def _behind(whole: Scene) -> set[int]:
    """Give the ports behind load balancers."""
    balancers = whole.scenario.load_balancers.values()
    return {one.target_port or 80 for each in balancers for one in each.listeners.values()}


@pytest.mark.parametrize(
    "file",
    [
        "dns-servers-of-ones-own-that-the-functions-group-does-not-let-it-ask.yaml",
        "dns-servers-of-ones-own-whose-group-does-not-admit-the-function.yaml",
    ],
)
def test_a_way_to_a_dns_server_is_opened_for_questions(file: str) -> None:
    """Names are asked for over UDP: a fix that opens TCP alone would help nobody."""
    fixes = [finding.fix for finding in scene(file).judge().findings]

    assert all(fix and fix.checked for fix in fixes)
    commands = [fix.cli[0] for fix in fixes if fix and fix.cli]  # told once, for two findings
    assert commands
    assert all('"udp"' in command for command in commands)


def test_by_symptoms_alone_the_true_cause_is_mostly_among_the_first_three() -> None:
    """What the kernel measures for the accuracy table, without a kernel: a slip shows at once."""
    shown = [s for s in map(scene, FILES) if any(o.status is Status.FAIL for o in s.observations)]
    asked = [(s, true) for s in shown if (true := set(causes(s.scenario.expect)) - DISAGREEMENTS)]
    found = 0
    for one, true in asked:
        guesses = one.findings(one.nothing)
        assert not proven(guesses) - proven(one.findings()), one.snapshot.name
        first = {code for f in guesses[:3] for code in (f.code, *f.same_symptom)}
        found += not true.isdisjoint(first)

    assert len(asked) > 150
    assert found >= 0.95 * len(asked)
