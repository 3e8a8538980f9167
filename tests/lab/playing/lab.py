"""A scenario that stands: an AWS account with its resources, and the network built beside it.

Put together here and taken down again; each part knows only its own business.
"""

from __future__ import annotations

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

from tests.lab import cloud, kernel
from tests.lab.aws import wsgi
from tests.lab.aws.account import Account
from tests.lab.aws.amend import table
from tests.lab.aws.clients import Clients
from tests.lab.aws.front import Front
from tests.lab.cloud.function import NAME
from tests.lab.function import event
from tests.lab.machines import resolver
from tests.lab.playing.shell import Shell
from tests.lab.playing.standing import Standing
from tests.lab.restate import restate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.cloud import Cloud
    from tests.lab.function.package import Package
    from tests.lab.machines.trust import Trust
    from tests.lab.scenario import Scenario

API_PORT = 4566  # of the AWS API, on the loopback address of the control's namespace


class Lab:
    """One scenario, from entering the context to leaving it. Inside the sandbox only."""

    cloud: Cloud
    standing: Standing
    shell: Shell
    api: Front  # as the shell sees it

    def __init__(self, scenario: Scenario, folder: Path, trust: Trust, package: Package) -> None:
        self._first = scenario
        self.folder, self._trust, self._package = folder, trust, package
        self._account = Account(f"{random.randrange(10**11, 10**12)}", scenario.region)
        self._builds = 0

    def __enter__(self) -> Self:
        with ThreadPoolExecutor(1) as pool:
            # The kernel's part runs other programs, the cloud's part is all Python.
            plan = kernel.plan(self._first)
            building = pool.submit(kernel.build, self._first.still or self._first, plan)
            self.cloud = cloud.create(self._first, plan, self._account, self._variables())
            self._stand(building.result())
        return self

    def __exit__(self, *_: object) -> None:
        self.standing.close()

    def rebuild(self) -> None:
        """Build the network anew, from what the AWS API now says of it."""
        scenario, addresses = restate(self.cloud)
        self.standing.close()
        self.cloud.scenario, self.cloud.plan = scenario, addresses
        self._stand(kernel.build(scenario, addresses))

    def withhold(self, unreadable: tuple[str, ...]) -> None:
        """Refuse to be read by these actions, until rebuilt; what packets saw is said again."""
        said_again = {("lambda", "Invoke"): self.standing.function.repeating()}
        self.api.unreadable = unreadable
        self.api.answers = {**self.api.answers, **said_again}

    @property
    def scenario(self) -> Scenario:
        """Give the scenario as it stands now."""
        return self.cloud.scenario

    @property
    def log(self) -> tuple[str, ...] | None:
        """Give what the function's stdout delivered, or None when it was never invoked."""
        function = self.standing.function
        return function.log if function.invoked else None

    @property
    def event(self) -> dict[str, Any]:
        """Give the event that asks for the scenario's targets."""
        return event.event(self.scenario, self.cloud.host_names)

    def _stand(self, network: kernel.Network) -> None:
        self._builds += 1
        folder = self.folder / f"build-{self._builds}"
        folder.mkdir()
        self.standing = Standing(network, self.cloud, folder, self._trust, self._package)
        with contextlib.ExitStack() as stack:
            stack.callback(self.standing.close)
            self.standing.start(self._front())
            self._open_shell(folder)
            stack.pop_all()

    def _front(self, unreadable: tuple[str, ...] = ()) -> Front:
        answers = table.answers(self._account)
        answers[("lambda", "Invoke")] = self.standing.function.invoke
        return Front(
            self._account.id,
            unreadable,
            answers,
            table.repairs(self._account),
            table.refused(self._account),
        )

    def _open_shell(self, folder: Path) -> None:
        """Serve the API as far as the scenario lets it be read, in a user's shell."""
        network, jobs = self.standing.network, self.standing.jobs
        self.api = self._front(self.scenario.unreadable or ())
        wsgi.serve(jobs, jobs.listen(network.control.netns, "127.0.0.1", API_PORT), self.api)
        etc = {"resolv.conf": resolver.resolv_conf(folder, network.resolver_addresses(""))}
        variables = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{API_PORT}",
            "AWS_REGION": self.scenario.region,
            "AWS_ACCESS_KEY_ID": "AKIALAB0000000000000",
            "AWS_SECRET_ACCESS_KEY": "lab",
            "AWS_EC2_METADATA_DISABLED": "true",
            **self._trust.variables(),
        }
        self.shell = Shell(folder, network.control.netns, etc, variables)
        self.shell.serve_aws(jobs, Clients(self._front(), self._account.region))

    def _variables(self) -> dict[str, str]:
        """Give the environment that the function is deployed with."""
        return {
            "POWERTOOLS_SERVICE_NAME": NAME,
            "POWERTOOLS_METRICS_NAMESPACE": "LambdaProbe",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            **self._trust.variables(),
        }
