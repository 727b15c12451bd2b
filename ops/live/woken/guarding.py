"""The guard of a watchdog: it looks at heartbeats, says what stalled, again with growing pauses, and when it is well.

It reads the heartbeat file and its lock, and nothing of the session's memory. It decides nothing about trades; told to, it puts
the kill switch down once for what stalled.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from agents.records.events import holds
from agents.records.folder import journal_of
from agents.records.record import SessionEnd
from config.errors import TribunalError
from ops.live.beating.heartbeat import Heartbeat, heartbeat_of, lives
from ops.live.woken.notice import Notice, notice

SILENT_S = 120.0
"""How long a session that lives may be without a beat, or behind the close of its next bar [s]: a court may argue meanwhile."""
_AGAIN = timedelta(minutes=5)
_LONGEST = timedelta(hours=1)
_LOOKS = 2
"""Looks, one after the other, that must find no process: it may be about to begin."""


class Guarded:
    """One run. `silent_s`: how long it may be silent [s]; `halt` puts the kill switch down for a profile, for a reason."""

    def __init__(
        self, folder: Path, silent_s: float = SILENT_S, halt: Callable[[str, str], None] | None = None
    ) -> None:
        self.folder = folder
        self._name = folder.resolve().name
        self._silent, self._halt = timedelta(seconds=silent_s), halt
        self._seen: Heartbeat | None = None
        self._ill = ""
        self._gone = 0
        self._since: datetime | None = None
        self._pause, self._again = _AGAIN, _AGAIN
        self.is_over = False
        """Whether the run has come to its end."""

    def look(self, now: datetime) -> Sequence[Notice]:
        """Look once. Returns what is to be told."""
        if self.is_over:
            return ()
        beat = heartbeat_of(self.folder)
        self._seen = beat or self._seen
        code, why = self._judge(beat, now)
        if code:
            return self._sick(code, why, now)
        if not self._ill:
            return ()
        told = notice(self._ill, now, f"{self._name} is well again: {self._last()}.", key=self._name, is_over=True)
        self._ill = ""
        return (told,)

    def _judge(self, beat: Heartbeat | None, now: datetime) -> tuple[str, str]:
        """The alert, and why; empty where all is well."""
        if beat is None and self._ended():
            self.is_over = True
            return "", ""
        self._gone = 0 if lives(self.folder) else self._gone + 1
        if self._gone >= _LOOKS:
            return "process_gone", f"The process of {self._name} is gone, and the session has no end"
        if beat is None or self._gone:
            return "", ""
        if now - beat.at_utc > self._silent:
            return (
                "heartbeat_lost",
                f"The trading loop of {self._name} has not come round for {_spelled(now - beat.at_utc)}",
            )
        if beat.due_utc is not None and now - beat.due_utc > self._silent:
            late = _spelled(now - beat.due_utc)
            return "heartbeat_lost", f"{self._name} lives, and its bar of {beat.due_utc:%H:%M} UTC is {late} overdue"
        return "", ""

    def _sick(self, code: str, why: str, now: datetime) -> Sequence[Notice]:
        if code != self._ill:
            self._ill, self._since, self._pause, self._again = code, now, _AGAIN, _AGAIN
            halted = self._stop(why)
            return (notice(code, now, f"{why}: {self._last()}.{halted}", key=self._name),)
        assert self._since is not None
        lasting = now - self._since
        if lasting < self._again:
            return ()
        self._pause = min(2 * self._pause, _LONGEST)
        self._again = lasting + self._pause
        return (notice(code, now, f"{why}, for {_spelled(lasting)} now: {self._last()}.", key=self._name),)

    def _stop(self, why: str) -> str:
        if self._halt is None:
            return ""
        profile = "" if self._seen is None else self._seen.profile
        try:
            self._halt(profile, why)
        except (OSError, TribunalError) as fault:
            return f" THE KILL SWITCH COULD NOT BE PUT DOWN ({fault})."
        return " The kill switch is down: no new risk until `tribunal unhalt`."

    def _ended(self) -> bool:
        try:
            return holds(journal_of(self.folder), SessionEnd)
        except TribunalError:
            return False

    def _last(self) -> str:
        seen = self._seen
        if seen is None:
            return "no heartbeat was ever read"
        bar = "no bar yet" if seen.bar_utc is None else f"last bar {seen.bar_utc:%Y-%m-%d %H:%M} UTC"
        return f"{bar}, last beat {seen.at_utc:%Y-%m-%d %H:%M:%S} UTC, process {seen.pid}"


def _spelled(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds:.0f} s" if seconds < 180 else f"{seconds / 60:.0f} minutes"
