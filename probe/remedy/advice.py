"""Commands for causes that no walk finds: the role, the function's state, a stopped database.

Nothing here can be checked by walking again. The words are the catalogue's, unless the ids of the
account allow a better sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from probe.network import places
from probe.network.vpc import Network, NotRead, as_written
from probe.remedy import dns, survey
from probe.remedy.command import call
from probe.remedy.proposal import Proposal, Step
from probe.remedy.steps import function as function_steps
from probe.remedy.steps import gateways

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.model import Finding
    from probe.network.values import Snapshot

    Advice = Callable[["Finding", "Snapshot"], Proposal | None]

# How IAM words a denial: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_DENIED = re.compile(
    r"not authorized to perform: (?P<action>[\w-]+:\w+) on resource: (?P<resource>arn:[^\s\"]+)"
)
_MORE_INTERFACES = 500  # twice the default of 250


def allow_interfaces(finding: Finding, snapshot: Snapshot) -> Proposal | None:
    """Give the role the permissions that Lambda needs to make its interfaces."""
    del finding
    role = _role(snapshot)
    return None if role is None else Proposal("", (function_steps.allow_interfaces(role),))


def allow_action(finding: Finding, snapshot: Snapshot) -> Proposal | None:
    """Allow the one action on the one resource that the denial names."""
    role, denied = _role(snapshot), _denied(finding)
    if role is None or denied is None:
        return None
    action, resource = denied
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    parameters = {
        "RoleName": role,
        "PolicyName": "allow-" + action.replace(":", "-"),
        "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }
    text = f"Allow {action} on {resource} in a policy of the function's role {role}."
    step = Step(call("iam", "put-role-policy", parameters))
    return Proposal(text, (step,), "It costs nothing, and allows this one action only.")


def allow_at_endpoint(finding: Finding, snapshot: Snapshot) -> Proposal | None:
    """Add to the endpoint's policy a statement for the role, the action and the resource."""
    denied, function = _denied(finding), _function(snapshot)
    if denied is None or "Role" not in function or _says_explicit(finding):
        return _read_policy(finding)
    action, resource = denied
    network = Network(snapshot)
    endpoint = _named(network, finding) or _endpoint(network, function, action.partition(":")[0])
    policy = None if endpoint is None else _policy(endpoint)
    if endpoint is None or policy is None:
        return _read_policy(finding)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": function["Role"]},
        "Action": action,
        "Resource": resource,
    }
    document = {**policy, "Statement": [*_listed(policy.get("Statement")), statement]}
    parameters = {
        "VpcEndpointId": endpoint["VpcEndpointId"],
        "PolicyDocument": json.dumps(document),
    }
    text = (
        f"Allow {action} on {resource} for the function's role in the policy of endpoint "
        f"{endpoint['VpcEndpointId']}; what the policy allows now stays."
    )
    step = Step(call("ec2", "modify-vpc-endpoint", parameters))
    return Proposal(text, (step,), "It costs nothing, and allows this one action only.")


def _read_policy(finding: Finding) -> Proposal | None:
    """Say where the policy is, where the answer does not say what has to be allowed in it."""
    endpoint_id = finding.component or ""
    if not endpoint_id.startswith("vpce-"):
        return None
    asked = {"VpcEndpointIds": [endpoint_id]}
    command = call("ec2", "describe-vpc-endpoints", asked)
    query = "--query 'VpcEndpoints[].PolicyDocument' --output text"
    what = "take out of it the statement that denies" if _says_explicit(finding) else "allow in it"
    return Proposal(
        f"Read the policy of endpoint {endpoint_id} ({command} {query}), and {what} what the "
        "function's role wants to do; aws ec2 modify-vpc-endpoint writes it back."
    )


def _named(network: Network, finding: Finding) -> Any:  # noqa: ANN401
    """Return the endpoint that a finding is about."""
    try:
        return network.maybe("VpcEndpoints", finding.component or "", as_written)
    except NotRead:
        return None


def _says_explicit(finding: Finding) -> bool:
    return any("explicit deny" in sentence for sentence in finding.because)


def _denied(finding: Finding) -> tuple[str, str] | None:
    found = _DENIED.search(" ".join(finding.because))
    return None if found is None else (found["action"], found["resource"].rstrip(".,"))


def _endpoint(network: Network, function: Mapping[str, Any], service: str) -> Any:  # noqa: ANN401
    """Return the one endpoint for a service in the function's VPC."""
    try:
        subnet_id = (function.get("VpcConfig") or {}).get("SubnetIds", [None])[0]
        vpc_id = places.subnet(network, str(subnet_id)).vpc_id
        rows = network.rows("VpcEndpoints")
    except (NotRead, IndexError):
        return None
    found = [
        row
        for row in rows
        if row.get("VpcId") == vpc_id and str(row.get("ServiceName")).endswith(f".{service}")
    ]
    return found[0] if len(found) == 1 else None


