"""Causes in how the function stands in its VPC, or could not be put there.

Records, and the rules for a function that stands in no VPC, or in somebody else's; what Lambda
itself complains of is read in `starting`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.causes import kinds
from probe.causes.cause import NO_NAME, SILENCE, Cause, Match, Proof, at
from probe.causes.starting import role_lacks_permission, said
from probe.model import Failure, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.causes.seen import Seen
    from probe.model import Observation

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg"
_VPC = f"{_LAMBDA}/configuration-vpc.html"
_STATES = f"{_LAMBDA}/functions-states.html"
_CONFIGURATION = "lambda:GetFunctionConfiguration"
_READ = (
    "aws lambda get-function-configuration --function-name {function} --query"
    " '[State,StateReasonCode,StateReason,LastUpdateStatus,LastUpdateStatusReason,VpcConfig]'"
)
_NO_SUBNETS = "The function's configuration names no subnets."
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zones-private.html
_ZONES = "A private hosted zone answers only inside the VPCs that it is associated with."
# Public DNS answers for the names that AWS gives, also with private addresses.
_AMAZONS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_NO_WAY_IN = SILENCE | at(Stage.CONNECT, Failure.UNREACHABLE)


def outside_any_vpc(seen: Seen) -> Iterator[Match]:
    """Find private addresses, and private names, that were tried from a function without a VPC."""
    if seen.in_vpc is not False:
        return
    sure = Proof.CONFIGURATION if seen.function_was_read else Proof.FIT
    labels = tuple(
        o.label for o in seen.failing if kinds.is_private(o) and seen.symptom(o) in _NO_WAY_IN
    )
    if labels:
        yield Match(labels, sure, seen.function_name, (_NO_SUBNETS,))
    for o in seen.failing:
        if seen.symptom(o) not in NO_NAME or not may_be_out_of_reach(seen, o):
            continue
        hops = [hop for path in seen.paths(o.label) for hop in path.hops]
        held = next((hop.why for hop in hops if (hop.kind, hop.action) == ("dns", "deny")), None)
        if held is not None:
            yield Match((o.label,), sure, seen.function_name, (_NO_SUBNETS, f"{held}."))
        else:
            yield Match((o.label,), Proof.FIT, seen.function_name, (_ZONES,), weight=0.9)


def may_be_out_of_reach(seen: Seen, o: Observation) -> bool:
    """Whether a name may be in a private zone, which a function in no VPC cannot ask.

    It is not where public DNS answers: AWS gave the name, or it had an address elsewhere.
    """
    name, control = (o.host or "").rstrip(".").lower(), seen.control_of(o)
    public = name.endswith(_AMAZONS) or (control is not None and control.address is not None)
    return seen.in_vpc is False and not public


def on_managed_instances(seen: Seen) -> Iterator[Match]:
    """Find a function whose packets leave by somebody else's interface."""
    if seen.function.get("CapacityProviderConfig") and (seen.failing or not seen.observations):
        labels = tuple(o.label for o in seen.failing)
        sentence = "The function's configuration names a capacity provider."
        yield Match(labels, Proof.CONFIGURATION, seen.function_name, (sentence,))


