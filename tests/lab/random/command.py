"""`python -m tests.lab random`: networks that nobody chose, against the product's walk.

Draws networks, builds each in the kernel, sends real connections for random flows, and compares
with what `lambda-probe path` says of the same network. Exit code 0: no disagreement, 1: one, which
is printed as a scenario file cut down to what it needs.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import yaml

from tests.lab import sandbox
from tests.lab.kernel import flows
from tests.lab.random import draw_more
from tests.lab.random.compare import Answer, Disagreement, compare, questions
from tests.lab.random.draw import draw
from tests.lab.random.shrink import shrink
from tests.lab.reading import ScenarioError
from tests.lab.scenario import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.lab.random.draw import Document

FLOWS = 40


def main(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab random")
    parser.add_argument("--networks", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the first network")
    parser.add_argument("--flows", type=int, default=FLOWS, help="connections in each network")
    options = parser.parse_args(arguments)
    sandbox.enter("tests.lab")
    flows.allow_many_files()
    started, found, answers = time.monotonic(), 0, list[Answer]()
    for seed in range(options.seed, options.seed + options.networks):
        disagreements, said = judge(seed, options.flows)
        answers += said
        found += len(disagreements)
        if disagreements:
            show(seed, disagreements[0])
        if sys.stderr.isatty():
            print(f"\r{seed}: {len(answers)} flows", end="", file=sys.stderr)
    for line in summary(answers):
        print(line)
    print(
        f"{options.networks} networks from seed {options.seed}, {len(answers)} flows,"
        f" {found} disagreements, {time.monotonic() - started:.0f} s"
    )
    return 1 if found else 0


def summary(answers: Sequence[Answer]) -> Iterator[str]:
    """Say how the flows went, what closed them, and through what the open ones passed."""
    words = {"reachable": "open", "unreachable": "closed", "partial": "open to some packets"}
    counted = Counter(words.get(answer.word, "not to be told") for answer in answers)
    yield f"{len(answers)} flows, of which {_counted(counted)}"
    closed = [answer for answer in answers if answer.word in ("unreachable", "partial")]
    alone = Counter(answer.codes[0] for answer in closed if len(answer.codes) == 1)
    yield f"closed by one thing alone: {_counted(alone)}"
    every = Counter(code for answer in closed for code in answer.codes)
    yield f"closed by this among others: {_counted(every - alone)}"
    through = Counter(
        kind for answer in answers if answer.word == "reachable" for kind in answer.ways
    )
    yield f"open through: {_counted(through)}"
    untold = Counter(_kind(answer.why) for answer in answers if answer.word == "undetermined")
    yield from (f"the product cannot tell, {n} times: {why}" for why, n in untold.most_common())


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{number} {word}" for word, number in counter.most_common())


def _kind(why: str) -> str:
    """Strip the names from a reason, so that reasons of one kind are counted together."""
    return re.sub(r"\b(?:[a-z]+-)+[a-z0-9-]+|[0-9.]{7,}", "...", why)


def judge(seed: int, count: int) -> tuple[list[Disagreement], list[Answer]]:
    """Draw one network and compare: disagreements, and all that the product says."""
    scenario = parse(yaml.safe_dump(drawn(seed)), f"seed {seed}")
    return compare(scenario, questions(scenario, random.Random(seed), count))


def drawn(seed: int) -> Document:
    """Draw the network of a seed."""
    dice = random.Random(seed)
    document = draw(dice)
    draw_more.add(dice, document)
    return document


def show(seed: int, disagreement: Disagreement) -> None:
    """Print a disagreement as the smallest scenario that still has it."""
    question = disagreement.question

    def again(document: Document) -> Disagreement | None:
        try:
            found, _ = compare(parse(yaml.safe_dump(document)), [question])
        except (ScenarioError, KeyError):
            return None  # cut too far: not a network any more, or not this question's
        return found[0] if found else None

    def still(document: Document) -> bool:
        return again(document) is not None

    document = shrink(drawn(seed), still)
    last = again(document) or disagreement
    print(f"# seed {seed}: {question.source} -> {question.target}, port {question.port}")
    print(f"# kernel: {last.kernel.word} ({last.kernel.why})")
    print(f"# product: {last.product.word} ({last.product.why})")
    print(yaml.safe_dump(document, sort_keys=False), flush=True)
