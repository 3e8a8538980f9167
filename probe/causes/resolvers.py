"""Causes at resolvers that are reached: one that cannot tell, is silent, or drops some questions.

Records, and the rules for what no walk can see. Nothing was sent to any target then, so each is a
matter of the resolver however many names it is about.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from probe.causes.cause import NO_RESOLVER, RESOLVER_ERROR, Cause, Match, Proof

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.causes.seen import Seen
    from probe.model import Observation

AMAZON = "AmazonProvidedDNS"  # as DHCP options call it
RULE = "resolver-rule"  # the kind of hop
_GUIDE = "https://docs.aws.amazon.com/vpc/latest/userguide"
_ROUTE53 = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide"
_CONCURRENT = (
    "aws cloudwatch get-metric-statistics --namespace AWS/Lambda"
    " --metric-name ConcurrentExecutions --statistics Maximum --period 60"
    " --start-time $(date -u -d '1 hour ago' +%FT%TZ) --end-time $(date -u +%FT%TZ)"
    " --dimensions Name=FunctionName,Value={function}"
)


def quota_used_up(seen: Seen) -> Iterator[Match]:
    """Find names that some attempts resolved and others did not, and names unlike others."""
    for o in seen.observations:
        lost, tried = seen.tally(o, NO_RESOLVER | RESOLVER_ERROR)
        if 0 < lost < tried:
            sentence = f"{o.label}: the name did not resolve in {lost} of {tried} attempts."
            yield Match((o.label,), Proof.FIT, None, (sentence,))
    silent = tuple(o.label for o in seen.failing if seen.symptom(o) in NO_RESOLVER)
    if silent and seen.names_work:
        sentence = f"No answer for {', '.join(silent[:3])}, while other names were resolved."
        yield Match(silent, Proof.FIT, None, (sentence,), weight=0.9)


def amazons_silent(seen: Seen) -> Iterator[Match]:
    """Find names of which the Amazon resolver says nothing, with nothing on the way to it closed.

    One matter for all of them: the resolver, and no target.
    """
    if seen.in_vpc is False or seen.names_work:
        return
    unheard = [
        o.label
        for o in seen.failing
        if _is_unheard(seen, o)
        and not (seen.resolvers(o) or seen.hops(o, RULE))
        and (seen.is_open(o.label) or seen.lacks_an_address_alone(o.label))
    ]
    if unheard:
        alike = ("resolver-quota-exceeded",)
        yield Match(tuple(unheard), Proof.PACKETS, AMAZON, same_symptom=alike)


def _is_unheard(seen: Seen, o: Observation) -> bool:
    lost, tried = seen.tally(o, NO_RESOLVER)
    return seen.symptom(o) in NO_RESOLVER and lost == tried


def cannot_answer(seen: Seen) -> Iterator[Match]:
    """Find names of which a resolver said that it could not find out: all one matter."""
    erred = [o for o in seen.failing if _erred_always(seen, o)]
    if erred:
        labels = tuple(o.label for o in erred)
        beside = tuple(dict.fromkeys(words for o in erred for words in seen.beside(o)))
        yield Match(labels, Proof.PACKETS, _shared({o.host or "" for o in erred}), beside)


def forwarded_in_vain(seen: Seen) -> Iterator[Match]:
    """Find names that a Resolver rule has asked of other servers, and that got no good answer.

    Where a name that nobody forwards fared no better, it may be the resolver itself.
    """
    unanswered = [o for o in seen.failing if _erred_always(seen, o) or _is_unheard(seen, o)]
    by_rule: dict[str, list[Observation]] = {}
    for o in unanswered:
        for rule_id in seen.hops(o, RULE)[:1]:
            by_rule.setdefault(rule_id, []).append(o)
    alone = len(unanswered) == sum(map(len, by_rule.values()))
    for rule_id, asked in by_rule.items():
        proof = Proof.PACKETS if alone else Proof.FIT
        words = tuple(dict.fromkeys(why for o in asked for why in forwarding(seen, o)))
        yield Match(tuple(o.label for o in asked), proof, rule_id, words, weight=0.9)


def forwarding(seen: Seen, o: Observation) -> tuple[str, ...]:
    """Say which Resolver rule has a name asked elsewhere, and where."""
    hops = [hop for path in seen.own_paths(o.label) for hop in path.hops if hop.kind == RULE]
    return tuple(dict.fromkeys(f"{hop.component}: {hop.why}." for hop in hops))


def _erred_always(seen: Seen, o: Observation) -> bool:
    failed, tried = seen.tally(o, RESOLVER_ERROR)
    return failed == tried > 0


def _shared(hosts: set[str]) -> str:
    """Return the one name, or the domain that all are in; the resolver where they share none."""
    from_the_root = zip(*(reversed(host.split(".")) for host in hosts), strict=False)
    shared = [labels[0] for labels in takewhile(lambda at: len(set(at)) == 1, from_the_root)]
    return ".".join(reversed(shared)) if len(shared) > 1 else AMAZON


CAUSES = (
    Cause(
        code="resolver-rule-fails",
        layer="dns",
        title="A Resolver rule has the name asked of DNS servers that give no good answer",
        happens="The Amazon resolver forwards questions for this name to servers of one's own, and"
        " gets an error from them or nothing; nothing was sent to the target.",
        reason="A forwarding rule takes a domain out of what the Amazon resolver answers itself."
        " Its outbound endpoint asks the servers that it names, by the routes, groups and firewalls"
        " on the way to them; the resolver then says SERVFAIL, or nothing in time.",
        remedy="Look at those servers: whether they run and know the name, whether they and the"
        " firewalls before them admit the outbound endpoint's addresses on port 53 over UDP and"
        " TCP, and whether its subnets and group let it get there. What AWS should answer itself,"
        " such as amazonaws.com, gets a system rule of its own.",
        source=f"{_ROUTE53}/resolver-forwarding-outbound-queries.html",
        symptoms=NO_RESOLVER | RESOLVER_ERROR,
        family="resolver",
        needs=("route53resolver:ListResolverRuleAssociations",),
        confirm="aws route53resolver list-resolver-rule-associations"
        " --filters Name=VPCId,Values={vpc_id}",
        rule=forwarded_in_vain,
    ),
    Cause(
        code="resolver-cannot-answer",
        layer="dns",
        title="The resolver answers that it could not find out the name's address",
        happens="The resolver was reached and answered with an error (SERVFAIL or REFUSED) instead"
        " of an address; nothing was sent to the target.",
        reason="A resolver says so when it gets no good answer itself: a Resolver rule forwards the"
        " name to DNS servers that are silent, or the servers or signatures of its zone fail.",
        remedy="Look at the Resolver rules that are associated with the VPC and at the servers they"
        " name; without a rule for this name, at the zone's own servers.",
        source=f"{_ROUTE53}/resolver-forwarding-outbound-queries.html",
        symptoms=RESOLVER_ERROR,
        confirm="aws route53resolver list-resolver-rule-associations"
        " --filters Name=VPCId,Values={vpc_id}",
        rule=cannot_answer,
        restates=True,
    ),
    Cause(
        code="resolver-silent",
        layer="dns",
        title="The Amazon resolver gives no answer, and nothing that was read keeps it from it",
        happens="No question for a name is answered, although DNS support is on and no server of"
        " one's own is asked; nothing was sent to any target.",
        reason="No group and no network ACL stops questions to the Amazon resolver. It drops what a"
        " network interface asks beyond 1,024 packets a second, and all functions with the same"
        " subnets and groups share their interfaces.",
        remedy="Look at how often the functions on these interfaces ask: connections that are kept,"
        " and answers that are cached, ask once. Then at what was changed in the last minutes:"
        " enableDnsSupport, and the DHCP options.",
        source=f"{_GUIDE}/AmazonDNS-concepts.html",
        symptoms=NO_RESOLVER,
        confirm=_CONCURRENT,
        rule=amazons_silent,
        restates=True,
    ),
    Cause(
        code="resolver-quota-exceeded",
        layer="dns",
        title="Names resolve only sometimes: the resolver drops part of the questions",
        happens="The same name resolves in one attempt and not in the next, mostly under load.",
        reason="Each network interface may ask the Amazon resolver 1,024 times a second, and all"
        " functions with the same subnets and groups share their interfaces.",
        remedy="Cache answers in the function, or spread the load over more interfaces.",
        source=f"{_GUIDE}/AmazonDNS-concepts.html",
        symptoms=NO_RESOLVER | RESOLVER_ERROR,
        family="dns-load",
        confirm=_CONCURRENT,
        rule=quota_used_up,
    ),
)
