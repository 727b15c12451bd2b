"""Prints to stderr, once each, the changes of the kill switch that a session sees.

It decides nothing. It prints also in sessions with --quiet.
"""

from collections.abc import Sequence
from typing import TextIO

from config.frozen import Journaled
from execution.kill_switch.halting import PAUSED, Halt, HaltEvent
from execution.kill_switch.latch import ALL, Latch
from execution.kill_switch.storage import JOURNAL_LOST
from execution.kill_switch.triggers import SCOPE
from ops.tables.plain import moment


class HaltHerald:
    """Prints changes of the kill switch, and remembers the last one."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr
        self._said: tuple[str, ...] = ()

    def at_start(self, latches: Sequence[Latch]) -> None:
        """Print the latches that are down before the first bar."""
        self._said = tuple(latch.scope for latch in latches)
        if latches:
            why = "; ".join(f"{latch.who}, {latch.given_utc}: {latch.why}" for latch in latches)
            self._say(f"The kill switch is down ({why}). This session takes no new risk. {lift_words(self._said)}")

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event. A change that a resumed run repeats was printed before, and is not printed again."""
        if isinstance(event, HaltEvent) and not past:
            self._show(event.halts)

    def _show(self, halts: tuple[Halt, ...]) -> None:
        scopes = tuple(halt.scope for halt in halts)
        if scopes == self._said:
            return
        before, self._said = self._said, scopes
        if not halts:
            over = "The pause of entries has ended" if before == (PAUSED,) else "The kill switch was lifted"
            self._say(f"{over}. The session takes new risk again.")
            return
        why = "; ".join(
            f"{halt.who}, {moment(halt.given_utc) if halt.given_utc else '?'}: {halt.why}" for halt in halts
        )
        sells = (
            "what is held is sold at market" if any(halt.flatten for halt in halts) else "what is held keeps its stops"
        )
        fell = "Entries are paused" if scopes == (PAUSED,) else "The kill switch fell"
        self._say(f"{fell} ({why}). No new risk; {sells}. {lift_words(scopes)}")

    def _say(self, text: str) -> None:
        self._stderr.write(f"\n{text}\n")
        self._stderr.flush()


def lift_words(scopes: Sequence[str]) -> str:
    """How to lift latches of these scopes."""
    commands = [
        "`tribunal unhalt --reason TEXT" + ("" if scope == ALL else f" --profile {scope}") + "`"
        for scope in scopes
        if scope not in (JOURNAL_LOST, PAUSED) and not scope.startswith(SCOPE)
    ]
    by_itself = "That of the journal lifts itself when it is written again." if JOURNAL_LOST in scopes else ""
    if any(scope.startswith(SCOPE) for scope in scopes):
        by_itself = f"{by_itself} A trigger lifts itself when its figure is at half of its limit.".strip()
    paused = "`tribunal steer RUN resume --why TEXT` ends the pause." if PAUSED in scopes else ""
    return " ".join(filter(None, (f"{' and '.join(commands)} lifts it." if commands else "", paused, by_itself)))
