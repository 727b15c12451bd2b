"""Asks for approval on a terminal, with a deadline.

It reads one whole line that is typed after the question; earlier input is discarded. `yes` approves, and any other
line refuses. It never waits past the deadline. It does not ask when there is no terminal, or when the session runs in
the background: a background process that reads from its terminal is stopped, and then nothing watches its stops.
"""

import asyncio
import os
import termios
from contextlib import suppress
from typing import TextIO, assert_never

from agents.approval.petition import (
    AUTO,
    NEVER,
    NO_TERMINAL,
    Answer,
    Approval,
    Approver,
    Asked,
    Petition,
    answered,
    tell_nobody,
)
from config.clock import Clock
from config.sections.court import ApprovalMode

_LONGEST_ANSWER = 4096
_LONGEST_REASON = 160


class ConsoleApprover:
    """An `Approver` on a terminal: it writes to `stderr` and reads from the file descriptor of `stdin`."""

    def __init__(self, stdin: TextIO, stderr: TextIO, clock: Clock, asked: Asked = tell_nobody) -> None:
        """`asked` is told when a human is asked."""
        self._asked = asked
        self._stdin = stdin
        self._stderr = stderr
        self._clock = clock

    def is_there(self) -> bool:
        """Whether somebody can be asked here."""
        return self._stdin.isatty() and not _in_background(self._stdin.fileno())

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        """Show the petition and read one line."""
        if not self.is_there():
            return await NO_TERMINAL.ask(petition, deadline_s)
        with suppress(termios.error):
            termios.tcflush(self._stdin.fileno(), termios.TCIFLUSH)
        self._asked(petition, deadline_s)
        self._stderr.write(question(petition, deadline_s))
        self._stderr.flush()
        line = await _line(self._stdin.fileno(), deadline_s)
        answer = _read(line, deadline_s)
        self._stderr.write(f"{petition.symbol}: {'yes' if answer.approved else 'no'} ({answer.why}).\n")
        self._stderr.flush()
        return answered(petition, answer, None if line is None else self._clock.now())


def approver_of(
    mode: ApprovalMode, stdin: TextIO, stderr: TextIO, clock: Clock, asked: Asked = tell_nobody
) -> Approver:
    """Return the approver for a mode that asks on a terminal alone. With no terminal, the console approver refuses everything.
    `asked` is told when a human is asked."""
    match mode:
        case "auto":
            return AUTO
        case "never":
            return NEVER
        case "ask":
            return ConsoleApprover(stdin, stderr, clock, asked)
        case _:
            assert_never(mode)


def question(petition: Petition, deadline_s: float) -> str:
    """Return the text that shows the petition."""
    reasons = "".join(f"  {_plain(reason)}\n" for reason in petition.reasons)
    return (
        f"\nApprove {petition.symbol}: buy for {petition.notional:,.2f}, stop {petition.stop_fraction:.2%} below the fill "
        f"({petition.as_of_utc:%Y-%m-%d %H:%M} UTC)?\n{reasons}"
        f"Type yes within {deadline_s:g} s; anything else, and silence, is a no: "
    )


def _read(line: str | None, deadline_s: float) -> Answer:
    if line is None:
        return Answer(False, "nobody", f"no answer within {deadline_s:g} s")
    match line.strip().lower():
        case "yes" | "y":
            return Answer(True, "console", "said yes")
        case "no" | "n":
            return Answer(False, "console", "said no")
        case _:
            return Answer(False, "console", "the answer was not yes")


async def _line(descriptor: int, deadline_s: float) -> str | None:
    """Return one line that is typed before the deadline, or None."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, lambda: None if ready.done() else ready.set_result(None))
    try:
        async with asyncio.timeout(deadline_s):
            await ready
    except TimeoutError:
        return None
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, _LONGEST_ANSWER).decode(errors="replace")


def _in_background(descriptor: int) -> bool:
    try:
        return os.tcgetpgrp(descriptor) != os.getpgrp()
    except OSError:  # another terminal than the one that controls this process: reading there does not stop the process
        return False


def _plain(text: str) -> str:
    """Return one line of printable text: models wrote parts of it, and a terminal executes control characters."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 1]}…"
