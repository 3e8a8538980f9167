"""Network Firewall: stateless rules first, both ways; then stateful rules, for the request.

Rules of addresses, ports and protocols are judged, and domain lists where it is known what the
client says first. Suricata rules look into what packets carry; where one of them could decide, the
answer is undetermined and names it.
https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-rules-engines.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network.firewall import firewall_policies, stateful_rules, stateless_rules
from probe.network.firewall.domain_lists import Words
from probe.network.firewall.verdicts import CLOSED, DROP, Undecided, Verdict
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from probe.network.endpoints import Endpoint
    from probe.network.firewall.firewall_policies import Firewall, Policy
    from probe.network.flow import Packet
    from probe.network.walk.journey import Journey


def judge(journey: Journey, endpoint: Endpoint, packet: Packet) -> None:
    """Judge what the firewall behind an endpoint does with packets."""
    with journey.trace.reading(endpoint.id, "firewall"):
        firewall = firewall_policies.behind(journey.network, endpoint)
        if firewall is None:
            raise NotRead(
                f"what the appliance behind {endpoint.id} lets through",
                "it is a third party's appliance, of whose rules no AWS API tells",
            )
        policy = firewall_policies.policy_of(journey.network, firewall)
        action, rule = stateless_rules.action(journey.network, policy, packet)
        if action == stateless_rules.DROP:
            _block(journey, endpoint, firewall, Verdict(DROP, rule))
        elif action == stateless_rules.FORWARD:
            _stateful(journey, endpoint, firewall, policy, packet)
        else:
            journey.trace.hop(endpoint.id, "firewall", "allow", f"{rule} passes")


def _stateful(
    journey: Journey, endpoint: Endpoint, firewall: Firewall, policy: Policy, packet: Packet
) -> None:
    if journey.returning:
        journey.trace.hop(endpoint.id, "firewall", "allow", "the answer of a connection it let in")
        return
    words = Words(journey.speaks, journey.host)
    try:
        verdict = stateful_rules.action(journey.network, firewall, policy, packet, words)
    except Undecided as open_question:
        if open_question.verdict.late:
            _block(journey, endpoint, firewall, open_question.verdict, perhaps=True)
        raise
    if verdict.action in CLOSED:
        _block(journey, endpoint, firewall, verdict)
    else:
        why = verdict.why or f"{verdict.name} passes"
        journey.trace.hop(endpoint.id, "firewall", "allow", why)


def _block(
    journey: Journey,
    endpoint: Endpoint,
    firewall: Firewall,
    verdict: Verdict,
    *,
    perhaps: bool = False,
) -> None:
    """Note what is closed: the connection, or only what is said over it once it is open."""
    does = f"{(verdict.action or DROP).lower()}s"
    facts: dict[str, Any] = {
        **verdict.facts,
        "vpc_endpoint_id": endpoint.id,
        "firewall_arn": firewall.arn,
        "rule": verdict.name,
        "action": does,
    }
    if verdict.late:
        facts |= {"opens": True, "speaks": journey.speaks}
    if perhaps:
        facts |= {"action": None, "supposing": f"{verdict.name} applies to what is said"}
    journey.trace.block(
        "firewall-rule-blocks",
        str(verdict.facts.get("rule_group_arn", firewall.arn)),
        "firewall",
        verdict.why or f"{verdict.name} {does} it",
        ra_code="FIREWALL_RULES_RESTRICTION",
        partial=perhaps,
        facts=facts,
    )
