"""A scenario in AWS's own words: what the describe calls would answer, without any API between."""

from tests.lab.describe.whole import describe

__all__ = ["describe"]
