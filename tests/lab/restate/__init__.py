"""The way back: from what the AWS API says to a scenario, so that a fix can be built in the kernel.

`restate` reads the account as anybody could, by describe calls, and takes from the old scenario
only what no API knows: which server runs on a machine, what ails it, and what is asked.
"""

from tests.lab.restate.whole import restate

__all__ = ["restate"]
