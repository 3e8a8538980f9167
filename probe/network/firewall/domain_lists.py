"""Domain lists of Network Firewall: what they make of the name that a client says first.

The name stands in the TLS greeting or in the HTTP request, so the connection opens in any case.
An allow list passes what it names, and drops everything else of the protocols that it reads; a deny
list drops, and a reject list resets, what it names. An entry is one name, or with a leading dot the
name and all below it. Only what goes from HOME_NET, by default the VPC of the firewall, to
EXTERNAL_NET, everywhere else, is looked at.
https://docs.aws.amazon.com/network-firewall/latest/developerguide/stateful-rule-groups-domain-names.html
https://docs.aws.amazon.com/network-firewall/latest/developerguide/suricata-examples.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.addresses import is_address
from probe.network.firewall.verdicts import DROP, PASS, REJECT, Verdict

if TYPE_CHECKING:
    from probe.network.firewall.firewall_policies import RuleGroup

# What a client says first over an open connection. None: nobody knows.
TLS, HTTP, NOTHING = "tls", "http", "nothing"
ALLOW = "ALLOWLIST"
_READS = {TLS: "TLS_SNI", HTTP: "HTTP_HOST"}
_SAID = {TLS: "TLS greeting", HTTP: "HTTP request"}
_DOES = {DROP: "dropped", REJECT: "answered with a reset"}
_ON_MATCH = {ALLOW: PASS, "DENYLIST": DROP, "REJECTLIST": REJECT}
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Words:
    """What a client says first, and whom it asks for by it."""

    speaks: str | None
    host: str | None


def verdict(group: RuleGroup, words: Words, *, covered: bool | None) -> Verdict | None:
    """Return what a list does to a connection; None when it has nothing to do with it.

    `covered`: whether the packets go from HOME_NET to EXTERNAL_NET.
    """
    source = fields.mapping(group.source, "RulesSourceList")
    kind = fields.maybe_text(source, "GeneratedRulesType")
    if kind == "ALERTLIST" or covered is False or words.speaks == NOTHING:
        return None
    types = fields.texts(source, "TargetTypes")
    name = f"domain list {group.arn}"
    if covered is None or words.speaks is None or kind not in _ON_MATCH or not types:
        return Verdict(None, name, late=True, facts={"rule_group_arn": group.arn})
    if _READS[words.speaks] not in types:
        return None
    named = _named(words)
    entries = fields.texts(source, "Targets")
    entry = next((one for one in entries if named and matches(one, named)), None)
    if entry is None and kind != ALLOW:
        return None
    action = DROP if entry is None else _ON_MATCH[kind]
    return Verdict(
        action,
        name,
        late=True,
        why=_why(name, words, entries, entry, action),
        facts={
            "rule_group_arn": group.arn,
            "list": kind,
            "host": named,
            "entry": entry,
        },
    )


def matches(entry: str, host: str) -> bool:
    """Whether an entry of a list is about a host."""
    wanted, name = entry.lower().rstrip("."), host.lower().rstrip(".")
    return name == wanted.removeprefix(".") or (wanted[:1] == "." and name.endswith(wanted))


def _named(words: Words) -> str | None:
    """Return whom a client asks for: a TLS greeting names no address.

    https://www.rfc-editor.org/rfc/rfc6066#section-3
    """
    host = words.host or ""
    return None if not host or (words.speaks == TLS and is_address(host)) else host


def _why(name: str, words: Words, entries: tuple[str, ...], entry: str | None, action: str) -> str:
    said = _SAID[words.speaks or ""]
    if action == PASS:
        return f"{name} allows {entry}, so a {said} for {words.host} passes"
    lost = f"the connection opens, and its {said} is {_DOES[action]}"
    if entry is not None:
        return f"{name} denies {entry}, which {words.host} matches: {lost}"
    shown = ", ".join(entries[:_SHOWN])
    more = len(entries) - _SHOWN
    allowed = f"{shown} and {more} more" if more > 0 else shown or "nothing"
    if _named(words) is None:
        return f"{name} allows {allowed}, and a {said} to {words.host} names nobody: {lost}"
    return f"{name} allows {allowed}, and {words.host} matches none of it: {lost}"
