"""Alerts of a running session: a listener that puts events into a queue, a thread that makes alerts of them, and the channels.

The session never waits: an event that finds no room is left out and counted. If the thread fails, it says so, and the session
goes on.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Thread
from time import monotonic
from typing import Self

from agents.approval.petition import Petition
from config.clock import Clock
from config.errors import TribunalError
from config.frozen import Journaled
from ops.live.woken.channel import Channel
from ops.live.woken.notice import Notice, notice
from ops.live.woken.watching import Watcher

ROOM = 8192
"""Events that may wait."""
_TICK_S = 0.5
LAST_S = 5.0
"""How long the end of a session waits for its last alerts [s]."""


class Waking:
    """A context manager around a session, and a listener to it. An error that ends the session is an alert."""

    def __init__(
        self, channels: Sequence[Channel], clock: Clock, tell: Callable[[str], None], room: int = ROOM
    ) -> None:
        self._channels, self._clock, self._tell = tuple(channels), clock, tell
        self._waiting: Queue[tuple[Journaled, bool] | Notice | None] = Queue(room)
        self._watcher = Watcher()
        self._thread = Thread(target=self._work, name="waking", daemon=True)
        self._left_out = 0
        self._is_past = False

    def __enter__(self) -> Self:
        for channel in self._channels:
            channel.start()
        self._thread.start()
        return self

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if fault is not None and not isinstance(fault, KeyboardInterrupt):
            why = str(fault) if isinstance(fault, TribunalError) else f"{type(fault).__name__}: {fault}"
            text = f"The session ended with an error: {why} Positions keep the stops that are at the exchange."
            self.put(notice("session_failed", self._clock.now(), text))
        with suppress(Full):
            self._waiting.put(None, timeout=1.0)
        self._thread.join(LAST_S)
        end = monotonic() + LAST_S
        for channel in self._channels:
            lost = channel.finish(max(0.1, end - monotonic()))
            if lost:
                self._tell(f"{lost} alerts were not sent to {channel.name}.")

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event: it is put into the queue, or counted where there is no room."""
        try:
            self._waiting.put_nowait((event, past))
        except Full:
            self._left_out += 1

    def put(self, told: Notice) -> None:
        """Take an alert that is no event of the journal."""
        with suppress(Full):
            self._waiting.put(told, timeout=0.1)

    def petition(self, asked: Petition, deadline_s: float) -> None:
        """A human is asked to approve a position."""
        text = (
            f"{asked.symbol}: a position of {asked.notional:,.2f} waits for a yes within {deadline_s:g} s; silence is a no. "
            f"Answer on the terminal, on the page Operator, or in the chat: /approve {asked.decision_id}"
        )
        amounts = (f"{asked.notional:,.2f}",)
        self.put(notice("approval_waiting", self._clock.now(), text, key=asked.decision_id, amounts=amounts))

    def _work(self) -> None:
        try:
            while True:
                try:
                    came = self._waiting.get(timeout=_TICK_S)
                except Empty:
                    if not self._is_past:  # a resumed run repeats its journal first
                        self._pass_on(self._watcher.tick(self._clock.now()))
                    continue
                if came is None:
                    return
                if isinstance(came, Notice):
                    self._pass_on((came,))
                    continue
                event, past = came
                self._is_past = past
                told = self._watcher.take(event, self._clock.now())
                if not past:
                    self._pass_on(told)
                self._say_left_out()
        except Exception as fault:  # noqa: BLE001  the boundary of the alerts: they stop, are told of, and the session goes on
            text = f"Alerts of this session have stopped ({type(fault).__name__}: {fault}). The session goes on."
            self._pass_on((notice("alerts_lost", self._clock.now(), text),))
            self._tell(text)

    def _say_left_out(self) -> None:
        left_out, self._left_out = self._left_out, 0
        if left_out:
            text = f"{left_out} events came faster than alerts could be made of them; the journal has them."
            self._pass_on((notice("alerts_lost", self._clock.now(), text),))

    def _pass_on(self, told: Sequence[Notice]) -> None:
        for each in told:
            for channel in self._channels:
                channel.put(each)
