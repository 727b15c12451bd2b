"""How a run is asked to stop: Ctrl-C, SIGTERM (an orchestrator) and SIGHUP (the terminal was closed) mean the same.

While the session trades, the first one ends it after the present bar: journal, summary, report and tables are written, and the
run can be resumed. Before and after that, and the second time, it ends the command at once. A SIGHUP that the caller ignores
(`nohup`) stays ignored. After a SIGHUP nothing is written to the terminal, because it is gone.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from types import FrameType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STREAMS = (1, 2)
_SOON_S = 0.01
"""A signal that comes while it cannot be obeyed is sent again after this time [s]."""
_CALLERS = 4
_SAID = "\nEnding the session after this bar; the second time the command ends at once.\n"


class StopSignals:
    """A context manager in which these signals are wishes to stop. Raises KeyboardInterrupt where they end the command."""

    def __init__(self) -> None:
        self._asked = self._trades = False
        self.looked: Callable[[], None] = lambda: None
        """Is called whenever the trading loop asks."""
        self._terminals = tuple(stream for stream in _STREAMS if _is_terminal(stream))
        self._before: dict[signal.Signals, signal.Handlers | object] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def asked(self) -> bool:
        """Whether the session was asked to stop. The trading loop asks before each bar, and all the time between two."""
        self.looked()
        return self._asked

    @contextmanager
    def trading(self) -> Iterator[None]:
        """The time in which the first signal is a wish, because the session can end between two bars."""
        self._trades = True
        try:
            yield
        finally:
            self._trades = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._leave_terminal()
        if self._asked or not self._trades:
            if _is_in_compiled_code(frame):
                Timer(_SOON_S, os.kill, (os.getpid(), number)).start()
                return
            raise KeyboardInterrupt
        self._asked = True
        with suppress(OSError):
            sys.stderr.write(_SAID)
            sys.stderr.flush()

    def _leave_terminal(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in self._terminals:
            os.dup2(nowhere, stream)
        os.close(nowhere)


def _is_in_compiled_code(frame: FrameType | None) -> bool:
    """Whether pydantic's compiled code is at work, which swallows an interrupt or makes another error of it."""
    for _ in range(_CALLERS):
        if frame is None:
            return False
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] == "pydantic":
            return True
        frame = frame.f_back
    return False


def _is_terminal(stream: int) -> bool:
    with suppress(OSError):
        return os.isatty(stream)
    return False
