"""What every command does at a terminal: read files, print answers, show progress, own up.

The user's mistakes leave as one sentence on stderr and exit code 2. Knows no command.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probe.model import Status, Verdict
from probe.report.pen import FANCY, Pen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

WIDEST = 120  # lines longer than this are hard to read


class Exit(IntEnum):
    """What a command's exit code says."""

    PASS = 0
    FAIL = 1
    USAGE = 2
    UNDETERMINED = 3
    BROKEN = 70  # a mistake in the program itself
    INTERRUPTED = 130

    @classmethod
    def of(cls, outcome: Status | Verdict) -> Exit:
        """Translate a report's status or a path's verdict."""
        if outcome in (Status.PASS, Verdict.REACHABLE):
            return cls.PASS
        return cls.FAIL if outcome in (Status.FAIL, Verdict.UNREACHABLE) else cls.UNDETERMINED


def guard(
    command: Callable[[], Any], *, expected: Callable[[], tuple[type[Exception], ...]]
) -> int:
    """Run the command and turn whatever it ends in into an exit code and at most one sentence."""
    try:
        return int(command() or Exit.PASS)
    except click.Abort:
        return Exit.INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)  # noqa: T201
        return Exit.USAGE
    except click.ClickException as error:
        return complain(error.format_message())
    except BrokenPipeError:
        # Whoever reads our output has seen enough; what is still buffered must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.PASS
    except Exception as error:
        if isinstance(error, expected()):
            return complain(str(error))
        if os.environ.get("LAMBDA_PROBE_DEBUG"):
            raise
        complain(
            f"a mistake in lambda-probe itself, {type(error).__name__}: {error}; "
            "`lambda-probe --debug ...` shows where"
        )
        return Exit.BROKEN


def complain(sentence: str) -> int:
    """Say what was wrong with the user's input."""
    print(f"lambda-probe: {' '.join(sentence.split())}", file=sys.stderr)  # noqa: T201
    return Exit.USAGE


def read_text(name: str) -> str:
    """Read a file, or standard input where the name is "-"."""
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(f"{shown(name)}: is not UTF-8 text") from None
    except OSError as error:
        raise click.ClickException(f"{name}: {error.strerror}") from None


def read_object(name: str) -> Mapping[str, Any]:
    """Read one JSON object from a file or standard input."""
    try:
        document = json.loads(read_text(name))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise click.ClickException(f"{shown(name)}: is not JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise click.ClickException(f"{shown(name)}: is nested too deeply") from None
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else json.dumps(document)[:40]
        raise click.ClickException(f"{shown(name)}: expected a JSON object, not {kind}")
    return document


def shown(name: str) -> str:
    """Name a file in a message."""
    return "standard input" if name == "-" else name


def write(name: str, text: str) -> None:
    """Write a file, or standard output where the name is "-"."""
    if name == "-":
        show(text)
        return
    try:
        Path(name).write_text(text, "utf-8")
    except OSError as error:
        raise click.ClickException(f"{name}: {error.strerror}") from None


def show(text: str) -> None:
    """Print on standard output, in whatever characters it has."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def note(sentence: str) -> None:
    """Tell a person something that is no part of the answer; say nothing to a pipe."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{sentence}\n")


def show_json(document: object, *, lines: bool = False) -> None:
    """Print a document: indented for a person, on one line for a program or as one of many."""
    indent = 2 if sys.stdout.isatty() and not lines else None
    show(json.dumps(document, indent=indent, ensure_ascii=False) + "\n")


def pen(output: str = "-") -> Pen:
    """Find out what standard output can show; colour as https://no-color.org has it."""
    if output != "-":
        return Pen()
    encoding = sys.stdout.encoding or "ascii"
    try:
        "".join(FANCY.values()).encode(encoding)
        fancy = True
    except (UnicodeEncodeError, LookupError):
        fancy = False
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return Pen(
        width=min(shutil.get_terminal_size().columns, WIDEST),
        colour=colour and os.environ.get("TERM") != "dumb",
        fancy=fancy,
    )


@contextmanager
def working(on: str) -> Iterator[Callable[[str], None]]:
    """Tell a person who waits longer than a second what for; say nothing to a pipe.

    What is yielded takes what is being done just now.
    """
    now = [""]
    if not sys.stderr.isatty():
        yield now.append
        return
    done, began = threading.Event(), time.monotonic()

    def tell() -> None:
        while not done.wait(1):
            doing = f": {now[-1]}" if now[-1] else ""
            sys.stderr.write(f"\r{on}{doing} ... {time.monotonic() - began:.0f} s\x1b[K")
            sys.stderr.flush()

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield now.append
    finally:
        done.set()
        teller.join()
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
