"""What the court remembers: past cases, how it ruled them, and what became of them, as known at the time.

It grows with the bars of a session: `settle` shows it a slice, `add` a hearing, `analogues` asks for the nearest cases whose
outcome was known before the one that is asked about. Distance is taken in standardised, scale-free features, so that cases
of all symbols can be compared; the spread is that of the cases known then, and until they differ none is near. With a reader
(`minds.retrieval: embedding`), how cases read counts as much as how they measure. It keeps the latest `capacity` cases.

It refuses to go back in time, and to name a symbol, a date or an id in what a model reads.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import numpy as np
from pydantic import Field

from agents.court.case import Case
from agents.court.hearing import Hearing
from agents.court.ruling import Ruling, RulingOutcome
from agents.memory.likeness import Floats, Vector, cosines, distances, features, nearest
from agents.memory.narrative import CaseReader
from agents.memory.outcomes import Barriers, CaseOutcome, Settler
from config.frozen import Frozen
from market.bar import Slice

CAPACITY = 5000
RENDERED_CHARS = 480
"""Some 120 tokens at four characters each."""
_ENDS = {1: "target first", -1: "stop first", 0: "neither"}


class Analogue(Frozen):
    """A past case like the one asked about.

    `distance` is in standard deviations a feature, root mean square; `similarity` the cosine of how both read, None where
    cases are not embedded.
    """

    distance: float = Field(ge=0)
    similarity: float | None = Field(default=None, ge=-1.01, le=1.01)
    ruling: RulingOutcome
    scale: float
    outcome: CaseOutcome


class _Heard(NamedTuple):
    features: Floats
    vector: Vector | None
    ruling: Ruling


class _Past(NamedTuple):
    heard: _Heard
    outcome: CaseOutcome


class Memory:
    """The cases of one session, bar by bar; `reader` embeds them, or is None."""

    def __init__(self, barriers: Barriers, capacity: int = CAPACITY, reader: CaseReader | None = None) -> None:
        self._settler = Settler(barriers)
        self._reader = reader
        self._open: dict[str, _Heard] = {}
        self._known: deque[_Past] = deque(maxlen=capacity)
        self._now: datetime | None = None

    @property
    def pending(self) -> int:
        """Hearings whose outcome is not known yet."""
        return len(self._open)

    def settle(self, tape: Slice) -> None:
        """Show it the next slice. Raises ValueError when slices come out of order."""
        if self._now is not None and tape.close_utc <= self._now:
            raise ValueError(f"memory has seen {self._now.isoformat()} and is shown {tape.close_utc.isoformat()}")
        self._now = tape.close_utc
        for outcome in self._settler.pass_slice(tape):
            self._known.append(_Past(self._open.pop(outcome.decision_id), outcome))
        if len(self._open) > self._settler.following:
            self._forget_lapsed()

    def add(self, hearing: Hearing) -> None:
        """Remember a hearing; it counts once its outcome is known."""
        case = hearing.case
        self._open[case.decision_id] = _Heard(features(case), self._vector(case), hearing.ruling)
        self._settler.add(case)

    def analogues(self, case: Case, k: int) -> tuple[Analogue, ...]:
        """The `k` nearest cases whose outcome was known before this one, nearest first; ties go to the latest.

        Raises ValueError for a case older than the last slice: what is known now was not known then.
        """
        if self._now is not None and case.as_of_utc < self._now:
            raise ValueError(
                f"memory is at {self._now.isoformat()} and cannot speak as of {case.as_of_utc.isoformat()}"
            )
        past = [item for item in reversed(self._known) if item.outcome.known_at_utc < case.as_of_utc]
        if not past or k < 1:
            return ()
        far = distances(features(case), np.array([item.heard.features for item in past]))
        similar = self._similar(case, past)
        return tuple(
            Analogue(
                distance=float(far[place]),
                similarity=None if similar is None else float(similar[place]),
                ruling=past[place].heard.ruling.outcome,
                scale=past[place].heard.ruling.scale,
                outcome=past[place].outcome,
            )
            for place in nearest(far, similar, k)
        )

    def _vector(self, case: Case) -> Vector | None:
        return None if self._reader is None else self._reader.vector(case)

    def _similar(self, case: Case, past: list[_Past]) -> Floats | None:
        one = self._vector(case)
        vectors = [item.heard.vector for item in past if item.heard.vector is not None]
        return None if one is None else cosines(one, vectors)

    def _forget_lapsed(self) -> None:
        """Let go of hearings whose outcome will never be known."""
        following = self._settler.ids()
        self._open = {name: kept for name, kept in self._open.items() if name in following}


def render(analogues: Iterable[Analogue]) -> str:
    """The analogues for a prompt: how they ended, then one line each, within `RENDERED_CHARS`; no name, date or id."""
    found = tuple(analogues)
    if not found:
        return "no past case is like it"
    ends = ", ".join(f"{sum(item.outcome.label == label for item in found)} {word}" for label, word in _ENDS.items())
    mean = sum(item.outcome.return_bps for item in found) / len(found)
    text = f"{len(found)} most similar past cases: {ends}; mean {mean:+.0f} bps"
    for item in found:
        line = (
            f"\n- distance {item.distance:.2f}{_read(item)}, {item.ruling} {item.scale:.0%}: "
            f"{_ENDS[item.outcome.label]} {item.outcome.return_bps:+.0f} bps, {item.outcome.bars} bars"
        )
        if len(text) + len(line) > RENDERED_CHARS:
            break
        text += line
    return text


def _read(item: Analogue) -> str:
    return "" if item.similarity is None else f", reads alike {item.similarity:.2f}"
