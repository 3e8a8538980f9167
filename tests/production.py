"""The stack as it runs: deployed into a lab's account, its functions really running.

`python -m tests.production` reads one JSON object: a scenario, the parameters of the stack and what
happens to it; it writes what came of that. The functions are the built artifacts, under Lambda's
runtime client, with the environment, names and roles that the stack gave them. What they call is
answered only as far as the role allows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from werkzeug import Response

from tests import watching
from tests.cloudformation import load, transformed
from tests.deploying import deploy
from tests.lab import sandbox
from tests.lab.aws import wire, wsgi
from tests.lab.aws.amend import table as amend
from tests.lab.aws.clients import Clients
from tests.lab.aws.front import Front, denied
from tests.lab.function import invoking
from tests.lab.function.invoking import Invoking
from tests.lab.function.package import BUILD, REPOSITORY
from tests.lab.function.runtime import Configuration, Environment
from tests.lab.machines import resolver
from tests.lab.playing.worker import Player

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.lab.aws.wire import Call
    from tests.lab.function.package import Package
    from tests.lab.machines.trust import Trust
    from tests.lab.playing.lab import Lab

API_PORT = 4567  # of the AWS API as DiagnoseFunction's role sees it
QUEUE = "pager"  # subscribed to the stack's topic


@dataclass
class AsRole(Front):
    """An account's AWS, for somebody with these policies."""

    statements: list[dict[str, Any]] = field(default_factory=list)

    def respond(self, environ: Any, body: bytes) -> Response:
        """Answer what the policies allow."""
        call = wire.read(environ, body)
        if call is not None and not self._allows(call):
            self.asked.add(call.action)
            return denied(call, self.account)
        return super().respond(environ, body)

    def _allows(self, call: Call) -> bool:
        asked = (call.action, _resource(call, self.account))
        said = [IAMPolicyStatement(one).is_action_permitted(*asked) for one in self.statements]
        return PermissionResult.PERMITTED in said and PermissionResult.DENIED not in said


def _resource(call: Call, account: str) -> str:
    """Name what a call is about, for those actions that know resources."""
    for key in ("TopicArn", "PolicyArn"):
        if key in call.parameters:
            return str(call.parameters[key])
    if "RoleName" in call.parameters:
        return f"arn:aws:iam::{account}:role/{call.parameters['RoleName']}"
    if call.service == "lambda" and "FunctionName" in call.parameters:
        name = str(call.parameters["FunctionName"]).split(":")[-1]
        return f"arn:aws:lambda:{call.region}:{account}:function:{name}"
    return "*"


class _Probe(Invoking):
    """The environments of ProbeFunction, by the stack's word."""

    configuration: Configuration

    def _configuration(self) -> Configuration:
        return self.configuration


