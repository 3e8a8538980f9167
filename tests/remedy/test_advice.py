"""Commands for what no walk finds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.model import Confidence, Finding, Fix
from probe.remedy import mend
from tests.network.world import ANYWHERE, route, transit_route
from tests.remedy.case import Case, placement, with_nat
from tests.remedy.cases import failed_endpoint
from tests.remedy.cases_between import peered, peering_to_the_internet
from tests.remedy.commands import Command, read

DENIED = (
    'The service answered: "User: arn:aws:sts::111122223333:assumed-role/orders-role/orders is not'
    " authorized to perform: dynamodb:DescribeTable on resource:"
    ' arn:aws:dynamodb:eu-west-1:111122223333:table/orders because {}"'
)
NO_IDENTITY_POLICY = DENIED.format("no identity-based policy allows the action")
NO_ENDPOINT_POLICY = DENIED.format(
    "no VPC endpoint policy allows the dynamodb:DescribeTable action"
)
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"


def advised(
    case: Case,
    code: str,
    component: str | None = None,
    *because: str,
    confidence: Confidence = Confidence.PROVEN,
) -> Fix | None:
    """Return the fix of a finding that no path shows."""
    finding = Finding(
        code=code,
        confidence=confidence,
        component=component,
        title="t",
        because=because,
        explains=(),
        fix=Fix("the catalogue's words."),
    )
    (mended,) = mend([finding], [], case.snapshot(), lambda _, path: path)
    return mended.fix


def commands(fix: Fix | None) -> list[Command]:
    """Read the commands of a fix."""
    assert fix is not None
    assert not fix.checked
    return [read(line) for line in fix.cli]


def test_role_gets_the_policy_that_lambda_needs() -> None:
    """The role's name is in the function's configuration."""
    (command,) = commands(advised(placement(), "role-cannot-create-interfaces"))

    assert command.operation == "attach-role-policy"
    assert command.parameters["RoleName"] == "orders-role"
    assert command.parameters["PolicyArn"].endswith("/AWSLambdaVPCAccessExecutionRole")


def test_denied_action_is_allowed_on_the_denied_resource_only() -> None:
    """The denial names both; nothing else is allowed."""
    fix = advised(placement(), "identity-policy-denies", "dynamodb", NO_IDENTITY_POLICY)

    (command,) = commands(fix)

    assert json.loads(command.parameters["PolicyDocument"])["Statement"] == [
        {"Effect": "Allow", "Action": "dynamodb:DescribeTable", "Resource": TABLE}
    ]


def test_denial_without_a_resource_allows_nothing() -> None:
    """Where the words do not say what was denied, the catalogue's words are all there is."""
    fix = advised(placement(), "identity-policy-denies", "dynamodb", "AccessDenied")

    assert fix == Fix("the catalogue's words.")


def test_endpoint_policy_keeps_what_it_allows() -> None:
    """One statement is added: for the role, the action and the resource."""
    kept = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    case = placement()
    case.endpoint("dynamodb", PolicyDocument=json.dumps({"Version": "x", "Statement": kept}))

    (command,) = commands(advised(case, "endpoint-policy-denies", "dynamodb", NO_ENDPOINT_POLICY))

    policy = json.loads(command.parameters["PolicyDocument"])
    assert command.parameters["VpcEndpointId"] == "vpce-a"
    assert policy["Statement"][0] == kept
    assert policy["Statement"][1]["Action"] == "dynamodb:DescribeTable"
    assert policy["Statement"][1]["Principal"] == {
        "AWS": "arn:aws:iam::111122223333:role/orders-role"
    }


@pytest.mark.parametrize("endpoints", [0, 2])
def test_endpoint_policy_is_left_alone_when_it_is_not_clear_which(endpoints: int) -> None:
    """No endpoint, or several for the service: nothing is proposed."""
    case = placement()
    for number in range(endpoints):
        case.endpoint("dynamodb", name=f"vpce-{number}")

    fix = advised(case, "endpoint-policy-denies", "dynamodb", NO_ENDPOINT_POLICY)

    assert fix is not None
    assert fix.cli == ()


def test_explicit_deny_is_not_answered_with_an_allow() -> None:
    """An explicit deny wins over every allow."""
    case = placement()
    case.endpoint("dynamodb")
    words = DENIED.format("with an explicit deny in a VPC endpoint policy")

    fix = advised(case, "endpoint-policy-denies", "dynamodb", words)

    assert fix is not None
    assert fix.cli == ()


def crowded() -> Case:
    """Fill the function's subnet."""
    case = with_nat(placement())
    case.entry("Subnets", "subnet-app")["AvailableIpAddressCount"] = 0
    case.entry("Subnets", "subnet-data")["AvailableIpAddressCount"] = 200
    return case


def test_full_subnet_gives_way_to_one_with_room() -> None:
    """The other subnet has the same way out: none."""
    update, _ = commands(advised(crowded(), "subnet-out-of-addresses", "orders"))

    assert update.parameters["VpcConfig"]["SubnetIds"] == ["subnet-data"]


