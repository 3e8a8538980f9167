"""One change that two findings call for is told once."""

from __future__ import annotations

import pytest

from probe.network.walk.path import Destination
from probe.remedy import again, mend
from tests.network.world import permission
from tests.remedy.case import findings
from tests.remedy.cases import own_dns_server


@pytest.mark.parametrize("server_first", [True, False])
def test_the_same_change_for_two_findings_is_told_once(server_first: bool) -> None:
    """An ACL closes the way to a DNS server: that is what the server's own fix opens as well."""
    case = own_dns_server()
    case.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = [
        permission("udp", 53, cidr="10.0.0.0/16")
    ]
    inside = (100, "in", "17", "allow", "10.0.0.0/16", (53, 53))
    case.acl("acl-data", "vpc-a", [inside], subnets=["subnet-data"])
    case.targets["dns"] = Destination("10.0.2.53", 53, "udp")
    paths, snapshot = case.paths(), case.snapshot()
    walk_again = again(snapshot, case.targets, ("sg-fn",))
    named = sorted(findings(paths), key=lambda one: one.code.startswith("nacl") is server_first)

    first, second = (one.fix for one in mend(named, paths, snapshot, walk_again))

    assert named[0].code.startswith("nacl") is not server_first
    assert first is not None
    assert second is not None
    assert len(first.cli) == 1
    assert first.checked
    assert second.checked
    assert second.cli == ()
    assert "before this one" in second.text
