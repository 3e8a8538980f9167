"""Prefix lists: a name for a set of CIDR blocks, AWS's own for a service or one of the customer.

DescribePrefixLists tells the blocks of AWS's lists, GetManagedPrefixListEntries those of any list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from probe.network.addresses import Block
    from probe.network.fields import Entry


def blocks_of(network: Network, prefix_list_id: str) -> tuple[Block, ...]:
    """Return the blocks of a prefix list. NotRead when neither call told them."""
    unread = []
    for name, read in (("ManagedPrefixListEntries", read_entries), ("PrefixLists", read_cidrs)):
        try:
            found = network.maybe(name, prefix_list_id, read)
        except NotRead as missing:
            unread.append(missing)
            continue
        if found is not None:
            return found
    if unread:
        raise unread[0]
    raise NotRead(prefix_list_id, "its entries were not read", "ec2:GetManagedPrefixListEntries")


def name_of(network: Network, prefix_list_id: str) -> str | None:
    """Return the name of a prefix list, "com.amazonaws.eu-west-1.dynamodb"; None when unread."""
    try:
        return network.maybe("PrefixLists", prefix_list_id, _name)
    except NotRead:
        return None


def read_entries(entry: Entry) -> tuple[Block, ...] | None:
    """Read one entry of ManagedPrefixListEntries."""
    return fields.each(entry, "Entries", lambda item: fields.block(item, "Cidr"))


def read_cidrs(entry: Entry) -> tuple[Block, ...] | None:
    """Read one entry of PrefixLists; None when it only names the list."""
    # DescribeManagedPrefixLists names the list and keeps its entries to another call.
    if entry.get("Cidrs") is None:
        return None
    return tuple(
        fields.as_block(text, f"Cidrs[{index}]")
        for index, text in enumerate(fields.texts(entry, "Cidrs"))
    )


def _name(entry: Entry) -> str | None:
    return fields.maybe_text(entry, "PrefixListName")