def test_subnet_with_another_way_out_is_no_substitute() -> None:
    """A public subnet would take away the function's way to the internet."""
    case = crowded()
    case.entry("Subnets", "subnet-data")["AvailableIpAddressCount"] = 0
    case.entry("Subnets", "subnet-public")["AvailableIpAddressCount"] = 200

    fix = advised(case, "subnet-out-of-addresses", "orders")

    assert fix == Fix("the catalogue's words.")


@pytest.mark.parametrize(
    ("code", "component", "operation", "parameters"),
    [
        (
            "interface-limit-reached",
            "orders",
            "request-service-quota-increase",
            {"ServiceCode": "lambda", "QuotaCode": "L-9FEE3D26", "DesiredValue": 500},
        ),
        ("function-inactive", "orders", "wait function-active-v2", {"FunctionName": "orders"}),
        ("function-pending", "orders", "wait function-active-v2", {"FunctionName": "orders"}),
        ("database-stopped", "db-1", "start-db-instance", {"DBInstanceIdentifier": "db-1"}),
        ("database-stopped", "cluster-1", "start-db-cluster", {"DBClusterIdentifier": "cluster-1"}),
    ],
)
def test_there_is_a_command_for_it(
    code: str, component: str, operation: str, parameters: dict[str, Any]
) -> None:
    """One command, with the ids of the account, under the catalogue's words."""
    case = placement()
    case.lists["DBInstances"].append({"DBInstanceIdentifier": "db-1"})
    case.lists["DBClusters"].append({"DBClusterIdentifier": "cluster-1"})

    fix = advised(case, code, component)

    (command,) = commands(fix)
    assert fix is not None
    assert fix.text == "the catalogue's words."
    assert (command.operation, command.parameters) == (operation, parameters)


def test_nat_gateway_out_of_ports_gets_an_address() -> None:
    """The address is made first, and then given to the gateway."""
    allocate, associate = commands(advised(placement(), "nat-port-exhaustion", "nat-a"))

    assert allocate.variable == "ALLOC"
    assert associate.parameters == {"NatGatewayId": "nat-a", "AllocationIds": ["$ALLOC"]}


def test_database_that_nobody_read_is_not_started() -> None:
    """The id has to be one that RDS told."""
    fix = advised(placement(), "database-stopped", "db.example.internal")

    assert fix == Fix("the catalogue's words.")


def test_guess_is_not_acted_upon() -> None:
    """A possible cause keeps its words and gets no command."""
    fix = advised(placement(), "role-cannot-create-interfaces", confidence=Confidence.POSSIBLE)

    assert fix == Fix("the catalogue's words.")


def test_policy_of_the_endpoint_that_is_known_is_to_be_read() -> None:
    """Where the answer does not say what was denied, or denies it by name."""
    for words, do in (("no VPC endpoint policy", "allow in it"), ("explicit deny", "take out")):
        fix = advised(placement(), "endpoint-policy-denies", "vpce-9", words)

        assert fix is not None
        assert fix.cli == ()
        assert "aws ec2 describe-vpc-endpoints --vpc-endpoint-ids vpce-9" in fix.text
        assert do in fix.text


def test_endpoint_that_the_packets_came_through_is_the_one_to_change() -> None:
    """Also where the VPC has another for the same service."""
    case = placement()
    for name in ("vpce-0", "vpce-1"):
        case.endpoint("dynamodb", name=name)

    (command,) = commands(advised(case, "endpoint-policy-denies", "vpce-1", NO_ENDPOINT_POLICY))

    assert command.parameters["VpcEndpointId"] == "vpce-1"


def test_premises_behind_a_peered_vpc_need_a_way_of_their_own() -> None:
    """No command can give it, and no rule of a group: it is words, and not called checked."""
    case = peered()
    case.targets.clear()
    case.routes("rtb-app").append(route("192.168.0.0/16", "pcx-ab"))
    case.wants("tcp 192.168.7.7:3270", "192.168.7.7", 3270)

    fix = case.fix("peering-not-transitive")

    assert "a transit gateway that joins it with both" in fix.text
    assert fix.cli == ()
    assert not fix.checked


def test_several_addresses_behind_a_peered_vpc_are_told_once() -> None:
    """The same words twice, for one address each, would be read as two things to do."""
    case = peered()
    case.targets.clear()
    case.routes("rtb-app").append(route("192.168.0.0/16", "pcx-ab"))
    for address in ("192.168.7.7", "192.168.8.8"):
        case.wants(f"tcp {address}:3270", address, 3270)

    fix = case.fix("peering-not-transitive")

    assert fix.text.startswith("192.168.7.7 and 192.168.8.8 are in none of the VPCs")
    assert fix.text.count("VPN connection") == 1


def test_the_internet_is_not_behind_a_peered_vpc() -> None:
    """The VPC needs a NAT gateway of its own, and goes on reaching the other one as before."""
    case = peering_to_the_internet()

    fix = case.fix("peering-not-transitive")

    assert fix.checked
    assert "VPN" not in fix.text
    assert "--destination-cidr-block 10.1.0.0/16 --vpc-peering-connection-id pcx-ab" in "".join(
        fix.cli
    )
    assert any("replace-route" in line and "--nat-gateway-id" in line for line in fix.cli)


