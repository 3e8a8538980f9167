"""A scenario that stands: kernel network, moto resources, servers, and the function in its place.

Put together here and taken down again; each part knows only its own business.
"""

from __future__ import annotations

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tests.lab import amend, cloud, event, kernel, names, resolver, wsgi
from tests.lab.account import Account
from tests.lab.certificates import Authority
from tests.lab.cloud.function import NAME
from tests.lab.front import Front
from tests.lab.hosts import Machines
from tests.lab.invoking import Invoking
from tests.lab.servers import Site, proxy
from tests.lab.services import Service
from tests.lab.spawn import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.lab.cloud import Cloud
    from tests.lab.kernel.network import Network
    from tests.lab.package import Package
    from tests.lab.scenario import Scenario

    Wait = Callable[[], None]

API_PORT = 4566  # of the AWS API, on the loopback address of the control's namespace


@dataclass(frozen=True)
class Trust:
    """Who signs what in the lab. One for all scenarios of a process."""

    public: Authority
    stranger: Authority
    rds: Authority

    @classmethod
    def make(cls, folder: Path) -> Trust:
        """Make the authorities."""
        found = ("Lab Root CA", "Stranger CA", "Lab RDS Root CA")
        return cls(*(Authority(folder, name) for name in found))

    def variables(self) -> dict[str, str]:
        """Give the variables by which programs learn whom to trust."""
        keys = ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE")
        return dict.fromkeys(keys, str(self.public.bundle))


