"""Network Firewall: stateless rules first, both ways; then stateful rules, for the request.

Rules of addresses, ports and protocols are judged. Domain lists and Suricata rules look into what
packets carry; where one of them could decide, the answer is undetermined and names it.
https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-rules-engines.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network.firewall import firewall_policies, stateful_rules, stateless_rules
from probe.network.vpc import NotRead

if TYPE_CHECKING:
    from probe.network.endpoints import Endpoint
    from probe.network.firewall.firewall_policies import Policy
    from probe.network.flow import Packet
    from probe.network.walk.journey import Journey


def judge(journey: Journey, endpoint: Endpoint, packet: Packet) -> None:
    """Judge what the firewall behind an endpoint does with packets."""
    with journey.trace.reading(endpoint.id, "firewall"):
        firewall = firewall_policies.behind(journey.network, endpoint)
        if firewall is None:
            raise NotRead(
                f"what the appliance behind {endpoint.id} lets through",
                "a third party's appliance is not AWS's to tell",
            )
        policy = firewall_policies.policy_of(journey.network, firewall)
        action, rule = stateless_rules.action(journey.network, policy, packet)
        if action == stateless_rules.DROP:
            _block(journey, endpoint, firewall.arn, rule, "drops")
        elif action == stateless_rules.FORWARD:
            _stateful(journey, endpoint, firewall.arn, policy, packet)
        else:
            journey.trace.hop(endpoint.id, "firewall", "allow", f"{rule} passes")


def _stateful(
    journey: Journey, endpoint: Endpoint, arn: str, policy: Policy, packet: Packet
) -> None:
    if journey.returning:
        journey.trace.hop(endpoint.id, "firewall", "allow", "the answer of a connection it let in")
        return
    action, rule = stateful_rules.action(journey.network, policy, packet)
    if action in stateful_rules.CLOSED:
        _block(journey, endpoint, arn, rule, f"{action.lower()}s")
    else:
        journey.trace.hop(endpoint.id, "firewall", "allow", f"{rule} passes")


def _block(journey: Journey, endpoint: Endpoint, arn: str, rule: str, does: str) -> None:
    facts: dict[str, Any] = {
        "vpc_endpoint_id": endpoint.id,
        "firewall_arn": arn,
        "rule": rule,
        "action": does,
    }
    journey.trace.block(
        "firewall-rule-blocks",
        arn,
        "firewall",
        f"{rule} {does} it",
        ra_code="FIREWALL_RULES_RESTRICTION",
        facts=facts,
    )
