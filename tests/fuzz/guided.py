"""One parser under atheris, which looks for inputs that reach new lines: a process of its own.

`python -m tests.fuzz.guided NAME [libFuzzer's options] [folder of inputs]`
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["probe"]):
    from tests.fuzz import parsers


def main() -> None:
    """Feed one parser for as long as the options say; libFuzzer ends the process."""
    name = sys.argv.pop(1)
    parser = next(one for one in parsers.all_of_them() if one.name == name)
    atheris.Setup(sys.argv, parser.read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
