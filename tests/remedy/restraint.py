"""What a command must not open: judged by the command alone, not by the program that wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.remedy.commands import Command

ANYWHERE = ("0.0.0.0/0", "::/0")
EPHEMERAL = {"From": 1024, "To": 65535}


def excesses(command: Command, ports: set[int], *, internet: bool) -> list[str]:
    """Return what a command opens beyond these ports; `internet`: a target is outside the VPC."""
    judge = _JUDGES.get(command.operation)
    return [] if judge is None else list(judge(command, ports, internet))


def _group(command: Command, ports: set[int], internet: bool) -> Iterator[str]:
    inbound = command.operation.endswith("ingress")
    for permission in command.parameters["IpPermissions"]:
        if permission["IpProtocol"] not in ("tcp", "udp"):
            yield f"protocol {permission['IpProtocol']}"
        if permission["FromPort"] != permission["ToPort"] or permission["FromPort"] not in ports:
            yield f"ports {permission['FromPort']}-{permission['ToPort']}"
        blocks = [entry["CidrIp"] for entry in permission.get("IpRanges", ())]
        blocks += [entry["CidrIpv6"] for entry in permission.get("Ipv6Ranges", ())]
        for block in blocks:
            if block in ANYWHERE and (inbound or not internet):
                yield f"{'from' if inbound else 'to'} {block}"


def _acl(command: Command, ports: set[int], internet: bool) -> Iterator[str]:
    found = command.parameters
    if found["RuleAction"] == "deny":
        return
    if found["Protocol"] not in ("6", "17"):
        yield f"protocol {found['Protocol']}"
    wanted: list[Any] = [{"From": port, "To": port} for port in ports]
    if found["PortRange"] not in [*wanted, EPHEMERAL]:
        yield f"ports {found['PortRange']}"
    block = found.get("CidrBlock") or found.get("Ipv6CidrBlock")
    if block in ANYWHERE:
        if not internet:
            yield f"{block} for a target inside"
        if not found["Egress"] and found["PortRange"] != EPHEMERAL:
            yield f"{block} inbound on {found['PortRange']}"


_JUDGES = {
    "authorize-security-group-ingress": _group,
    "authorize-security-group-egress": _group,
    "create-network-acl-entry": _acl,
    "replace-network-acl-entry": _acl,
}
