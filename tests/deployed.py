"""Deploys the template into an account of the laboratory, and shows what happens there.

`python -m tests.deployed`: transformed, created in moto, both functions running in a network from
which nothing leads out. A schedule, the alarm that follows, and the message that explains it.
"""

from __future__ import annotations

from typing import Any

from probe.report.document import from_document
from probe.report.summary import sentence
from tests.production import play

SCENARIO = """
vpc: {cidr: 10.0.0.0/16}
internet_gateway: true
subnets:
  app:    {cidr: 10.0.1.0/24, az: a, routes: {}}
  public: {cidr: 10.0.9.0/24, az: a, routes: {0.0.0.0/0: internet-gateway}}
nat_gateways: {nat: {subnet: public}}
security_groups:
  fn: {}
  db: {ingress: [{tcp: 5432, from: fn}]}
hosts:
  api.example.com: {server: https, public: 203.0.113.10}
  orders-db: {server: postgres, subnet: app, security_groups: [db], rds: true}
function: {subnets: [app], security_groups: [fn]}
targets: [{check: http, url: https://api.example.com/}, {check: rds, db: orders-db}]
"""


def main() -> None:
    """Show it."""
    scene = play(
        SCENARIO,
        {"invoke": "ProbeFunction", "event": {"source": "aws.scheduler", "detail": "{}"}},
        {"watch": "alarms"},
        {"invoke": "DiagnoseFunction", "event": {}},
        Timeout="1",
    )
    run, alarm, asked = scene["came"]
    (message,) = scene["messages"]
    print(f"deployed     {len(scene['resources'])} resources; the {scene['ran']} runs")
    print(f"schedule     ProbeFunction: {_told(run)}")
    print(f"alarms       {', '.join(alarm['raised'])}, and so lambda-probe")
    print(f"EventBridge  invokes {', '.join(alarm['invoked'])}")
    print(f"SNS          {message['Subject']}\n")
    print("\n".join(f"    {line}".rstrip() for line in message["Message"].splitlines()))
    print(f"\nasked again  DiagnoseFunction: {_told(asked)}")


def _told(report: dict[str, Any]) -> str:
    return sentence(from_document(report))


if __name__ == "__main__":
    main()
