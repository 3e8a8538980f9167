"""The command line: what goes in, what comes out where, and with which exit code."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from probe import __version__
from probe.causes import CATALOGUE
from probe.report import schemas
from tests.command import ROOT, command, refused, shell
from tests.report.validation import assert_report

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).parent / "report" / "cases"
BAD_EVENT = CASES / "the-event-was-bad.json"


def test_help_names_every_command_and_the_exit_codes() -> None:
    """--help is an answer: exit code 0, on stdout."""
    ran = command("--help")

    assert ran.returncode == 0
    assert (
        "Exit codes: 0 reached, 1 not reached, 2 bad usage or input, 3 undetermined." in ran.stdout
    )
    assert {"explain", "run", "schema", "show"} <= set(ran.stdout.split())


def test_no_command_at_all_is_bad_usage_with_help() -> None:
    """Who types only the name is told what can follow."""
    ran = command()

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Usage: lambda-probe")


def test_version() -> None:
    """--version gives the package's."""
    ran = command("--version")

    assert ran.stdout == f"lambda-probe, version {__version__}\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("shw",), "No such command 'shw'. Did you mean 'show'?"),
        (("schema", "reprot"), "'reprot' is not one of 'event', 'report'."),
        (("show",), "Missing argument 'REPORT.json'."),
        (("show", "no-such.json"), "no-such.json: No such file or directory"),
        (("show", str(CASES)), f"{CASES}: Is a directory"),
        (("show", "README.md"), "README.md: is not JSON"),
        (
            ("show", "-", "--format", "xml"),
            "'xml' is not one of 'text', 'json', 'html', 'svg', 'junit', 'sarif', 'github'.",
        ),
        (("explain", "no-route-to-internets"), "did you mean no-route-to-internet"),
        (("explain", "weather"), "`lambda-probe explain` lists all codes"),
    ],
)
def test_bad_usage_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    """It names what was wrong and what is accepted, on stderr, with exit code 2."""
    assert sentence in refused(command(*words))


def event(*targets: dict[str, Any], **more: Any) -> str:
    """Give an event as text."""
    return json.dumps({"targets": targets, "timeout_s": 0.5, **more})


@pytest.fixture
def listener() -> Iterator[int]:
    """Accept connections on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    """Find a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_run_reports_what_is_reached(listener: int) -> None:
    """A pipe gets one line of JSON that is a report; exit code 0 says that all passed."""
    target = {"check": "tcp", "host": "127.0.0.1", "port": listener}
    ran = command("run", "-", "--allow-loopback", stdin=event(target))

    assert (ran.returncode, ran.stderr) == (0, "")
    (line,) = ran.stdout.splitlines()
    assert_report(json.loads(line))
    assert json.loads(line)["observations"][0]["stage"] == "connect"


def test_run_fails_with_what_is_refused(listener: int, closed: int) -> None:
    """One refusal among two targets is exit code 1, and only what the far end said is concluded."""
    targets = [{"check": "tcp", "host": "127.0.0.1", "port": port} for port in (listener, closed)]
    ran = command("run", "-", "--allow-loopback", stdin=event(*targets))
    report = json.loads(ran.stdout)

    assert ran.returncode == 1
    assert [seen["status"] for seen in report["observations"]] == ["pass", "fail"]
    assert report["observations"][1]["failure"] == "refused"
    # A machine that is no function has no placement that could be at fault.
    layers = {CATALOGUE[finding["code"]].layer for finding in report["findings"]}
    assert layers <= {"target", "identity"}


def test_run_reads_an_event_file_and_writes_text(tmp_path: Path, listener: int) -> None:
    """Text begins with the answer."""
    file = tmp_path / "event.json"
    file.write_text(event({"check": "tcp", "host": "127.0.0.1", "port": listener}), "utf-8")
    ran = command("run", str(file), "--allow-loopback", "--format", "text")

    assert ran.stdout.startswith(f"✓ This machine reaches tcp 127.0.0.1:{listener}.\n")


def test_run_without_an_event_takes_the_targets_of_the_environment(listener: int) -> None:
    """PROBE_TARGETS is what a deployed probe has, and works here as well."""
    targets = json.dumps([{"check": "tcp", "host": "127.0.0.1", "port": listener}])
    ran = command("run", "--allow-loopback", PROBE_TARGETS=targets)

    assert ran.returncode == 0


def test_this_machine_is_no_target_unless_it_is_meant(listener: int) -> None:
    """Without --allow-loopback the probe is no way into the machine that it runs on."""
    target = {"check": "tcp", "host": "127.0.0.1", "port": listener}
    ran = command("run", "-", stdin=event(target))

    assert ran.returncode == 1
    assert json.loads(ran.stdout)["observations"][0]["failure"] == "forbidden_target"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (event({"check": "htpt", "url": "https://x.example"}), ("targets[0].check", "dynamodb")),
        (event({"check": "tcp", "port": 1}), ("targets[0].host", "missing")),
        (event({"check": "tcp", "host": "h", "port": 99999}), ("targets[0].port", "65535")),
        (event({"check": "tcp", "host": "h", "port": 1, "prot": 2}), ("targets[0].prot", "port")),
        (event(), ("targets", "at least one target")),
        ("{}", ("PROBE_TARGETS",)),
        ("{", ("standard input: is not JSON",)),
        ("[1]", ("standard input: expected a JSON object, not a list",)),
    ],
)
def test_a_bad_event_is_one_sentence(text: str, words: tuple[str, ...]) -> None:
    """It names the key and what is accepted; nothing is sent."""
    sentence = refused(command("run", "-", stdin=text))

    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{"schema": "1"',
            "standard input: is not JSON: Expecting ',' delimiter at line 1 column 15",
        ),
        ("[]", "standard input: expected a JSON object, not a list"),
        ("7", "standard input: expected a JSON object, not 7"),
        ("{}", 'standard input: not a report: it has no "schema" key'),
        ('{"schema": "1"}', "standard input.id: missing"),
        ("[" * 100_000, "standard input: is nested too deeply"),
    ],
)
def test_a_file_that_is_no_report_is_refused(text: str, sentence: str) -> None:
    """What cannot be shown is named, with its place."""
    assert sentence in refused(command("show", "-", stdin=text))


