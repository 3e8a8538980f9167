"""`python -m tests.lab COMMAND`: the lab's own command line."""

from __future__ import annotations

import importlib
import sys

from tests.lab.sandbox import SandboxError

COMMANDS = {
    "run": "play scenario files and compare with what they expect",
    "random": "compare the product's walk with a kernel, over networks drawn at random",
    "accuracy": "count how often the cause that is named is the right one",
    "demo": "show a broken placement, its diagnosis, and the fix at work",
}


def main() -> int:
    """Run one command; return its exit code."""
    name, *arguments = sys.argv[1:] or [""]
    if name not in COMMANDS:
        told = "\n".join(f"  {word:8} {what}" for word, what in COMMANDS.items())
        print(f"usage: python -m tests.lab COMMAND ...\n{told}", file=sys.stderr)
        return 0 if name in ("-h", "--help") else 2
    try:
        command = importlib.import_module(f"tests.lab.{name}")
        code: int = command.main(arguments)
    except SandboxError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main())
