"""The fleet's state machine as the template deploys it, in moto's interpreter, with our functions.

Definition, environments and names come out of the transformed template. The functions run in this
process, each invocation with a deadline of its own. Where the interpreter does otherwise than AWS
it is mended: it forgets the Map's own input after the last item, and ResultWriter's results.
"""

from __future__ import annotations

import importlib
import json
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto.core.config import default_user_config
from werkzeug import Response

from probe.fleet import handler
from tests.cloudformation import Stack, load, transformed
from tests.fleet.organization import HOME, ROLE, WORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fleet.organization import Organization
    from tests.lab.aws.wire import Call

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
BUCKET = "fleet-bucket"

_MAP = "moto.stepfunctions.parser.asl.component.state.exec.state_map"
_DISTRIBUTED = f"{_MAP}.iteration.distributed_iteration_component"
_WORKER = f"{_MAP}.iteration.itemprocessor.distributed_item_processor_worker"
_WRITER = f"{_MAP}.result_writer.resource_eval.resource_eval_s3"


@dataclass
class Context:
    """What Lambda tells a handler of its invocation."""

    invoked_function_arn: str
    deadline: float
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        """Say how much time is left."""
        return int((self.deadline - time.monotonic()) * 1000)


@dataclass
class Machine:
    """A deployed fleet."""

    organization: Organization
    stack: Stack
    topic: str
    arn: str
    asked: list[dict[str, Any]] = field(default_factory=list)  # the event of every invocation
    faults: dict[str, Any] = field(default_factory=dict)  # function's name -> what befalls its item
    probes: dict[str, Any] = field(default_factory=dict)  # name -> what it answers to an event
    sizes: list[int] = field(default_factory=list)  # of every payload that went in or out
    done: list[dict[str, Any]] = field(default_factory=list)  # what each item came to
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def invoke(self, account: str, call: Call) -> Response:
        """Run one of our functions, as Lambda would; or a probe that stands in another account."""
        name = call.parameters["FunctionName"]
        event = json.loads(call.parameters["Payload"])
        if account != HOME:
            return Response(json.dumps(self.probes[name](event)), 200)
        resource = next(key for key in FUNCTIONS if name == f"{key}.Arn")
        properties = self.stack.resources[resource]["Properties"]
        entry = getattr(handler, properties["Handler"].rpartition(".")[2])
        arn = f"arn:aws:lambda:{REGION}:{HOME}:function:{properties['FunctionName']}"
        with self._lock:
            self.asked.append(event)
        try:
            self._befall(event)
            deadline = time.monotonic() + properties["Timeout"]
            answer, headers = entry(event, Context(arn, deadline)), {}
        except Exception as error:  # noqa: BLE001 - as Lambda's runtime does
            answer = {"errorMessage": str(error), "errorType": type(error).__name__}
            headers = {"X-Amz-Function-Error": "Unhandled"}
        text = json.dumps(answer)
        with self._lock:
            self.sizes += [len(call.parameters["Payload"]), len(text)]
        return Response(text, 200, headers, content_type="application/json")

    def _befall(self, event: dict[str, Any]) -> None:
        fault = self.faults.get(event.get("item", {}).get("function"))
        if fault is not None:
            fault()

    def run(self, name: str, order: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run it once; give the execution as AWS describes it."""
        client = self.organization.client("stepfunctions", HOME, REGION)
        begun = client.start_execution(
            stateMachineArn=self.arn, name=name, input=json.dumps(order or {})
        )
        while True:
            found: dict[str, Any] = client.describe_execution(executionArn=begun["executionArn"])
            if found["status"] != "RUNNING":
                return found
            time.sleep(0.05)

    def states(self, execution: dict[str, Any]) -> list[str]:
        """List the states that the parent entered."""
        client = self.organization.client("stepfunctions", HOME, REGION)
        pages = client.get_paginator("get_execution_history")
        events = pages.paginate(executionArn=execution["executionArn"]).build_full_result()[
            "events"
        ]
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in events
            if "stateEnteredEventDetails" in event
        ]

    def file(self, key: str) -> str:
        """Read a file of the run."""
        client = self.organization.client("s3", HOME, REGION)
        text: str = client.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
        return text


FUNCTIONS = ("FleetFunction", "FleetDiagnoseFunction")


@contextmanager
def deployed(organization: Organization, **parameters: str) -> Iterator[Machine]:
    """Deploy the fleet into the first account."""
    template = transformed(load(ROOT / "template.yaml"))
    given = {"FleetRoleName": ROLE, "FleetExternalId": WORD, **parameters}
    stack = Stack(template, **given)
    organization.client("s3", HOME, REGION).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    topic = organization.client("sns", HOME, REGION).create_topic(Name="findings")["TopicArn"]
    properties = stack.resources["FleetStateMachine"]["Properties"]
    text = properties["DefinitionString"]
    names = _resolved(properties["DefinitionSubstitutions"])
    names |= {"FleetBucketName": BUCKET, "TopicArn": topic}
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value)
    machine = Machine(organization, stack, topic, "")
    settings = {"stepfunctions": {"execute_state_machine": True}}
    own = {**_environment(stack), "FLEET_BUCKET": BUCKET, "FLEET_TOPIC_ARN": topic}
    with (
        mock.patch.dict(default_user_config, settings),
        mock.patch.dict(os.environ, {**own, "MOTO_PORT": organization.url.rpartition(":")[2]}),
        _as_aws_does(machine),
    ):
        organization.answers["lambda:InvokeFunction"] = machine.invoke
        made = organization.client("stepfunctions", HOME, REGION).create_state_machine(
            name=properties["StateMachineName"],
            definition=text,
            roleArn=f"arn:aws:iam::{HOME}:role/fleet",
        )
        machine.arn = made["stateMachineArn"]
        yield machine
    del organization.answers["lambda:InvokeFunction"]


def _resolved(substitutions: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in substitutions.items()}


def _environment(stack: Stack) -> dict[str, str]:
    """Give the variables of all functions: none means two things."""
    found: dict[str, str] = {}
    for name in FUNCTIONS:
        own = stack.resources[name]["Properties"]["Environment"]["Variables"]
        found |= {key: str(value) for key, value in own.items() if key.startswith("FLEET_")}
    return found


@contextmanager
def _as_aws_does(machine: Machine) -> Iterator[None]:
    """Keep what each execution of an item came to, and write it as ResultWriter does."""
    maps = importlib.import_module(_DISTRIBUTED).DistributedIterationComponent
    worker = importlib.import_module(_WORKER).DistributedItemProcessorWorker
    writer = importlib.import_module(_WRITER).ResourceEvalS3
    evaluate, run_map, put = worker._eval_job, maps._map_run, writer._handle_put_object

    def keep(self: Any, env: Any, job: Any) -> None:
        evaluate(self, env, job)
        told: dict[str, Any] = {"Input": json.dumps(job.job_input), "Name": str(job.job_index)}
        state = env.program_state()
        if job.job_output is None:
            error = getattr(state, "error", None) or {}
            told |= {"Status": "FAILED", "Error": error.get("error"), "Cause": error.get("cause")}
        else:
            told |= {"Status": "SUCCEEDED", "Output": json.dumps(job.job_output)}
        with machine._lock:
            machine.done.append(told)

    def run(self: Any, env: Any, eval_input: Any) -> None:
        given = env.states.get_input()
        run_map(self, env, eval_input)
        # ResultWriter's paths are of the Map's input; here they would be of its results.
        env.stack[-1] = given

    def write(env: Any, part: Any, credentials: Any) -> None:
        prefix = env.stack[-1]["Prefix"]
        put(env, part, credentials)
        key = env.stack[-1]["ResultWriterDetails"]["Key"].removesuffix("manifest.json")
        client = machine.organization.client("s3", HOME, REGION)
        for status in ("SUCCEEDED", "FAILED"):
            some = [one for one in machine.done if one["Status"] == status]
            if some:
                body = json.dumps(some).encode()
                client.put_object(Bucket=BUCKET, Key=f"{key}{status}_0.json", Body=body)
        machine.done.clear()
        assert key.startswith(prefix)

    with (
        mock.patch.object(worker, "_eval_job", keep),
        mock.patch.object(maps, "_map_run", run),
        mock.patch.object(writer, "_handle_put_object", staticmethod(write)),
    ):
        yield