@pytest.mark.parametrize("name", schemas.NAMES)
def test_schema_prints_what_ships(name: str) -> None:
    """The printed schema is the one of the package."""
    assert json.loads(command("schema", name).stdout) == schemas.load(name)


@pytest.mark.parametrize("case", sorted(CASES.glob("*.json")), ids=lambda case: case.stem)
def test_show_draws_a_saved_report(case: Path) -> None:
    """The text is the one that the report gave when it was made, whatever its status."""
    ran = command("show", str(case), PYTHONIOENCODING="utf-8", COLUMNS="80")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == case.with_suffix(".txt").read_text("utf-8")


def test_show_as_json_is_the_document() -> None:
    """A saved report can be passed on as it is."""
    ran = command("show", str(BAD_EVENT), "--format", "json")

    assert json.loads(ran.stdout) == json.loads(BAD_EVENT.read_text("utf-8"))


def test_an_ascii_terminal_is_not_broken() -> None:
    """Where the output knows ASCII only, ASCII is what it gets."""
    ran = shell(f"$PROBE show {CASES}/everything-is-reached.json", PYTHONIOENCODING="ascii")

    assert ran.stdout.startswith("+ probe reaches all 4 targets.")
    assert ran.stdout.isascii()


def at_a_terminal(*words: str, **environment: str) -> str:
    """Run a command with a terminal as its stdout; give what it drew."""
    ours, theirs = pty.openpty()
    ran = subprocess.Popen(
        [sys.executable, "-m", "probe.cli", *words],
        stdout=theirs,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment},
    )
    os.close(theirs)
    drawn = b""
    # The kernel ends a terminal nobody holds with EIO.
    while chunk := _read(ours):
        drawn += chunk
    ran.wait(60)
    os.close(ours)
    return drawn.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_a_terminal_gets_colour_and_no_color_is_honoured() -> None:
    """Colour is for terminals, and NO_COLOR takes it away, as https://no-color.org has it."""
    coloured = at_a_terminal("show", str(BAD_EVENT))
    plain = at_a_terminal("show", str(BAD_EVENT), NO_COLOR="1")

    assert "\x1b[" in coloured
    assert plain == BAD_EVENT.with_suffix(".txt").read_text("utf-8")
    assert "\x1b[" not in at_a_terminal("show", str(BAD_EVENT), TERM="dumb")


@pytest.mark.parametrize("code", ["public-subnet-no-public-ip", "nacl-blocks-return"])
def test_explain_tells_a_cause(code: str) -> None:
    """Title, what happens, why, what to do, and AWS's own page."""
    cause = CATALOGUE[code]
    ran = command("explain", code)
    words = " ".join(ran.stdout.split())

    assert ran.returncode == 0
    for part in (code, cause.title, cause.happens, cause.reason, cause.remedy, cause.source):
        assert part in words


def test_explain_without_a_code_lists_all() -> None:
    """Every code of the catalogue is there, also as JSON."""
    codes = command("explain").stdout.split()
    records: list[dict[str, Any]] = json.loads(command("explain", "--format", "json").stdout)

    assert set(CATALOGUE) <= set(codes)
    assert [record["code"] for record in records] == list(CATALOGUE)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """`lambda-probe ... | head -1` ends without a word."""
    assert shell("$PROBE explain | head -1") == (0, "PLACEMENT\n", "")


def test_the_package_runs_as_a_module_and_takes_standard_input() -> None:
    """A process of its own, a pipe in, a pipe out, an exit code."""
    ran = shell("echo '{}' | $PROBE show -")

    assert refused(ran) == 'standard input: not a report: it has no "schema" key'


MISTAKE = """
import sys
from probe import cli
from probe.commands import console
def broken(*_):
    raise KeyError("oops")
console.read_object = broken
sys.argv = ["lambda-probe", *sys.argv[1:]]
cli.main()
"""


def test_a_mistake_of_ours_is_owned_up_to() -> None:
    """It is one sentence and its own exit code, and --debug shows where it happened."""
    run = [sys.executable, "-c", MISTAKE]
    quiet = subprocess.run([*run, "show", "x"], capture_output=True, text=True, check=False)
    debug = subprocess.run(
        [*run, "--debug", "show", "x"], capture_output=True, text=True, check=False
    )

    assert quiet.returncode == 70
    assert "a mistake in lambda-probe itself, KeyError: 'oops'" in quiet.stderr
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in debug.stderr


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_is_the_shells_own_script(name: str) -> None:
    """It names the program and the variable by which the program is asked."""
    script = command("completion", name).stdout

    assert "lambda-probe" in script
    assert "_LAMBDA_PROBE_COMPLETE" in script


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("lambda-probe expl", {"explain"}),
        ("lambda-probe explain blackhole", {"blackhole-route"}),
        ("lambda-probe show --format s", {"svg", "sarif"}),
        ("lambda-probe preflight --temp", {"--template"}),
    ],
)
def test_a_shell_is_offered_what_fits(line: str, offered: set[str]) -> None:
    """Commands, codes of causes, values and options."""
    words = line.split()
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    ran = shell("$PROBE", _LAMBDA_PROBE_COMPLETE="bash_complete", **asked)

    assert {answer.partition(",")[2] for answer in ran.stdout.splitlines()} == offered
