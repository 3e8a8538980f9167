"""The event of a scenario: its targets, with the lab's machines turned into hosts and ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    if check.host is None:
        return target
    target["host"] = host_names[check.host]
    host = scenario.hosts.get(check.host)
    if check.check in _WITH_PORT and "port" not in target:
        listeners = scenario.load_balancers[check.host].listeners if host is None else {}
        target["port"] = host.port if host else next(iter(listeners), 80)
    if check.check == "rds" and host and host.server in _ENGINES:
        target.setdefault("engine", _ENGINES[host.server])
    return target
