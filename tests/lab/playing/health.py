"""Health checks: every node of a load balancer connects to its targets; the AWS API tells of it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
"""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tests.lab.spawn import inside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.aws.account import Account
    from tests.lab.kernel import Network

_TRIES = 2  # AWS too calls a target unhealthy only after several failures
_WAIT_S = 1.5  # long enough for a second SYN


class _Check(NamedTuple):
    node: Path
    address: str
    port: int


def check(network: Network, account: Account) -> None:
    """Check all targets at once: one that answers no node is unhealthy."""
    checks = list(_checks(network))
    with ThreadPoolExecutor(max(1, len(checks))) as pool:
        passed = set()
        for one, answered in zip(checks, pool.map(_passes, checks), strict=True):
            if answered:
                passed.add((one.address, one.port))
    for one in checks:
        healthy = (one.address, one.port) in passed
        state = {"State": "unhealthy", "Reason": "Target.FailedHealthChecks"}
        account.overrides[f"health {one.address}:{one.port}"] = {} if healthy else state


def _checks(network: Network) -> Iterator[_Check]:
    scenario = network.scenario
    for balancer in scenario.load_balancers.values():
        for listener in balancer.listeners.values() if balancer.state == "active" else ():
            for name in listener.targets:
                port = listener.target_port or scenario.hosts[name].port
                for place in network.load_balancers[balancer.name]:
                    yield _Check(place.netns, str(network.hosts[name].address), port)


def _passes(check: _Check) -> bool:
    return any(inside(check.node, partial(_connects, check)) for _ in range(_TRIES))


def _connects(check: _Check) -> bool:
    try:
        socket.create_connection((check.address, check.port), timeout=_WAIT_S).close()
    except OSError:
        return False
    return True