def _policy(endpoint: Mapping[str, Any]) -> Mapping[str, Any] | None:
    try:
        found = json.loads(str(endpoint.get("PolicyDocument")))
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def raise_quota(finding: Finding, snapshot: Snapshot) -> Proposal:
    """Ask for more network interfaces."""
    del finding, snapshot
    parameters = {
        "ServiceCode": "lambda",
        "QuotaCode": "L-9FEE3D26",
        "DesiredValue": _MORE_INTERFACES,
    }
    return Proposal(
        "", (Step(call("service-quotas", "request-service-quota-increase", parameters)),)
    )


def wait_until_active(finding: Finding, snapshot: Snapshot) -> Proposal | None:
    """Wait until Lambda has built the function's network."""
    del finding
    name = _function(snapshot).get("FunctionName")
    if not name:
        return None
    return Proposal("", (Step(call("lambda", "wait function-active-v2", {"FunctionName": name})),))


def use_other_subnet(finding: Finding, snapshot: Snapshot) -> Proposal | None:
    """Give the function a further subnet that has free addresses and the same way out."""
    del finding
    function, network = _function(snapshot), Network(snapshot)
    config = function.get("VpcConfig") or {}
    try:
        own = [places.subnet(network, subnet_id) for subnet_id in config.get("SubnetIds") or ()]
        full = [subnet for subnet in own if not survey.has_room(network, subnet)] or own
        ipv6 = bool(config.get("Ipv6AllowedForDualStack"))  # takes dual-stack subnets only
        spare = _spare(network, full[0], {subnet.id for subnet in own}, ipv6=ipv6)
    except (NotRead, IndexError):
        return None
    if spare is None:
        return None
    kept = [subnet.id for subnet in own if subnet not in full]
    steps = function_steps.place(
        function, (*kept, spare.id), tuple(config.get("SecurityGroupIds") or ())
    )
    text = (
        f"Put the function into {spare.id}, which has free addresses and the same way out, "
        f"instead of {', '.join(subnet.id for subnet in full)}"
        + (f"; {', '.join(kept)} stays." if kept else ".")
    )
    return Proposal(text, steps, "It costs nothing.")


def _spare(
    network: Network, like: places.Subnet, own: set[str], *, ipv6: bool
) -> places.Subnet | None:
    """Return a subnet with room whose default route leads where the other's does."""
    target = survey.route_to(survey.table_of(network, like.id), survey.INTERNET)
    for subnet in places.subnets_of(network, like.vpc_id):
        room = survey.raw(network, "Subnets", subnet.id).get("AvailableIpAddressCount") or 0
        route = survey.route_to(survey.table_of(network, subnet.id), survey.INTERNET)
        same = (route and route.target) == (target and target.target)
        if subnet.id not in own and room > 0 and same and (subnet.addresses(6) or not ipv6):
            return subnet
    return None


def start_database(finding: Finding, snapshot: Snapshot) -> Proposal | None:
    """Start the database, as the instance or the cluster that it is."""
    network = Network(snapshot)
    for name, key, noun in (
        ("DBInstances", "DBInstanceIdentifier", "instance"),
        ("DBClusters", "DBClusterIdentifier", "cluster"),
    ):
        if network.has(name) and any(
            row.get(key) == finding.component for row in network.rows(name)
        ):
            step = Step(call("rds", f"start-db-{noun}", {key: finding.component}))
            return Proposal("", (step,), "A running database is charged per hour.")
    return None


def add_nat_address(finding: Finding, snapshot: Snapshot) -> Proposal | None:
    """Give a NAT gateway a second address, and with it as many ports again."""
    del snapshot
    if not (finding.component or "").startswith("nat-"):
        return None
    steps = gateways.add_nat_address(str(finding.component), "eipalloc-new", None)
    cost = "A further public IPv4 address is charged per hour."
    return Proposal("", steps, cost)


def _function(snapshot: Snapshot) -> Mapping[str, Any]:
    found = snapshot.get("FunctionConfiguration")
    return found if isinstance(found, Mapping) else {}


def _role(snapshot: Snapshot) -> str | None:
    """Return the name of the function's execution role."""
    arn = _function(snapshot).get("Role")
    return str(arn).rpartition("/")[2] if arn else None


ADVICE: Mapping[str, Advice] = {
    "custom-resolver-unreachable": dns.ask_the_others,
    "role-cannot-create-interfaces": allow_interfaces,
    "subnet-out-of-addresses": use_other_subnet,
    "interface-limit-reached": raise_quota,
    "function-inactive": wait_until_active,
    "function-pending": wait_until_active,
    "identity-policy-denies": allow_action,
    "endpoint-policy-denies": allow_at_endpoint,
    "database-stopped": start_database,
    "nat-port-exhaustion": add_nat_address,
}
