"""Every command that the README shows is typed as it stands there, in a folder with such files."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests import readme
from tests.account import serving
from tests.command import ROOT, command
from tests.test_cli_diagnose import REGION, made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE = "\n".join(
    page.read_text("utf-8") for page in (readme.README, readme.ROOT / "docs/python.md")
)
TEXT = re.sub(r"<!-- (\w+) -->.*?<!-- /\1 -->", "", WHOLE, flags=re.DOTALL)
SHOWN = re.findall(r"^\$ (?:\.venv/bin/)?lambda-probe (.*)$", TEXT, re.MULTILINE)
SHOWN += re.findall(r"[`(]lambda-probe ([a-z][^`)]* [^`)]*)[`)]", TEXT)
# Not typed: a word that stands for any, and what invokes a function that is really deployed.
LINES = sorted({line for line in SHOWN if not re.search(r" (CODE\b|--probe )", line)})
FUNCTIONS = sorted(
    set(re.findall(r"(?:diagnose|snapshot|placement) ([a-z][\w-]*)", "\n".join(LINES)))
)
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
# Where the README's ids stand for those of a reader's own account.
IDS = {"subnet-0a1b": "subnet", "subnet-0c2d": "subnet", "sg-0c2d": "group", "sg-0e3f": "group"}


class Reader:
    """Somebody who follows the README, with an account and a folder of their own."""

    def __init__(self, folder: Path, url: str, ids: dict[str, str]) -> None:
        self.folder, self.ids = folder, ids
        self.environment = {"AWS_ENDPOINT_URL": url, "AWS_REGION": REGION}

    def own(self, text: str) -> str:
        """Put in the reader's own ids."""
        for shown, mine in IDS.items():
            text = text.replace(shown, self.ids[mine])
        return text

    def types(self, line: str) -> tuple[int, str, str]:
        """Run one line; the control is left out, because no test leaves this machine."""
        words = shlex.split(self.own(line), comments=True)
        words += ["--no-control"] if words[0] == "diagnose" and "--report" not in words else []
        ran = command(*words, folder=self.folder, **self.environment)
        return ran.returncode, ran.stdout, ran.stderr


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Prepare what the README takes for granted: two functions, and files of those names."""
    folder = tmp_path_factory.mktemp("reader")
    for name in ("events", "template.yaml"):
        (folder / name).symlink_to(ROOT / name)
    report = readme.REPORT.with_suffix(".json").read_text("utf-8")
    for name in ("report", "monday", "tuesday"):
        (folder / f"{name}.json").write_text(report, "utf-8")
    (event,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    (folder / "event.json").write_text(event, "utf-8")
    with serving() as url:
        found = Reader(folder, url, made(url, *FUNCTIONS))
        for name in ("snapshot", "before-snapshot", "after-snapshot"):
            assert found.types(f"snapshot my-function -o {name}.json")[0] == 0
        vpc = {"subnet_ids": [found.ids["subnet"]], "security_group_ids": [found.ids["group"]]}
        change = {"type": "aws_lambda_function", "change": {"after": {"vpc_config": [vpc]}}}
        plan = {"resource_changes": [{"address": "aws_lambda_function.orders", **change}]}
        (folder / "plan.json").write_text(json.dumps(plan), "utf-8")
        yield found


@pytest.mark.parametrize("line", LINES)
def test_what_is_shown_can_be_typed(line: str, reader: Reader) -> None:
    """It ends with an answer: reached, not reached or undetermined, and without a complaint."""
    code, said, complaint = reader.types(line)

    assert code in (0, 1, 3), complaint
    assert complaint == ""
    output = re.search(r" -o (\S+)", line)
    assert said or (output and (reader.folder / output[1]).stat().st_size > 0)


def test_the_python_that_is_shown_runs(reader: Reader) -> None:
    """The ten lines, as they stand, with the reader's own ids."""
    (lines,) = PYTHON
    out = io.StringIO()
    with contextlib.chdir(reader.folder), contextlib.redirect_stdout(out):
        exec(compile(reader.own(lines), "README.md", "exec"), {})

    assert len([line for line in lines.splitlines() if line]) <= 10
    assert "my-function" in out.getvalue()
