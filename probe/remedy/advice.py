"""Fixes that no change of the network makes: words, and commands where AWS has one.

Nothing here can be checked by walking again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probe.model import Finding
    from probe.network.values import Snapshot
    from probe.remedy.proposal import Proposal

    Advice = Callable[[Finding, Snapshot], Proposal | None]

ADVICE: Mapping[str, Advice] = {}
