"""What the checks between the parts of a scenario have in common."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tests.lab.reading import Node, ScenarioError

if TYPE_CHECKING:
    from tests.lab.scenario import Scenario


class Checks:
    """Some checks of one scenario, and how they complain."""

    def __init__(self, root: Node, scenario: Scenario) -> None:
        self.root = root
        self.s = scenario

    def bad(self, path: str, value: object, accepted: str) -> ScenarioError:
        """Say what is wrong at a place in the file."""
        return Node(self.root.file, path, value).bad(accepted)

    def same_vpc(self, at: str, name: str, its: str, wanted: str) -> None:
        """Hold that a thing belongs to the VPC that it is used in."""
        if its != wanted:
            raise self.bad(at, name, f"one of VPC {wanted}, and this one belongs to VPC {its}")


def is_address(text: str) -> bool:
    """Tell whether a text is an address of either family."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
