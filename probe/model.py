"""The values that flow through the program: observed, then concluded, then reported.

Frozen dataclasses and closed sets of words; no logic beyond reading them, no I/O, standard library
only. Times are milliseconds unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Stage(StrEnum):
    """Where on its way a connection stood. Each stage is timed on its own."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    EXCHANGE = "exchange"


class Failure(StrEnum):
    """What was seen when a stage did not succeed. Facts about packets, never a reason why.

    The closed set that causes match on. The README's table is held equal to it by a test.
    """

    TIMEOUT = "timeout"  # no answer, or no whole one, before the stage's time was up
    REFUSED = "refused"  # RST to our SYN: a host answered, nothing listens there
    RESET = "reset"  # RST on an established connection
    CLOSED = "closed"  # the peer ended the connection before it answered
    UNREACHABLE = "unreachable"  # our own kernel or an ICMP message said there is no way
    NAME_NOT_FOUND = "name_not_found"  # NXDOMAIN
    NO_ADDRESS = "no_address"  # the name exists and has no address of a usable family
    NO_ANSWER = "no_answer"  # no resolver answered
    SERVER_FAILURE = (
        "server_failure"  # a resolver answered that it could not answer (SERVFAIL, REFUSED)
    )
    TLS_UNTRUSTED = "tls_untrusted"  # the chain ends at an authority that is not trusted here
    TLS_WRONG_HOST = "tls_wrong_host"
    TLS_EXPIRED = "tls_expired"  # or not yet valid
    TLS_FAILED = "tls_failed"  # the handshake ended in an alert
    NOT_TLS = "not_tls"  # bytes came that are no TLS record
    HTTP_STATUS = "http_status"  # an HTTP answer whose status was not accepted
    ACCESS_DENIED = "access_denied"  # an AWS answer: reached, and not allowed
    SERVICE_ERROR = "service_error"  # an AWS answer: reached, and another error
    SERVER_BUSY = "server_busy"  # a database or cache that is out of connections, or still loading
    CLIENT_BLOCKED = "client_blocked"  # a database that refuses this client's address
    UNEXPECTED_ANSWER = "unexpected_answer"  # bytes came that are not the protocol expected
    FORBIDDEN_TARGET = (
        "forbidden_target"  # refused by us: this machine, link-local, metadata, not allow-listed
    )
    NOT_ATTEMPTED = "not_attempted"  # the deadline came first
    UNCLASSIFIED = "unclassified"  # anything else; the detail carries the exception's words


