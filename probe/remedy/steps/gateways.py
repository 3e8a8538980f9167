"""Steps about ways out of a VPC: internet gateways, NAT gateways, NAT instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.remedy import edit
from probe.remedy.command import call, keep
from probe.remedy.proposal import Step
from probe.remedy.template import Resource

if TYPE_CHECKING:
    from probe.remedy.edit import Entry


_STAND_IN = "192.0.2.1"  # nobody's address (RFC 5737), in the place of one that AWS will choose
ATTACHMENT = "GatewayAttachment"  # logical name; what needs the gateway has to wait for it


def create_internet_gateway(gateway_id: str) -> Step:
    """Create an internet gateway, not yet attached to anything."""
    create = call("ec2", "create-internet-gateway", {})
    return Step(
        keep(gateway_id, create, "InternetGateway.InternetGatewayId"),
        edit.added("InternetGateways", {"InternetGatewayId": gateway_id, "Attachments": []}),
        Resource(gateway_id, "AWS::EC2::InternetGateway", {}),
    )


def attach_internet_gateway(gateway_id: str, vpc_id: str) -> Step:
    """Attach an internet gateway to a VPC."""
    attachment = {"State": "available", "VpcId": vpc_id}
    parameters = {"InternetGatewayId": gateway_id, "VpcId": vpc_id}
    return Step(
        call("ec2", "attach-internet-gateway", parameters),
        edit.all_of(
            edit.amended(
                "InternetGateways",
                gateway_id,
                lambda entry: edit.with_item(entry, "Attachments", attachment),
            ),
            edit.revived(gateway_id),
        ),
        Resource(ATTACHMENT, "AWS::EC2::VPCGatewayAttachment", parameters),
    )


def create_egress_only_gateway(gateway_id: str, vpc_id: str) -> Step:
    """Create an egress-only internet gateway for a VPC."""
    create = call("ec2", "create-egress-only-internet-gateway", {"VpcId": vpc_id})
    query = "EgressOnlyInternetGateway.EgressOnlyInternetGatewayId"
    entry = {
        "EgressOnlyInternetGatewayId": gateway_id,
        "Attachments": [{"State": "attached", "VpcId": vpc_id}],
    }
    return Step(
        keep(gateway_id, create, query),
        edit.added("EgressOnlyInternetGateways", entry),
        Resource(gateway_id, "AWS::EC2::EgressOnlyInternetGateway", {"VpcId": vpc_id}),
    )


def create_nat_gateway(
    nat_id: str, address_id: str, subnet_id: str, vpc_id: str, *, depends_on: str | None = None
) -> tuple[Step, ...]:
    """Create a public NAT gateway with an address of its own, and wait until it works."""
    create = {"SubnetId": subnet_id, "AllocationId": address_id}
    entry = {
        "NatGatewayId": nat_id,
        "SubnetId": subnet_id,
        "VpcId": vpc_id,
        "State": "available",
        "ConnectivityType": "public",
        "NatGatewayAddresses": [{"AllocationId": address_id}],
    }
    return (
        _allocate(address_id, depends_on),
        Step(
            keep(nat_id, call("ec2", "create-nat-gateway", create), "NatGateway.NatGatewayId"),
            edit.added("NatGateways", entry),
            Resource(nat_id, "AWS::EC2::NatGateway", create, depends_on),
        ),
        Step(call("ec2", "wait nat-gateway-available", {"NatGatewayIds": [nat_id]})),
    )


def add_nat_address(nat_id: str, address_id: str, zone: str | None) -> tuple[Step, ...]:
    """Give a NAT gateway one more address; a regional one in the zone that is said."""
    place = {"AvailabilityZone": zone} if zone else {}
    parameters = {"NatGatewayId": nat_id, "AllocationIds": [address_id], **place}
    address = {"AllocationId": address_id, **place}
    return (
        _allocate(address_id),
        Step(
            call("ec2", "associate-nat-gateway-address", parameters),
            edit.amended(
                "NatGateways",
                nat_id,
                lambda entry: edit.with_item(entry, "NatGatewayAddresses", address),
            ),
        ),
    )


def _allocate(address_id: str, depends_on: str | None = None) -> Step:
    return Step(
        keep(address_id, call("ec2", "allocate-address", {"Domain": "vpc"}), "AllocationId"),
        resource=Resource(address_id, "AWS::EC2::EIP", {"Domain": "vpc"}, depends_on),
    )


def except_from_block(component: str) -> Step:
    """Except a subnet or VPC from Block Public Access, for what starts inside it."""
    name = "SubnetId" if component.startswith("subnet-") else "VpcId"
    kind = "subnet" if name == "SubnetId" else "vpc"
    mode = "allow-egress"
    exclusion = {
        "ExclusionId": f"vpcbpa-exclude-of-{component}",
        "InternetGatewayExclusionMode": mode,
        "ResourceArn": f"arn:aws:ec2:::{kind}/{component}",
        "State": "create-complete",
    }

    def told(entry: Entry) -> Entry:
        # Where DescribeSubnets tells the mode in force, it then tells this one.
        if component not in (entry.get("SubnetId"), entry.get("VpcId")):
            return entry
        if "BlockPublicAccessStates" not in entry:
            return entry
        return {**entry, "BlockPublicAccessStates": {"InternetGatewayBlockMode": "block-ingress"}}

    parameters = {name: component, "InternetGatewayExclusionMode": mode}
    return Step(
        call("ec2", "create-vpc-block-public-access-exclusion", parameters),
        edit.all_of(
            edit.added("VpcBlockPublicAccessExclusions", exclusion), edit.every("Subnets", told)
        ),
        Resource("Exclusion", "AWS::EC2::VPCBlockPublicAccessExclusion", parameters),
    )


def start_instance(instance_id: str, interface_id: str) -> tuple[Step, ...]:
    """Start an instance, whose interface routes lead to, and wait until it runs."""

    def running(entry: Entry) -> Entry:
        return {**entry, "State": {"Code": 16, "Name": "running"}}

    return (
        Step(
            call("ec2", "start-instances", {"InstanceIds": [instance_id]}),
            edit.all_of(
                edit.amended("Instances", instance_id, running),
                edit.revived(instance_id),
                edit.revived(interface_id),
            ),
        ),
        Step(call("ec2", "wait instance-running", {"InstanceIds": [instance_id]})),
    )


def give_public_address(interface_id: str, address_id: str) -> tuple[Step, ...]:
    """Give an interface a public address; which one, AWS decides."""
    parameters = {"AllocationId": address_id, "NetworkInterfaceId": interface_id}
    association = {"PublicIp": _STAND_IN, "AllocationId": address_id}

    def known(entry: Entry) -> Entry:
        return {**entry, "Association": association}

    return (
        _allocate(address_id),
        Step(
            call("ec2", "associate-address", parameters),
            edit.amended("NetworkInterfaces", interface_id, known),
            Resource("AddressOfInstance", "AWS::EC2::EIPAssociation", parameters),
        ),
    )


def turn_off_source_dest_check(interface_id: str) -> Step:
    """Let an interface forward packets that are neither from it nor for it."""
    parameters = {"NetworkInterfaceId": interface_id, "SourceDestCheck": {"Value": False}}

    def unchecked(entry: Entry) -> Entry:
        return {**entry, "SourceDestCheck": False}

    return Step(
        call("ec2", "modify-network-interface-attribute", parameters),
        edit.amended("NetworkInterfaces", interface_id, unchecked),
    )