def test_two_subnets_behind_a_peering_share_the_new_nat_gateway() -> None:
    """It has no id before it is made, and so no sentence names one."""
    case = peering_to_the_internet()
    case.subnet("subnet-app-b", "10.0.3.0/24", zone="b")
    case.table("rtb-app-b", "vpc-a", {ANYWHERE: "pcx-ab"}, subnets=["subnet-app-b"])
    case.function(["subnet-app", "subnet-app-b"])

    fix = case.fix("peering-not-transitive")

    assert fix.checked
    assert sum("create-nat-gateway" in line for line in fix.cli) == 1
    assert "nat-new" not in fix.text


def test_the_internet_may_be_behind_a_transit_gateway_instead() -> None:
    """Where the VPC is attached to one, and walking again gets out by it."""
    case = peering_to_the_internet()
    case.igw("vpc-b")
    case.subnet("subnet-far-public", "10.1.9.0/24", vpc="vpc-b")
    case.nat("subnet-far-public", address="10.1.9.9")
    case.transit("tgw-1", "tgw-rtb", vpc_a=["subnet-app"], vpc_b=["subnet-far"])
    case.transit_routes("tgw-rtb").append(
        transit_route(ANYWHERE, "tgw-attach-vpc-b", "vpc-b", Type="static")
    )
    case.routes("rtb-far").append(route(ANYWHERE, "nat-a"))
    back = {ANYWHERE: "igw-a", "10.0.0.0/16": "tgw-1"}
    case.table("rtb-far-public", "vpc-b", back, subnets=["subnet-far-public"])

    (other,) = case.fix("peering-not-transitive").alternatives

    assert other.checked
    assert "--transit-gateway-id tgw-1" in "".join(other.cli)


def two_dns_servers(state: str, other: str = "AmazonProvidedDNS") -> Case:
    """Name a DNS server whose instance is in this state, and another one."""
    case = placement()
    case.dhcp("dopt-own", ["10.0.2.53", other])
    options = case.entry("DhcpOptions", "dopt-own")
    options["DhcpConfigurations"] += [
        {"Key": "ntp-servers", "Values": [{"Value": "10.0.2.123"}]},
        {"Key": "netbios-node-type", "Values": [{"Value": "2"}]},
    ]
    case.entry("Vpcs", "vpc-a")["DhcpOptionsId"] = "dopt-own"
    attachment = {"InstanceId": "i-dns"}
    case.interface("eni-dns", "10.0.2.53", "subnet-data", ["sg-fn"], Attachment=attachment)
    case.lists["Instances"] = [{"InstanceId": "i-dns", "State": {"Name": state}}]
    return case


@pytest.mark.parametrize("state", ["stopped", "terminated"])
def test_a_dns_server_that_does_not_run_is_taken_out_of_the_options(state: str) -> None:
    """A set of options cannot be changed: a new one keeps all else, and the VPC takes it."""
    fix = advised(two_dns_servers(state), "custom-resolver-unreachable", "10.0.2.53")
    made, given = commands(fix)

    assert made.operation == "create-dhcp-options"
    told = {one["Key"]: one["Values"] for one in made.parameters["DhcpConfigurations"]}
    assert told.pop("domain-name-servers") == ["AmazonProvidedDNS"]
    assert told.pop("ntp-servers") == ["10.0.2.123"]
    assert told.pop("netbios-node-type") == ["2"]
    assert given.parameters == {"DhcpOptionsId": "$OPTIONS", "VpcId": "vpc-a"}
    assert fix is not None
    assert ("start-instances --instance-ids i-dns" in fix.text) is (state == "stopped")
    assert 'NetbiosNodeType: "2"' in (fix.cloudformation or "")
    assert 'NtpServers:\n      - "10.0.2.123"' in (fix.cloudformation or "")


def test_a_dns_server_that_runs_or_is_the_only_one_stays_in_the_options() -> None:
    """Without a server that does not run, or another one, there is nothing to take out."""
    for case in (two_dns_servers("running"), two_dns_servers("stopped", "10.0.2.53")):
        fix = advised(case, "custom-resolver-unreachable", "10.0.2.53")

        assert fix is not None
        assert fix.text == "the catalogue's words."


def test_an_endpoint_that_a_provider_turned_away_is_the_providers_to_accept() -> None:
    """Made anew it would be turned away again, under another name."""
    case = failed_endpoint()
    endpoint = case.lists["VpcEndpoints"][0]
    endpoint["ServiceName"] = "com.amazonaws.vpce.eu-west-1.vpce-svc-1"
    endpoint["State"] = "rejected"
    address = case.entry("NetworkInterfaces", endpoint["NetworkInterfaceIds"][0])
    case.wants("tcp vendor:443", address["PrivateIpAddress"])

    fix = case.fix("endpoint-not-available")

    assert not fix.cli
    assert "ask its provider" in fix.text