class Lab:
    """One scenario, from entering the context to leaving it. Inside the sandbox only."""

    network: Network
    cloud: Cloud
    function: Invoking

    def __init__(self, scenario: Scenario, folder: Path, trust: Trust, package: Package) -> None:
        self.scenario = scenario
        self.folder, self._trust, self._package = folder, trust, package
        self._stack = contextlib.ExitStack()
        self._jobs = Jobs(folder)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._build(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def event(self) -> dict[str, Any]:
        """Give the event that asks for the scenario's targets."""
        return event.event(self.scenario, self.cloud.host_names)

    @property
    def control_variables(self) -> dict[str, str]:
        """Give the environment of a user's shell, beside the network, with AWS in it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{API_PORT}",
            "AWS_REGION": self.scenario.region,
            "AWS_ACCESS_KEY_ID": "AKIALAB0000000000000",
            "AWS_SECRET_ACCESS_KEY": "lab",
            "AWS_EC2_METADATA_DISABLED": "true",
            **self._trust.variables(),
        }

    def _build(self, stack: contextlib.ExitStack) -> None:
        account = Account(f"{random.randrange(10**11, 10**12)}", self.scenario.region)
        variables = {
            "POWERTOOLS_SERVICE_NAME": NAME,
            "POWERTOOLS_METRICS_NAMESPACE": "LambdaProbe",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            **self._trust.variables(),
        }
        with ThreadPoolExecutor(1) as pool:
            # The kernel's part runs other programs, the cloud's part is all Python.
            building = pool.submit(kernel.build, self.scenario)
            plan = kernel.plan(self.scenario)
            self.cloud = cloud.create(self.scenario, plan, account, variables)
            self.network = stack.enter_context(building.result())
        stack.enter_context(self._jobs)
        self.function = Invoking(self._jobs, self.network, self.cloud, self._package)
        waits = [*self._resolvers(), *self._hosts(), *self._balancers()]
        self._services(account)
        self._api(account)
        for wait in waits:
            wait()

    # -- DNS ------------------------------------------------------------------------------------

    def _records(self, vpc: str) -> Mapping[str, tuple[str, ...]]:
        identifiers = {name: self.cloud.id("endpoint", name) for name in self.scenario.endpoints}
        hosts = self.cloud.host_names
        return names.view(self.scenario, self.network.plan, hosts, identifiers, vpc)

    def _resolvers(self) -> Iterator[Wait]:
        broken = [fault for fault in self.scenario.faults if fault.at == "resolver"]
        missing = [name for fault in broken for name in fault.names]
        for vpc, place in self.network.resolvers.items():
            addresses = ["169.254.169.253"]
            if vpc:
                addresses.append(str(self.scenario.vpcs[vpc].cidr[2]))
            folder = self.folder / f"resolver-{vpc}"
            folder.mkdir()
            site = Site(self._jobs, place.netns, folder, tuple(addresses))
            kinds = {fault.kind for fault in broken if vpc}
            if (vpc and not self.scenario.vpcs[vpc].dns_support) or "silent" in kinds:
                resolver.faulty(site, answers=False)
            elif "servfail" in kinds:
                resolver.faulty(site, answers=True)
            else:
                yield resolver.dnsmasq(site, self._records(vpc), missing if vpc else ())

    # -- machines -------------------------------------------------------------------------------

    def _hosts(self) -> Iterator[Wait]:
        hosts_file = self.folder / "hosts"
        hosts_file.write_text(names.hosts_file(self.scenario, self.network.plan))
        machines = Machines(
            jobs=self._jobs,
            folder=self.folder,
            public=self._trust.public,
            stranger=self._trust.stranger,
            rds=self._trust.rds,
            hosts_file=hosts_file,
            records=self._records_of_host,
        )
        clients = tuple(self.network.functions.values())
        stopped = {fault.at for fault in self.scenario.faults if fault.kind == "stopped"}
        for host in self.scenario.hosts.values():
            if host.name not in stopped:
                name = self.cloud.host_names[host.name]
                wait = machines.start(host, self.network.hosts[host.name], name, clients)
                if wait:
                    yield wait

    def _records_of_host(self, name: str) -> Mapping[str, tuple[str, ...]]:
        subnet = self.scenario.hosts[name].subnet
        return self._records(self.scenario.subnets[subnet].vpc if subnet else names.OUTSIDE)

    def _balancers(self) -> Iterator[Wait]:
        """Start what stands behind application load balancers; the kernel does the network ones."""
        for balancer in self.scenario.load_balancers.values():
            if balancer.type != "application" or balancer.state != "active":
                continue
            for at, place in enumerate(self.network.load_balancers[balancer.name]):
                for listener in balancer.listeners.values():
                    folder = self.folder / f"{balancer.name}-{at}-{listener.port}"
                    folder.mkdir()
                    site = Site(self._jobs, place.netns, folder, (str(place.address),))
                    targets = [
                        (self.network.hosts[name].address, listener.target_port or host.port)
                        for name in listener.targets
                        for host in (self.scenario.hosts[name],)
                    ]
                    yield proxy(site, listener.port, [f"{a}:{port}" for a, port in targets])

    # -- AWS ------------------------------------------------------------------------------------

    def _front(self, account: Account, unreadable: tuple[str, ...] = ()) -> Front:
        answers = {**amend.answers(account), ("lambda", "Invoke"): self.function.invoke}
        return Front(account.id, unreadable, answers, amend.repairs(account))

    def _api(self, account: Account) -> None:
        """Serve the API that the user's shell reads, as far as the scenario lets it be read."""
        front = self._front(account, self.scenario.unreadable or ())
        listener = self._jobs.listen(self.network.control.netns, "127.0.0.1", API_PORT)
        wsgi.serve(self._jobs, listener, front)

    def _services(self, account: Account) -> None:
        region, front = self.scenario.region, self._front(account)
        hosts = [names.service_host(service, region) for service in self.network.plan.services]
        domains = {f"*.{host.removesuffix('.amazonaws.com')}.vpce.amazonaws.com" for host in hosts}
        certificate = self._trust.public.issue(f"*.{region}.amazonaws.com", *hosts, *domains)
        for found in self.network.services:
            told = self.scenario.services.get(found.service)
            answer = told.answer if told else "healthy"
            endpoint = self.scenario.endpoints.get(found.endpoint or "")
            refusal = None if answer in ("healthy", "down") else answer
            if endpoint and endpoint.policy == "deny":
                refusal = "endpoint-explicitly-denies"
            service = Service(
                name=found.service,
                host=names.service_host(found.service, region),
                front=front,
                role=NAME,
                refusal=refusal,
                down=answer == "down",
            )
            listener = self._jobs.listen(found.place.netns, str(found.place.address), 443)
            wsgi.serve(self._jobs, listener, service, certificate)
