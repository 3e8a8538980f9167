"""A scenario's network in a real kernel: namespaces, veth pairs, routes and nftables.

`build` is the way in. The rest, from the inside out: `plan` chooses addresses, `spaces` holds the
pieces of a topology, `topology` puts them together part by part, `netns` makes it so.
"""

from tests.lab.kernel.network import Network, Place, ServicePlace, build
from tests.lab.kernel.plan import Eni, Plan, plan

__all__ = ["Eni", "Network", "Place", "Plan", "ServicePlace", "build", "plan"]
