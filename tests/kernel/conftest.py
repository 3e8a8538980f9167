"""Tests of the emulated network share a program that builds networks, one for each file."""

from tests.kernel.emulated import lab

__all__ = ["lab"]
