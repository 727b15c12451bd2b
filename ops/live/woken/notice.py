"""One alert on its way to a person: what happened, how grave it is, and which words of it are sizes of the account."""

import re
from datetime import datetime
from typing import NamedTuple

from agents.outages.alert import Severity
from ops.live.woken.catalogue import BY_CODE, NOTHING

GRAVITY: dict[Severity, int] = {"info": 0, "warning": 1, "critical": 2}
HIDDEN = "•••"
"""What stands in place of a size of the account."""
_LONGEST = 1500
_PINGS = ("@everyone", "@here", "@channel", "<!", "<@")
"""Words that call other people in a chat."""


class Notice(NamedTuple):
    """An alert. `severity` is how grave it is here; an end has that of its beginning, so that it goes where that went."""

    code: str
    at_utc: datetime
    text: str
    severity: Severity
    key: str = ""
    """What it is about: an order, a market; the same alert about the same thing is told once."""
    is_over: bool = False
    """Whether it says that something has ended."""
    amounts: tuple[str, ...] = ()
    """The parts of the text that are sizes of the account."""

    @property
    def title(self) -> str:
        """Its first line."""
        return f"{'OVER' if self.is_over else self.severity.upper()} {self.code}"

    def body(self, *, shows_amounts: bool) -> str:
        """What happened, when, and what to do, as plain text of bounded length."""
        text = self.text
        if not shows_amounts:
            for amount in sorted(filter(None, self.amounts), key=len, reverse=True):
                text = re.sub(rf"(?<![\w.,]){re.escape(amount)}(?![\d%])", HIDDEN, text)
        lines = [f"{self.at_utc:%Y-%m-%d %H:%M:%S} UTC: {plain(text)}"]
        if not self.is_over and BY_CODE[self.code].do != NOTHING:
            lines.append(f"Do: {BY_CODE[self.code].do} (docs/runbook.md#{self.code})")
        return "\n".join(lines)


def notice(
    code: str,
    at_utc: datetime,
    text: str,
    *,
    severity: Severity | None = None,
    key: str = "",
    is_over: bool = False,
    amounts: tuple[object, ...] = (),
) -> Notice:
    """An alert of the catalogue, as grave as its row says, or as `severity`. Raises KeyError for a code without a row."""
    return Notice(code, at_utc, text, severity or BY_CODE[code].severity, key, is_over, tuple(map(str, amounts)))


def plain(text: str) -> str:
    """One line that can be shown anywhere: models wrote parts of it."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    for ping in _PINGS:
        line = line.replace(ping, f"{ping[0]} {ping[1:]}")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
