"""The event of a scenario: its targets, with the lab's machines turned into hosts and ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.parts import Check
    from tests.lab.scenario import Scenario

# Checks that take a port beside the host.
_WITH_PORT = ("rds", "tcp", "cache")
# Server -> what the probe calls the engine. Given always: a database may be on any port.
_ENGINES = {
    "postgres": "postgres",
    "mariadb": "mariadb",
    "sqlserver": "sqlserver-ex",
    "oracle": "oracle-se2",
}


def event(scenario: Scenario, host_names: Mapping[str, str]) -> dict[str, Any]:
    """Write the event."""
    return {
        "targets": [_target(scenario, check, host_names) for check in scenario.targets],
        "timeout_s": scenario.timeout_s,
        "repeat": scenario.repeat,
    }


def _target(scenario: Scenario, check: Check, host_names: Mapping[str, str]) -> dict[str, Any]:
    target = {"check": check.check, **check.words}
    if check.check == "dns" and target.get("name") in host_names:
        target["name"] = host_names[target["name"]]
    if check.check == "http":
        target["url"] = _named(str(target["url"]), host_names)
    if check.host is None:
        return target
    target["host"] = host_names[check.host]
    host = scenario.hosts.get(check.host)
    if check.check in _WITH_PORT and "port" not in target:
        target["port"] = host.port if host else _port(scenario, check.host)
    if check.check == "rds" and host and host.server in _ENGINES:
        target.setdefault("engine", _ENGINES[host.server])
    return target


def _named(url: str, host_names: Mapping[str, str]) -> str:
    """Put the real name of a machine or endpoint of the file into a URL."""
    parts = urlsplit(url)
    known = host_names.get(parts.netloc)
    return urlunsplit(parts._replace(netloc=known)) if known else url


def _port(scenario: Scenario, name: str) -> int:
    """Give the port of a load balancer's first listener, or of an endpoint's service."""
    if name in scenario.load_balancers:
        return next(iter(scenario.load_balancers[name].listeners), 80)
    provider = scenario.endpoints[name].provider
    return provider.port if provider else 443
