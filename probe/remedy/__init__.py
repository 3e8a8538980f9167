"""Fixes: the smallest change that opens a path, as words, as commands, and as data walked again."""

from probe.remedy.again import again
from probe.remedy.mend import mend

__all__ = ["again", "mend"]