CAUSES = (
    Cause(
        code="function-not-in-vpc",
        layer="placement",
        title="The function is not attached to a VPC, and the target is private",
        happens="The function runs in a network of Lambda's own, from which private addresses in"
        " your VPCs cannot be reached, and names in private hosted zones not be resolved.",
        reason="Only a function that is attached to a VPC has an interface in it; without one it"
        " reaches public addresses only, and asks public DNS only.",
        remedy="Attach the function to private subnets of the target's VPC, with a security group"
        " that the target admits.",
        source=_VPC,
        symptoms=_NO_WAY_IN,
        family="placement",
        needs=(_CONFIGURATION,),
        confirm=_READ,
        rule=outside_any_vpc,
    ),
    Cause(
        code="role-cannot-create-interfaces",
        layer="placement",
        title="The function's role may not create network interfaces",
        happens="Lambda cannot build the function's network interface, so the function does not"
        " start, or will not when its interface has to be built anew.",
        reason="Lambda creates and deletes the interfaces with the permissions of the execution"
        " role, those of AWSLambdaVPCAccessExecutionRole.",
        remedy="Attach the managed policy AWSLambdaVPCAccessExecutionRole to the execution role.",
        source=_VPC,
        needs=("iam:ListAttachedRolePolicies", "iam:GetRolePolicy"),
        confirm="aws iam list-attached-role-policies --role-name {role_name}",
        rule=role_lacks_permission,
    ),
    Cause(
        code="subnet-out-of-addresses",
        layer="placement",
        title="A subnet of the function has no free addresses",
        happens="Lambda cannot build another network interface there, and invocations fail before"
        " any code runs.",
        reason="Each interface takes an address of its subnet; five addresses of every subnet are"
        " AWS's own.",
        remedy="Add a subnet with free addresses to the function, or free some in this one.",
        source="https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
        needs=("ec2:DescribeSubnets",),
        confirm="aws ec2 describe-subnets --filters Name=subnet-id,Values={subnet_ids}"
        " --query 'Subnets[].[SubnetId,AvailableIpAddressCount]'",
        rule=said("subnet-out-of-addresses"),
    ),
    Cause(
        code="interface-limit-reached",
        layer="placement",
        title="The quota of network interfaces is used up",
        happens="Lambda cannot build the function's network interface, and invocations fail before"
        " any code runs.",
        reason="Each combination of subnet and security groups needs an interface, and their number"
        " in a VPC is limited.",
        remedy="Ask for a higher quota, or let functions share the same subnets and groups.",
        source=f"{_LAMBDA}/gettingstarted-limits.html",
        confirm="aws service-quotas get-service-quota --service-code lambda"
        " --quota-code L-9FEE3D26",
        rule=said("interface-limit-reached"),
    ),
    Cause(
        code="function-inactive",
        layer="placement",
        title="The function was idle and Lambda took its network interfaces away",
        happens="The next invocation fails and wakes the function up; for some minutes it is"
        " Pending, then it works again.",
        reason="Interfaces of a function that was not invoked for 14 days are reclaimed.",
        remedy="Invoke it, wait until its state is Active, and invoke it at least every two weeks.",
        source=_STATES,
        needs=(_CONFIGURATION,),
        confirm=_READ,
        rule=said("function-inactive"),
    ),
    Cause(
        code="function-pending",
        layer="placement",
        title="Lambda is still building the function's network",
        happens="The function is being created or woken up, and invocations fail until it is"
        " Active.",
        reason="Building an interface can take minutes; until then the function is Pending.",
        remedy="Wait until the state is Active, then try again.",
        source=_STATES,
        needs=(_CONFIGURATION,),
        confirm="aws lambda wait function-active-v2 --function-name {function}",
        rule=said("function-pending"),
    ),
    Cause(
        code="function-failed",
        layer="placement",
        title="Lambda could not set the function up",
        happens="The function cannot be invoked, and no packet of it was ever sent.",
        reason="Lambda sets up a function's network before its code; the reason code says where"
        " that ended.",
        remedy="Mend what the reason names, then update the function's configuration so that Lambda"
        " tries again.",
        source=_STATES,
        needs=(_CONFIGURATION,),
        confirm=_READ,
        rule=said("function-failed"),
    ),
    Cause(
        code="placement-invalid",
        layer="placement",
        title="The function's subnets or security groups cannot be used",
        happens="Lambda cannot build the function's network interface: a subnet or security group"
        " does not exist any more, is of another VPC, or is not allowed.",
        reason="All subnets and groups of a function must exist and belong to one VPC.",
        remedy="Set the function's subnets and security groups anew.",
        source=_VPC,
        needs=(_CONFIGURATION,),
        confirm=_READ,
        rule=said("placement-invalid"),
    ),
    Cause(
        code="file-system-unreachable",
        layer="placement",
        title="The function cannot mount its EFS file system",
        happens="The mount is tried before the code runs, so the function does not start.",
        reason="The file system needs a mount target that the function reaches on TCP port 2049,"
        " and whose security group admits the function.",
        remedy="Let the function's security group out, and the mount target's in, on TCP port"
        " 2049.",
        source=f"{_LAMBDA}/configuration-filesystem.html",
        needs=("elasticfilesystem:DescribeMountTargets",),
        confirm="aws efs describe-mount-targets --file-system-id FILE_SYSTEM_ID",
        rule=said("file-system-unreachable"),
    ),
    Cause(
        code="function-on-managed-instances",
        layer="placement",
        title="The function runs on Lambda Managed Instances, whose network is not its own",
        happens="Packets, and the logs too, leave through the instances' interfaces, so the subnets"
        " and groups of the function say nothing about them.",
        reason="Managed instances stand in the subnets and groups of their capacity provider.",
        remedy="Look at the subnets and groups of the capacity provider instead.",
        source=f"{_LAMBDA}/lambda-managed-instances-capacity-providers.html",
        needs=(_CONFIGURATION,),
        confirm="aws lambda get-function-configuration --function-name {function}"
        " --query CapacityProviderConfig",
        rule=on_managed_instances,
    ),
)