class Production:
    """A stack in the account of a lab."""

    def __init__(
        self, lab: Lab, package: Package, trust: Trust, parameters: Mapping[str, str]
    ) -> None:
        self.lab, self.aws, self.account = lab, lab.cloud.aws, lab.cloud.account
        self._network, self._jobs, self._trust = lab.standing.network, lab.standing.jobs, trust
        pseudo = {"AWS::AccountId": self.account.id, "AWS::Region": self.account.region}
        plain = transformed(load(REPOSITORY / "template.yaml"))
        self.stack = deploy(plain, self.aws, pseudo, **{**self._placement(), **parameters})
        self.probe = _Probe(self._jobs, self._network, lab.cloud, package)
        self.probe.configuration = self._configuration("ProbeFunction")
        answers = {**amend.answers(self.account), ("lambda", "Invoke"): self._invoked}
        known: dict[str, Any] = {"answers": answers, "repairs": amend.repairs(self.account)}
        self.users = Clients(Front(self.account.id, **known), self.account.region)
        statements = self.stack.policy("DiagnoseRole")
        self.role = AsRole(self.account.id, **known, statements=statements)
        self.diagnosis = self._outside(package)
        self.queue = self._subscribe()

    def _placement(self) -> dict[str, str]:
        """Put the probe where the scenario's own function stands."""
        placed, cloud = self.lab.scenario.function, self.lab.cloud
        groups = [cloud.id("security-group", name) for name in placed.security_groups]
        return {
            "SubnetIds": ",".join(cloud.id("subnet", name) for name in placed.subnets),
            "SecurityGroupIds": ",".join(groups),
            "Targets": json.dumps(self.lab.event["targets"]),
        }

    def _configuration(self, function: str) -> Configuration:
        """Read what Lambda knows of a function of the stack; the lab adds its authorities."""
        known = self.aws("lambda").get_function_configuration(FunctionName=self.stack.ids[function])
        return Configuration(
            name=known["FunctionName"],
            arn=known["FunctionArn"],
            region=self.account.region,
            handler=known["Handler"],
            timeout_s=known["Timeout"],
            memory_mb=known["MemorySize"],
            variables={**known["Environment"]["Variables"], **self._trust.variables()},
            az_id="",
        )

    def _outside(self, package: Package) -> Environment:
        """Start where DiagnoseFunction runs: in no VPC, with AWS's APIs within reach."""
        place = self._network.control
        invoking.add_api_address(place)
        wsgi.serve(self._jobs, self._jobs.listen(place.netns, "127.0.0.1", API_PORT), self.role)
        folder = self._jobs.folder / "diagnosis"
        folder.mkdir()
        etc = {"resolv.conf": resolver.resolv_conf(folder, self._network.resolver_addresses(""))}
        known = self._configuration("DiagnoseFunction")
        endpoint = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{API_PORT}"}
        known = replace(known, variables={**known.variables, **endpoint})
        artifact = BUILD / "DiagnoseFunction"
        built = replace(package, root=artifact) if package.runtime else package
        return Environment(self._jobs, place.netns, etc, built, known)

    def _subscribe(self) -> str:
        """Give the topic somebody who listens."""
        url = str(self.aws("sqs").create_queue(QueueName=QUEUE)["QueueUrl"])
        arn = f"arn:aws:sqs:{self.account.region}:{self.account.id}:{QUEUE}"
        self.aws("sns").subscribe(TopicArn=self.stack.ids["Topic"], Protocol="sqs", Endpoint=arn)
        return url

    def _invoked(self, call: Call) -> Response:
        """Answer Lambda's Invoke, of the two functions that really run."""
        name = str(call.parameters["FunctionName"]).split(":")[-1]
        state = self.account.overrides.get(name, {}).get("State", "Active")
        if state != "Active":
            return invoking.refuse(call, state, None)
        if name == self.stack.ids["ProbeFunction"]:
            return self.probe.invoke(call)
        if name != self.stack.ids["DiagnoseFunction"]:
            return wire.write_error(call, "ResourceNotFoundException", f"No function {name}", 404)
        outcome = self.diagnosis.invoke(call.parameters.get("Payload") or b"{}")
        failed = outcome.function_error
        headers = {"X-Amz-Function-Error": failed} if failed else {}
        return Response(outcome.payload, 200, headers, content_type="application/json")

    # -- what happens to it ---------------------------------------------------------------------

    def happen(self, step: Mapping[str, Any]) -> Any:
        """Let one thing happen, and give what came of it."""
        match step:
            case {"override": name, "with": words}:
                self.account.overrides[name] = dict(words)
            case {"create": name, **how}:
                self._create(name, how.get("subnets"))
            case {"invoke": function, "event": event}:
                return self.invoke(function, event)
            case {"watch": "alarms"}:
                return self.watch(self.probe.log)
            case _:
                raise ValueError(f"nobody knows how {step} happens")
        return None

    def invoke(self, function: str, event: object) -> Any:
        """Invoke a function as somebody who may."""
        name = self.stack.ids[function]
        answer = self.users("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def _create(self, name: str, subnets: list[str] | None) -> None:
        """Create another function of the account, in these subnets or where the probe stands."""
        probe = self.stack.of_type("AWS::Lambda::Function")["ProbeFunction"]
        chosen = [self.lab.cloud.id("subnet", one) for one in subnets or ()]
        vpc = probe["VpcConfig"]
        self.aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=probe["Role"],
            Handler=f"{name}.handler",
            Code=probe["Code"],
            VpcConfig={
                "SubnetIds": chosen or vpc["SubnetIds"],
                "SecurityGroupIds": vpc["SecurityGroupIds"],
            },
        )

    def watch(self, lines: Sequence[str]) -> Any:
        """Do what CloudWatch and EventBridge do with log lines: metrics, alarms, an event."""
        raised = [name for name, alarm in self.alarms().items() if watching.rings(alarm, lines)]
        for name in raised:
            self.aws("cloudwatch").set_alarm_state(
                AlarmName=name, StateValue="ALARM", StateReason="Threshold Crossed"
            )
        (composite,) = self.stack.of_type("AWS::CloudWatch::CompositeAlarm").values()
        state = "ALARM" if watching.holds(composite["AlarmRule"], raised) else "OK"
        event = watching.event(composite["AlarmName"], state, self.account.id, self.account.region)
        events = self.aws("events")
        told = [
            target["Arn"]
            for rule in events.list_rules()["Rules"]
            if watching.matches(rule["EventPattern"], event)
            for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        ]
        for arn in told:
            self.users("lambda").invoke(FunctionName=arn, Payload=json.dumps(event))
        return {"raised": raised, "state": state, "invoked": told}

    def alarms(self) -> dict[str, dict[str, Any]]:
        """List what CloudWatch watches."""
        found = self.aws("cloudwatch").describe_alarms()["MetricAlarms"]
        return {alarm["AlarmName"]: alarm for alarm in found}

    def messages(self) -> list[dict[str, Any]]:
        """Take what the topic has told."""
        found = self.aws("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(one["Body"]) for one in found.get("Messages", [])]


def play(scenario: str, *steps: dict[str, Any], **parameters: str) -> dict[str, Any]:
    """Deploy into the scenario, in a sandbox, and let these things happen."""
    request = {"scenario": scenario, "parameters": parameters, "steps": steps}
    done = subprocess.run(
        sandbox.wrap([sys.executable, "-m", "tests.production"]),
        input=json.dumps(request),
        cwd=REPOSITORY,
        env=sandbox.environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Play one request."""
    sandbox.enter("tests.production")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    request = json.load(sys.stdin)
    with Player() as player, player.lab(request["scenario"], "production") as lab:
        made = Production(lab, player.package, player.trust, request.get("parameters", {}))
        came, times = [], []
        for step in request["steps"]:
            began = time.monotonic()
            came.append(made.happen(step))
            times.append(1000 * (time.monotonic() - began))
        answer = {
            "came": came,
            "ms": times,
            "ran": player.package.ran,
            "asked": sorted(made.role.asked),
            "messages": made.messages(),
            "log": {"probe": made.probe.log, "diagnose": made.diagnosis.log},
            "resources": sorted(made.stack.resources),
            "topic": made.stack.ids["Topic"],
            "subnets": {name: lab.cloud.id("subnet", name) for name in lab.scenario.subnets},
        }
    answers.write(json.dumps(answer))
    answers.flush()


if __name__ == "__main__":
    main()
