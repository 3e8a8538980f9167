"""How text is put on a terminal: width, colour and symbols. Knows nothing of reports."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from dataclasses import dataclass

COLOURS = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34, "cyan": 36}
STATUS_COLOUR = {"pass": "green", "fail": "red", "skipped": "yellow", "undetermined": "yellow"}
FANCY = {
    "pass": "✓", "fail": "✗", "skipped": "○", "undetermined": "?",
    "line": "─", "to": "→", "dot": "·", "bars": "░▒▓█",
}  # fmt: skip
PLAIN = {
    "pass": "+", "fail": "X", "skipped": "-", "undetermined": "?",
    "line": "-", "to": "->", "dot": ",", "bars": ".-=#",
}  # fmt: skip
COMMANDS = ("Cc", "Cf", "Cs")  # control, invisible formatting, half a character
TOGETHER = "\u00a0"  # a space at which no line is broken
# A word of a command line: whatever stands between spaces that are not quoted.
ARGUMENT = re.compile(r"""(?:[^\s"']|"(?:\\.|[^"\\])*"|'[^']*'|["'])+""")


def safe(text: str) -> str:
    """Make visible what would command a terminal: a server's banner is not ours to trust."""
    return "".join(
        char if char == "\n" or unicodedata.category(char) not in COMMANDS else repr(char)[1:-1]
        for char in text
    )


@dataclass(frozen=True, slots=True)
class Pen:
    """A terminal's abilities, and the few marks that are made with them."""

    width: int = 80
    colour: bool = False
    fancy: bool = True  # symbols beyond ASCII

    def sign(self, name: str) -> str:
        """Give the symbol of that name."""
        return (FANCY if self.fancy else PLAIN)[name]

    def paint(self, text: str, *colours: str) -> str:
        """Colour the text, where there is colour."""
        if not (self.colour and text and colours):
            return text
        return f"\x1b[{';'.join(str(COLOURS[colour]) for colour in colours)}m{text}\x1b[0m"

    def marked(self, status: str, line: str, *colours: str) -> str:
        """Colour the line's leading symbol by its status, and the rest as told."""
        sign = self.sign(status)
        rest = line.removeprefix(sign)
        return self.paint(sign, STATUS_COLOUR[status], "bold") + self.paint(rest, *colours)

    def wrap(self, text: str, first: str = "", rest: str | None = None) -> list[str]:
        """Break the text into lines: `first` stands before the first, `rest` before the others."""
        rest = " " * len(first) if rest is None else rest
        lines = textwrap.wrap(
            " ".join(re.split(r"[ \t\n]+", text.strip())),
            max(self.width, 40),
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return [line.replace(TOGETHER, " ") for line in lines] or [first.rstrip()]

    def command(self, text: str, indent: str) -> list[str]:
        """Break a command before its options, so that it can still be copied as it stands."""
        if "\n" in text or len(indent) + len(text) <= self.width:
            return [f"{indent}{line}" for line in text.split("\n")]
        options: list[str] = []
        for word in ARGUMENT.findall(text):
            if options and not word.startswith("--"):
                options[-1] += f" {word}"
            else:
                options.append(word)
        lines = [f"{indent}{''.join(options[:1])}"]
        for left, option in enumerate(options[1:], 2 - len(options)):
            mark = 2 if left else 0  # room for the backslash, unless this is the last
            if len(lines[-1]) + 1 + len(option) + mark > self.width:
                lines[-1] += " \\"
                lines.append(f"{indent}  {option}")
            else:
                lines[-1] += f" {option}"
        return lines

    def fit(self, text: str, width: int) -> str:
        """Pad the text to that width, or take out its middle: both ends of an address matter."""
        if len(text) <= width:
            return text.ljust(width)
        mark = "…" if self.fancy else ".."
        keep = width - len(mark)
        return f"{text[: keep - keep // 2]}{mark}{text[len(text) - keep // 2 :]}"

    def bar(self, parts: list[float], scale: float, width: int) -> str:
        """Draw the parts one after another, each in its own shade; what happened is never empty."""
        sizes = [max(1, round(part / scale * width)) if part > 0 else 0 for part in parts]
        while sum(sizes) > width:
            sizes[sizes.index(max(sizes))] -= 1
        cells = (shade * size for shade, size in zip(self.sign("bars"), sizes, strict=True))
        return "".join(cells).ljust(width)
