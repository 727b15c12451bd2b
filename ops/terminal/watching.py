"""The debate as it is said: each opinion with its citations, the ruling, what the gate cut, and what models have cost so far.

It looks on. A session hands its words over and goes on at once: they are drawn in a thread of their own, and where that falls
behind, words are left out and counted. If it fails, or its stream is closed, it says so in one line, and the session goes on.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import partial
from io import StringIO
from queue import Empty, Full, Queue
from threading import Thread
from typing import NamedTuple, Self, TextIO

from rich.console import Console
from rich.text import Text

from agents.court.case import Case
from agents.court.hearing import Argued, Hearing, Review
from agents.court.mind import Overheard
from agents.court.opinion import Evidence
from agents.desk.models import sits
from agents.desk.request import RunRequest
from agents.llm.attempt import Attempt
from agents.recorded.resumed import ResumingSink
from agents.records.record import CycleRecord, Session
from config.frozen import Frozen, Journaled
from config.progress import width_of
from config.settings import Settings
from config.silence import Abstained
from execution.journal.chain import Journal
from execution.journal.event import Listener
from execution.venues.exchange.lines.seen import Connected
from ops.tables.model_tables import usd
from ops.tables.plain import count, moment
from ops.tables.trial.held import what_stays
from ops.tables.trial.judged import gate_lines, order_lines, policy_lines, ruling_lines
from ops.tables.trial.paper import heading, told
from ops.tables.trial.said import proposed_lines, word_lines

_ROOM = 512
"""Words that may wait to be drawn."""
_LAST_S = 2.0
"""How long the end of a session waits for what is still to be drawn [s]."""

Draw = Callable[[int], list[Text]]
"""Makes lines of at most so many columns."""
Above = Callable[[Callable[[Console | None], None]], None]
"""Calls with the console of a progress bar, so that what is printed stands above it; with None where there is none."""


class Watching(NamedTuple):
    """Who looks on at a session: listeners to its events, who is told each opinion, and who of the lines to its
    exchanges; nobody, where it is not watched."""

    listeners: tuple[Listener, ...] = ()
    overheard: Overheard | None = None
    connected: Connected | None = None


@contextmanager
def watched(request: RunRequest, session: Session, journal: Journal | ResumingSink, above: Above) -> Iterator[Watching]:
    """Show the debate of a session on stderr: as the request says, or else on a terminal where models sit, unless the user
    wants quiet. What a resumed run repeats is not shown again."""
    settings, asked = session.settings, request.watch
    if not (asked if asked is not None else sits(settings) and sys.stderr.isatty() and not request.quiet):
        yield Watching()
        return
    quote = next(iter(session.instruments.values())).quote
    is_past = (lambda: journal.past) if isinstance(journal, ResumingSink) else lambda: False
    with Watch(settings, quote, sys.stderr, above, is_past) as watch:
        yield Watching((watch,), watch.overheard)


class Watch:
    """A context manager around a session, and a listener to it. `above` puts its lines above a progress bar; `is_past` says
    whether a resumed run repeats what was shown before."""

    def __init__(
        self, settings: Settings, quote: str, stream: TextIO, above: Above, is_past: Callable[[], bool]
    ) -> None:
        self._budget = settings.minds.budget.day_usd if sits(settings) else None
        self._quote = quote
        self._stream = stream
        self._width = width_of(stream)
        self._above = above
        self._is_past = is_past
        self._waiting: Queue[Draw | None] = Queue(_ROOM)
        self._drawing = Thread(target=self._work, daemon=True)
        self._open: set[str] = set()
        self._missed = 0
        self._calls = 0
        self._cost = Decimal(0)
        self._is_over = False

    def __enter__(self) -> Self:
        self._drawing.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Full):
            self._waiting.put(None, timeout=_LAST_S)
        self._drawing.join(_LAST_S)

    def overheard(self, case: Case, role: str, word: Abstained | Frozen, struck: tuple[Evidence, ...]) -> None:
        """Take what a role has said. The first word on a case shows what is proposed."""
        if self._is_past():
            return
        if case.decision_id not in self._open:
            self._open.add(case.decision_id)
            self._put(partial(_opened, case))
        before = f"{case.symbol} "
        self._put(lambda width: word_lines(case, role, word, struck, width, before=before))

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event: a record of a bar shows the rulings of its cases, an attempt adds to the cost."""
        if isinstance(event, Attempt):
            self._cost += event.cost_usd
            self._calls += event.outcome.was_sent and not event.from_cache
        if isinstance(event, CycleRecord) and not past:
            spent = self._spent()
            for review in event.reviews:
                self._open.discard(review.case.decision_id)
                self._put(partial(_reviewed, review, spent))
            for hearing in (*event.fast, *event.hearings):
                self._open.discard(hearing.case.decision_id)
                self._put(partial(_ruled, hearing, self._quote, spent))

    def _spent(self) -> str:
        if self._budget is None:
            return ""
        return f"{count(self._calls, 'call')} and {usd(self._cost)} USD so far, of {self._budget} USD a day"

    def _put(self, draw: Draw) -> None:
        if self._is_over:
            return
        try:
            self._waiting.put_nowait(draw)
        except Full:
            self._missed += 1

    def _work(self) -> None:
        try:
            while (draw := self._waiting.get()) is not None:
                self._print(draw(self._width))
                if self._missed:
                    missed, self._missed = self._missed, 0
                    self._print(
                        told(f"({count(missed, 'part')} of the debate not shown: it is faster than this terminal)", 80)
                    )
        except Exception as fault:  # noqa: BLE001  the boundary of the watch: it ends, and nothing else does
            self._is_over = True
            self._drain()
            with suppress(Exception):
                self._stream.write(f"The debate is not shown any more ({type(fault).__name__}); the session goes on.\n")

    def _print(self, lines: Sequence[Text]) -> None:
        text = Text("\n").join(lines)

        def say(bar: Console | None) -> None:
            if bar is not None:
                bar.print(text, soft_wrap=True, highlight=False)
                return
            drawn = StringIO()  # where a pipe breaks, rich itself would end the program
            console = Console(file=drawn, width=self._width, force_terminal=self._stream.isatty(), highlight=False)
            console.print(text, soft_wrap=True)
            self._stream.write(drawn.getvalue())
            self._stream.flush()

        self._above(say)

    def _drain(self) -> None:
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()


