"""What stands in the kernel for a scenario: its network, and everything that runs in it.

Built for one state of the network and taken down as a whole; the AWS account outlives it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.lab.aws import wsgi
from tests.lab.aws.amend.dns import blocked
from tests.lab.aws.services import Service
from tests.lab.cloud.function import NAME
from tests.lab.function.invoking import Invoking
from tests.lab.machines import inspection, names, relay, resolver, talkers
from tests.lab.machines.hosts import Machines
from tests.lab.machines.servers import Site, proxy
from tests.lab.parts import Host
from tests.lab.playing import health
from tests.lab.spawn import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tests.lab.aws.front import Front
    from tests.lab.cloud import Cloud
    from tests.lab.function.package import Package
    from tests.lab.kernel import Network
    from tests.lab.kernel.network import Place
    from tests.lab.machines.trust import Trust
    from tests.lab.parts import ResolverRule

    Wait = Callable[[], None]

# Where SES takes mail: https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html
_MAIL = (25, 465, 587, 2465, 2587)


class Standing:
    """The servers, the resolvers, the AWS services and the function of one network."""

    def __init__(
        self, network: Network, cloud: Cloud, folder: Path, trust: Trust, package: Package
    ) -> None:
        self.network, self.cloud, self.trust = network, cloud, trust
        self.scenario = network.scenario
        self.folder = folder
        self.jobs = Jobs(folder)
        self.function = Invoking(self.jobs, network, cloud, package)

    def close(self) -> None:
        """Take everything down."""
        self.jobs.close()
        self.network.close()

    def start(self, front: Front) -> None:
        """Start everything; `front` is the API behind the AWS services."""
        self._passages()
        waits = [*self._resolvers(), *self._hosts(), *self._balancers()]
        self._services(front)
        for wait in waits:
            wait()
        health.check(self.network, self.cloud.account)

    # -- DNS ------------------------------------------------------------------------------------

    def _records(self, vpc: str) -> Mapping[str, tuple[str, ...]]:
        identifiers = {name: self.cloud.id("endpoint", name) for name in self.scenario.endpoints}
        hosts = self.cloud.host_names
        return names.view(self.scenario, self.network.plan, hosts, identifiers, vpc)

    def _resolvers(self) -> Iterator[Wait]:
        """Start a resolver for each VPC, and one that never fails for those outside."""
        broken = [fault for fault in self.scenario.faults if fault.at == "resolver"]
        known = self.cloud.host_names
        missing = [known.get(name, name) for fault in broken for name in fault.names]
        for vpc, place in self.network.resolvers.items():
            addresses = ["169.254.169.253"]
            if vpc:
                addresses.append(str(self.scenario.vpcs[vpc].cidr[2]))
            site = Site(
                self.jobs, place.netns, self._own_folder(f"resolver-{vpc}"), tuple(addresses)
            )
            kinds = {fault.kind for fault in broken if vpc}
            if (vpc and not self.scenario.vpcs[vpc].dns_support) or "silent" in kinds:
                resolver.faulty(site, answers=False)
            elif "servfail" in kinds:
                resolver.faulty(site, answers=True)
            else:
                forwards = {}
                for at, rule in enumerate(self.scenario.resolver_rules.values(), 1):
                    if rule.vpc == vpc:
                        server = f"127.0.53.{at}"
                        forwards[rule.domain] = server if rule.servers else ""
                        yield from self._asked_by(rule, replace(site, addresses=(server,)))
                yield self._resolver(site, vpc, missing if vpc else (), forwards)

    def _asked_by(self, rule: ResolverRule, site: Site) -> Iterator[Wait]:
        """Start what answers for the servers of a Resolver rule."""
        if not isinstance(rule.answers, str):
            site = replace(site, folder=self._own_folder(f"rule-{rule.name}"))
            yield resolver.dnsmasq(site, {n: (str(a),) for n, a in rule.answers.items()})
        elif rule.servers:
            resolver.faulty(site, answers=rule.answers == "servfail")

    def _resolver(
        self, site: Site, vpc: str, missing: Iterable[str], forwards: Mapping[str, str]
    ) -> Wait:
        """Start the resolver of a VPC, which a DNS firewall may watch over."""
        records, account = self._records(vpc), self.cloud.account
        home = self.cloud.id("vpc", vpc) if vpc else ""
        answers = {name: blocked(account.dns_firewall, home, name) for name in records}
        gone = {name for name, answer in answers.items() if answer == "NXDOMAIN"}
        empty = {name for name, answer in answers.items() if answer == "NODATA"}
        known = {n: a for n, a in records.items() if not names.forwarding(self.scenario, vpc, n)}
        return resolver.dnsmasq(site, known, gone.union(missing), empty, forwards)

    def _own_folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder

    # -- what stands on the way ------------------------------------------------------------------

    def _passages(self) -> None:
        """Start what no rule of the kernel can do: delays, and firewalls that read."""
        relays = self.network.relays
        for fault in self.scenario.faults:
            if fault.kind == "delay":
                held_up = relay.delayed(fault.value)
                relay.relay(self.jobs, relays[f"host {fault.at}"], held_up)
        for firewall in self.scenario.firewalls.values():
            key = f"firewall {firewall.name}"
            if firewall.listens:
                relay.relay(self.jobs, relays[key], relay.listening(firewall.refuses))
            if firewall.inspects:
                place = self.network.firewalls[firewall.name]
                stranger = self.trust.stranger
                inspection.inspect(self.jobs, place.netns, str(place.address), stranger)

    # -- machines -------------------------------------------------------------------------------

    def _hosts(self) -> Iterator[Wait]:
        hosts_file = self.folder / "hosts"
        hosts_file.write_text(names.hosts_file(self.scenario, self.network.plan))
        machines = Machines(
            jobs=self.jobs,
            folder=self.folder,
            trust=self.trust,
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
        for host, place, name in self._providers():
            wait = machines.start(host, place, name, clients)
            if wait:
                yield wait

    def _providers(self) -> Iterator[tuple[Host, Place, str]]:
        """Give what answers at each interface of an endpoint that leads to somebody else's service.

        A provider has a certificate for the name that it chose; one for the endpoint's own name it
        has where it chose none.
        """
        for found in self.network.services:
            endpoint = self.scenario.endpoints.get(found.endpoint or "")
            if endpoint is None or endpoint.provider is None:
                continue
            provider = endpoint.provider
            host = Host(
                name=f"{endpoint.name}-{found.subnet}",
                server=provider.server,
                port=provider.port,
                tls=provider.tls,
                status=provider.status,
            )
            identifier = self.cloud.id("endpoint", endpoint.name)
            own, *_ = names.own_names(self.scenario, endpoint, identifier)
            yield host, found.place, provider.private_dns_name or own

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
                    folder = self._own_folder(f"{balancer.name}-{at}-{listener.port}")
                    site = Site(self.jobs, place.netns, folder, (str(place.address),))
                    ports = {n: self.scenario.hosts[n].port for n in listener.targets}
                    targets = [
                        f"{self.network.hosts[name].address}:{listener.target_port or port}"
                        for name, port in ports.items()
                    ]
                    yield proxy(site, listener.port, targets)

    # -- AWS ------------------------------------------------------------------------------------

    def _services(self, front: Front) -> None:
        """Serve each AWS service wherever it can be reached: outside, and at each endpoint."""
        region = self.scenario.region
        hosts = [names.service_host(service, region) for service in self.network.plan.services]
        domains = {f"*.{host.removesuffix('.amazonaws.com')}.vpce.amazonaws.com" for host in hosts}
        apis = f"*.{names.service_host('execute-api', region)}"
        certificate = self.trust.public.issue(f"*.{region}.amazonaws.com", *hosts, *domains, apis)
        for found in self.network.services:
            told = self.scenario.services.get(found.service)
            answer = told.answer if told else "healthy"
            endpoint = self.scenario.endpoints.get(found.endpoint or "")
            if endpoint and endpoint.provider:
                continue
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
            listener = self.jobs.listen(found.place.netns, str(found.place.address), 443)
            wsgi.serve(self.jobs, listener, service, certificate)
            for port in _MAIL if found.service == "email-smtp" else ():
                listener = self.jobs.listen(found.place.netns, str(found.place.address), port)
                talkers.serve(self.jobs, listener, talkers.tcp)
