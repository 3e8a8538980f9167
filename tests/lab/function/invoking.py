"""Lambda's Invoke: execution environments, one at most in each subnet of the function.

An environment that is idle is used again; while all are busy the next subnet gets one. A function
that could not be placed answers as Lambda does for it.
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import queue
import subprocess
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING

from werkzeug import Response

from tests.lab.aws import wire
from tests.lab.cloud.function import NAME
from tests.lab.function import runtime
from tests.lab.function.runtime import Configuration, Environment
from tests.lab.machines import resolver
from tests.lab.spawn import inside

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.aws.wire import Call
    from tests.lab.cloud import Cloud
    from tests.lab.function.package import Package
    from tests.lab.kernel.network import Network, Place
    from tests.lab.spawn import Jobs

# Why a function failed -> the error of its invocation.
FAILED = {
    "SubnetOutOfIPAddresses": "SubnetIPAddressLimitReachedException",
    "EniLimitExceeded": "ENILimitReachedException",
    "InvalidSubnet": "InvalidSubnetIDException",
    "InvalidSecurityGroup": "InvalidSecurityGroupIDException",
    "InsufficientRolePermissions": "EC2AccessDeniedException",
    "EFSMountConnectivityError": "EFSMountConnectivityException",
    "EFSMountFailure": "EFSMountFailureException",
    "EFSMountTimeout": "EFSMountTimeoutException",
    "EFSIOError": "EFSIOException",
}
# HTTP status of those errors that have another one than 502.
STATUSES = {
    "EFSMountConnectivityException": 408,
    "EFSMountFailureException": 403,
    "EFSMountTimeoutException": 408,
    "EFSIOException": 410,
}


class Invoking:
    """The execution environments of one function."""

    def __init__(self, jobs: Jobs, network: Network, cloud: Cloud, package: Package) -> None:
        self._jobs, self._network, self._cloud, self._package = jobs, network, cloud, package
        self._environments: dict[str, Environment] = {}
        self._free: queue.LifoQueue[str] = queue.LifoQueue()
        # The first subnet last, so that it is the first to be taken.
        for subnet in reversed(network.scenario.function.subnets or ("",)):
            self._free.put(subnet)
        self._said: dict[str, Response] = {}  # by subnet

    @property
    def log(self) -> tuple[str, ...]:
        """What reached CloudWatch Logs by way of stdout."""
        return tuple(line for env in self._environments.values() for line in env.log)

    @property
    def invoked(self) -> bool:
        """Tell whether the function has run at all."""
        return bool(self._environments)

    def invoke(self, call: Call) -> Response:
        """Answer one Invoke."""
        placed = self._network.scenario.function
        if placed.state != "Active":
            return refuse(call, placed.state, placed.state_reason)
        event = call.parameters.get("Payload") or b"{}"
        subnet = self._free.get()
        try:
            outcome = self._environment(subnet).invoke(event)
        finally:
            self._free.put(subnet)
        headers = {"X-Amz-Executed-Version": "$LATEST"}
        if outcome.function_error:
            headers["X-Amz-Function-Error"] = outcome.function_error
        said = Response(outcome.payload, 200, headers, content_type="application/json")
        self._said[subnet] = said
        return said

    def repeating(self) -> Callable[[Call], Response]:
        """Answer each Invoke with what one environment after the other said last, without packets.

        The first to be asked is the one in the first subnet, as ever.
        """
        order = [s for s in self._network.scenario.function.subnets or ("",) if s in self._said]
        turns = cycle([self._said[subnet] for subnet in order])
        return lambda call: next(turns) if order else self.invoke(call)

    def _environment(self, subnet: str) -> Environment:
        if subnet not in self._environments:
            network = self._network
            place = network.functions[subnet] if subnet else network.outside
            add_api_address(place)
            home = network.scenario.subnets[subnet].vpc if subnet else ""
            folder = self._jobs.folder / f"function-{subnet}"
            folder.mkdir()
            etc = {
                "resolv.conf": resolver.resolv_conf(folder, network.resolver_addresses(home)),
            }
            configuration = replace(self._configuration(), az_id=self._zone(subnet))
            self._environments[subnet] = Environment(
                self._jobs, place.netns, etc, self._package, configuration
            )
        return self._environments[subnet]

    def _configuration(self) -> Configuration:
        function = self._cloud.aws("lambda").get_function_configuration(FunctionName=NAME)
        return Configuration(
            name=function["FunctionName"],
            arn=function["FunctionArn"],
            region=self._cloud.account.region,
            handler=function["Handler"],
            timeout_s=function["Timeout"],
            memory_mb=function["MemorySize"],
            variables=function["Environment"]["Variables"],
            az_id="",
        )

    def _zone(self, subnet: str) -> str:
        if not subnet:
            zones = self._cloud.ec2.describe_availability_zones()["AvailabilityZones"]
            return str(zones[0]["ZoneId"])
        known = self._cloud.ec2.describe_subnets(SubnetIds=[self._cloud.id("subnet", subnet)])
        return str(known["Subnets"][0]["AvailabilityZoneId"])


def add_api_address(place: Place) -> None:
    """Give the namespace the address at which Lambda has its Runtime API."""
    words = ["ip", "addr", "add", f"{runtime.API[0]}/32", "dev", "lo"]
    inside(place.netns, lambda: subprocess.run(words, check=True))


def refuse(call: Call, state: str, reason: str | None) -> Response:
    """Answer for a function that has no network.

    https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html
    """
    if state == "Pending":
        message = f"The function is currently in the following state: {state}"
        return wire.write_error(call, "ResourceConflictException", message, 409)
    if state == "Inactive":
        message = "The function is inactive and its VPC connection is no longer available"
        return wire.write_error(call, "ResourceNotReadyException", message, 502)
    code = FAILED.get(reason or "", "EC2UnexpectedException")
    message = f"Lambda could not set the function up: {reason}"
    return wire.write_error(call, code, message, STATUSES.get(code, 502))
