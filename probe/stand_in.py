"""Who sends the packets: the function itself where it is a probe, or a probe in the same place.

Functions with the same subnets and security groups share their network interfaces, and so what
happens to their packets; a probe among them speaks for all.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probe.causes import CATALOGUE
from probe.network.values import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.model import Report
    from probe.network.collector.collect import Reader

PROBE = "probe.handler.probe"  # the handler by which a deployed probe is known
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})


def can_speak(
    probe: str, configuration: Mapping[str, Any], read: Reader, *, spare_group: str | None = None
) -> bool:
    """Say whether packets of `probe` meet what packets of the configured function meet.

    `spare_group` has no rules: it gives the probe an interface of its own, and changes nothing.
    """
    try:
        own = read("lambda", "GetFunctionConfiguration", FunctionName=probe)
    except ReadFailed:
        return False
    if own.get("FunctionArn") == configuration.get("FunctionArn") is not None:
        return True
    return (
        "FunctionArn" in configuration  # else nothing is known of it
        and not configuration.get("CapacityProviderConfig")  # it stands where its instances do
        and not _has_proxy(configuration)
        and _place(own, spare_group) == _place(configuration, None)
    )


def spoken_for(report: Report, speaker: str | None) -> Report:
    """Name who sent the packets; what its role may do says nothing of the function's own."""
    if speaker is None:
        return report
    findings = tuple(f for f in report.findings if CATALOGUE[f.code].layer != "identity")
    return replace(report, findings=findings, sent_by=speaker)


def _place(configuration: Mapping[str, Any], spare_group: str | None) -> tuple[object, ...]:
    vpc = configuration.get("VpcConfig") or {}
    groups = set(vpc.get("SecurityGroupIds") or ()) - {spare_group}
    return set(vpc.get("SubnetIds") or ()), groups, bool(vpc.get("Ipv6AllowedForDualStack"))


def _has_proxy(configuration: Mapping[str, Any]) -> bool:
    variables = (configuration.get("Environment") or {}).get("Variables") or {}
    return any(name.lower() in _PROXIES for name in variables)