def _opened(case: Case, width: int) -> list[Text]:
    title = Text(f"{case.symbol} before the court at {moment(case.as_of_utc)} UTC", style="bold underline")
    return [Text(""), title, *proposed_lines(case, "", width)]


def _reviewed(review: Review, spent: str, width: int) -> list[Text]:
    """What the court left of a position that is held."""
    lines = ruling_lines(review, width, before=f"{review.case.symbol} ")
    lines += told(_spoken_by(review), width)
    lines += heading("POSITION", what_stays(review), width)
    return [*lines, *(heading("COST", spent, width) if spent else [])]


def _spoken_by(heard: Argued) -> str:
    return f"spoken by {', '.join(sorted({voice.speaker for voice in heard.voices} or {heard.mind}))}"


def _ruled(hearing: Hearing, quote: str, spent: str, width: int) -> list[Text]:
    case, verdict = hearing.case, hearing.verdict
    lines = ruling_lines(hearing, width, before=f"{case.symbol} ")
    lines += told(_spoken_by(hearing), width)
    if hearing.adjustment.mode is not None:
        lines += policy_lines(hearing.adjustment, width)
    lines += gate_lines(hearing, quote, width, brief=True)
    if verdict.order is not None:
        lines += order_lines(verdict, quote, width, sent=True)
    return [*lines, *(heading("COST", spent, width) if spent else [])]
