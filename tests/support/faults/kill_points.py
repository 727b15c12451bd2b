"""Where a process may be killed: before and after each write of its journal, and at each await of an order's life.

The places list themselves. A process is watched from outside the program: a task factory looks at what each task waits for when
it is suspended and when it goes on, and a sink stands before the journal. The innermost line of the program that is suspended
there is the place. To kill is `SIGKILL` to oneself: nothing is flushed, closed or awaited.
"""

import asyncio
import linecache
import os
import signal
from collections import Counter
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Any, NamedTuple

from config.frozen import Journaled
from execution.journal.event import Sink
from execution.reports import VenueWord
from risk.order import Order

ROOT = Path(__file__).resolve().parents[3]
WATCHED = tuple(
    str(ROOT / each) for each in ("execution/account/", "execution/venues/", "agents/session.py", "agents/cycle.py")
)


class Point(NamedTuple):
    """The n-th time that a process comes to a place."""

    place: str
    nth: int


class Marks:
    """Counts the places of one process, and kills it at one of them."""

    def __init__(self, kill_at: Point | None) -> None:
        self.kill_at = kill_at
        self.reached: Counter[str] = Counter()

    def reach(self, place: str) -> None:
        self.reached[place] += 1
        if self.kill_at is not None and self.kill_at == (place, self.reached[place]):
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch every task that begins from now on."""
        loop.set_task_factory(lambda of, coroutine, **more: asyncio.Task(Suspended(coroutine, self), loop=of, **more))


class Suspended(Coroutine[Any, Any, Any]):
    """A coroutine whose places are marked when it is suspended, and when it goes on."""

    def __init__(self, inner: Any, marks: Marks) -> None:
        self._inner, self._marks, self._at = inner, marks, ""

    def send(self, value: Any) -> Any:
        if self._at:
            self._marks.reach(f"goes on: {self._at}")
        self._at = ""
        waits_for = self._inner.send(value)
        self._at = place_of(self._inner)
        if self._at:
            self._marks.reach(f"waits: {self._at}")
        return waits_for

    def throw(self, *args: Any) -> Any:
        self._at = ""
        return self._inner.throw(*args)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        raise RuntimeError("only a task runs it")


def place_of(coroutine: Any) -> str:
    """The functions of the program through which a coroutine is suspended, and the innermost line; empty if there is none."""
    found, text = list[str](), ""
    while coroutine is not None:
        frame = next((each for name in ("cr", "gi", "ag") if (each := getattr(coroutine, f"{name}_frame", None))), None)
        if frame is not None and frame.f_code.co_filename.startswith(WATCHED):
            file, line = Path(frame.f_code.co_filename), frame.f_lineno
            found.append(f"{file.stem}.{frame.f_code.co_name}")
            text = f"{file.relative_to(ROOT)}:{line} {' '.join(linecache.getline(str(file), line).split())[:60]}"
        inner = ("cr_await", "gi_yieldfrom", "ag_await")
        coroutine = next((each for name in inner if (each := getattr(coroutine, name, None)) is not None), None)
    return f"{' > '.join(dict.fromkeys(found))} | {text}" if found else ""


class MarkedSink:
    """A journal whose every write is a place, before and after. `is_new`: whether an event is written, or only compared."""

    def __init__(self, journal: Sink, marks: Marks, is_new: Any) -> None:
        self._journal, self._marks, self._is_new = journal, marks, is_new

    def append(self, event: Journaled) -> int:
        if not self._is_new():
            return self._journal.append(event)
        name = named(event)
        self._marks.reach(f"before the write of {name}")
        number = self._journal.append(event)
        self._marks.reach(f"after the write of {name}")
        return number


def named(event: Journaled) -> str:
    """The kind of an event, and of an order or of an answer what it is about."""
    kind = type(event).event_kind
    if isinstance(event, Order):
        return f"{kind}: {event.purpose.value} {event.kind.value}"
    if isinstance(event, VenueWord):
        return f"{kind}: {event.asked.partition(' ')[0]}"
    return kind