class Status(StrEnum):
    """Outcome of one observation, and of a whole report (a report is never `skipped`)."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    SKIPPED = "skipped"  # not attempted, or its family does not exist on this machine
    UNDETERMINED = "undetermined"


class Verdict(StrEnum):
    """What the configuration says of a path."""

    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"
    UNDETERMINED = "undetermined"


class Direction(StrEnum):
    """Of a hop: towards the target, or of the answer on its way back."""

    FORWARD = "forward"
    RETURN = "return"


class Confidence(StrEnum):
    """PROVEN: read, walked and blocked there, and it explains the packets. POSSIBLE: it fits."""

    PROVEN = "proven"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that could not be read. Never the same as absent."""

    reason: str  # AWS error code or one clause, e.g. "AccessDenied"
    needs: str | None = (
        None  # the permission or input that would settle it: "ec2:DescribeRouteTables"
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One stage that was entered, and how long it took, also when it failed."""

    stage: Stage
    ms: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One connection to one resolved address: the unit of observation."""

    address: str | None  # None when the name did not resolve
    status: Status
    stage: Stage  # the last stage entered
    failure: Failure | None = None
    steps: tuple[Step, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)  # JSON-ready facts


@dataclass(frozen=True, slots=True)
class Observation:
    """What one check saw of one target. States facts; the reasons are a Finding's business."""

    check: str  # "http"
    target: str  # as shown to people, without user info or query: "https://api.example.com/"
    status: Status
    stage: Stage | None = None  # where it failed, or the last stage passed; None when skipped
    failure: Failure | None = None
    address: str | None = None  # of the attempt that decided
    port: int | None = None
    host: str | None = None  # the name or literal that was asked for
    steps: tuple[Step, ...] = ()  # of the attempt that decided
    attempts: tuple[Attempt, ...] = ()  # every address and every repetition, in order
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name of the observation in `Finding.explains`: "http https://api.example.com/"."""
        return f"{self.check} {self.target}"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the function stands in the network. A field is the value, or Unknown, never a guess."""

    function: str | Unknown
    region: str | Unknown
    in_vpc: bool | Unknown
    vpc_id: str | Unknown | None = None  # None: not in a VPC
    subnet_ids: tuple[str, ...] | Unknown = ()
    security_group_ids: tuple[str, ...] | Unknown = ()
    az_id: str | Unknown | None = None  # from the Lambda metadata endpoint
    subnet_id: str | Unknown | None = None  # the one this environment uses, where the zone tells


@dataclass(frozen=True, slots=True)
class Hop:
    """One decision on the way of a packet."""

    direction: Direction
    component: str  # an AWS id, or a plain word where AWS gives none ("internet")
    kind: str  # "security-group", "network-acl", "route-table", "nat-gateway", ...
    action: str  # allow | deny | route | translate | unknown
    why: str  # the rule that decided, in one clause with its numbers


@dataclass(frozen=True, slots=True)
class Blocker:
    """A place where a path is closed. `code` is the code of the cause in the catalogue."""

    code: str
    component: str
    direction: Direction
    ra_code: str | None = None  # Reachability Analyzer's explanation code, where it has one
    why: str = ""
    # True when only some packets are lost here: some source ports, some addresses, some zones.
    partial: bool = False
    # The ids and numbers that a sentence or a fix needs: subnet_id, route_table_id, cidr, port, ...
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def supposing(self) -> str | None:
        """What has to be so for packets to come here at all, where that was not read."""
        return self.facts.get("supposing")

    @property
    def opens(self) -> bool:
        """Whether connections open here, and what is said over them is lost."""
        return bool(self.facts.get("opens"))


@dataclass(frozen=True, slots=True)
class Undetermined:
    """Something that could not be decided, and what would settle it."""

    what: str  # "route tables"
    reason: str  # "AccessDenied"
    needs: str | None = None  # "ec2:DescribeRouteTables"


@dataclass(frozen=True, slots=True)
class Path:
    """One walk through the configuration, from one subnet to one address and port."""

    verdict: Verdict
    hops: tuple[Hop, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    undetermined: tuple[Undetermined, ...] = ()
    subnet_id: str | None = None  # where it starts
    target: str | None = None  # label of the observation it belongs to, if any
    destination: str | None = None  # "10.0.2.10:5432"
    assumptions: tuple[str, ...] = ()  # what the walk had to take for granted, or cannot see


@dataclass(frozen=True, slots=True)
class Part:
    """One component of the network, with what a picture of it shows."""

    id: str
    kind: str  # "vpc", "subnet", "route-table", "nat-gateway", ... as in Hop
    name: str | None = None  # its Name tag, or a security group's own name
    inside: str | None = None  # the subnet or VPC that it lies in
    facts: Mapping[str, Any] = field(default_factory=dict)  # ranges, zone, routes, state, ...


@dataclass(frozen=True, slots=True)
class Fix:
    """The smallest change that opens the path."""

    text: str
    cli: tuple[str, ...] = ()
    cloudformation: str | None = None  # YAML fragment
    checked: bool = False  # applied to the snapshot and walked again: the path opens
    # Code and component of the findings whose fixes it takes besides this one; none: it does alone.
    together_with: tuple[str, ...] = ()
    cost: str | None = None  # what it costs and what else it opens
    alternatives: tuple[Fix, ...] = ()

    @property
    def promise(self) -> str:
        """What checking it showed, as a sentence; empty where it was not checked."""
        if not self.checked:
            return ""
        if not self.together_with:
            return "Checked: with this change the path opens."
        fixes = "fix" if len(self.together_with) == 1 else "fixes"
        names = " and ".join(self.together_with)
        return f"Checked: together with the {fixes} of {names}, this change opens the path."


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause, named: what happened, why, what to do."""

    code: str
    confidence: Confidence
    component: str | None
    title: str
    because: tuple[str, ...]
    explains: tuple[str, ...]  # labels of the observations it accounts for
    fix: Fix | None = None
    ra_code: str | None = None
    direction: Direction | None = None
    confirm: str | None = None  # for a possible cause: the one command that would settle it
    # Codes of causes that look the same in packets; `confirm` tells them apart.
    same_symptom: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a diagnosis may look at. Built by observing; read by causes; changed by nobody."""

    placement: Placement
    observations: tuple[Observation, ...] = ()
    paths: tuple[Path, ...] = ()
    # The same public checks from outside the VPC; None when no control was run.
    control: tuple[Observation, ...] | None = None
    # lambda:GetFunctionConfiguration without Environment; Unknown when it could not be read.
    function: Mapping[str, Any] | Unknown = field(default_factory=lambda: Unknown("not read"))
    # Facts beside the packet way that causes need: DNS attributes, role policies, metrics...
    # keyed by the snapshot's list names; a key that is missing was not read.
    facts: Mapping[str, Any] = field(default_factory=dict)
    # Reading that failed, as the collector met it.
    unread: tuple[Undetermined, ...] = ()


@dataclass(frozen=True, slots=True)
class SubnetVerdict:
    """What was seen from one of several subnets; those of one zone cannot be told apart."""

    subnet_ids: tuple[str, ...]
    az_id: str
    status: Status | Unknown  # Unknown: no environment of the probe was met there
    findings: tuple[str, ...] = ()  # codes of what is proven of its own failures
    observations: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer. `probe.report.json` gives its fixed JSON form."""

    id: str
    started_at: str  # ISO 8601, UTC, "Z"
    duration_ms: float
    status: Status
    placement: Placement
    observations: tuple[Observation, ...] = ()
    findings: tuple[Finding, ...] = ()
    undetermined: tuple[Undetermined, ...] = ()
    control: tuple[Observation, ...] | None = None
    paths: tuple[Path, ...] = ()
    # What a picture shows of the VPCs that the paths lead through, as far as it was read.
    network: tuple[Part, ...] = ()
    # One verdict for each zone of a function that stands in several subnets, if they were swept.
    # The observations above are then those of the zone in which most failed.
    subnets: tuple[SubnetVerdict, ...] = ()
    # The probe that sent the packets, where it stood in for the function that was asked about.
    sent_by: str | None = None
    # One clear sentence when the event was bad or the function could not be asked at all.
    error: str | None = None
