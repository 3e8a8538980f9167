"""Networks that nobody chose, judged twice: by a kernel, and by the product's walk."""

from tests.lab.random.command import main

__all__ = ["main"]
