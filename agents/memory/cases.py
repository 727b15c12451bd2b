"""The memory of the court: past cases, their rulings and their outcomes, as known at the time.

It grows with the bars of a session: `settle` shows it a slice, `add` stores a hearing, and `analogues` returns the
nearest cases whose outcome was known before the present case. Distance is measured in standardised, scale-free
features, so that cases of all symbols are comparable. The standard deviations are those of the cases known at the
time; until they are positive, no case is near. With a reader (`minds.retrieval: embedding`), the similarity of the
narratives counts as much as the distance of the features. It keeps the latest `capacity` cases.

It refuses to go back in time, and it never writes a symbol, a date or an id into text that a model reads.
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
from agents.court.showing.dealing import CourtTally
from agents.court.shown.past import PastCase
from agents.memory.lessons import past_case
from agents.memory.likeness import Floats, Vector, cosines, distances, features, nearest
from agents.memory.narrative import CaseReader
from agents.memory.nearby import near, told
from agents.memory.outcomes import Barriers, CaseOutcome, Settler
from config.frozen import Frozen
from market.bar import Slice

CAPACITY = 5000
RENDERED_CHARS = 480
"""Longest text for a prompt [characters]; about 120 tokens."""
_ENDS = {1: "target first", -1: "stop first", 0: "neither"}


class Analogue(Frozen):
    """A past case that is similar to the present one.

    `distance` is the root mean square distance of the features [standard deviations]; `similarity` is the cosine of
    the two narratives, or None if cases are not embedded.
    """

    distance: float = Field(ge=0)
    similarity: float | None = Field(default=None, ge=-1.01, le=1.01)
    ruling: RulingOutcome
    scale: float
    outcome: CaseOutcome


class _Heard(NamedTuple):
    features: Floats
    vector: Vector | None
    hearing: Hearing

    @property
    def ruling(self) -> Ruling:
        return self.hearing.ruling


class _Past(NamedTuple):
    heard: _Heard
    outcome: CaseOutcome


class Memory:
    """The cases of one session, bar by bar; `reader` embeds them, or is None."""

    def __init__(
        self,
        barriers: Barriers,
        capacity: int = CAPACITY,
        reader: CaseReader | None = None,
        earlier: Iterable[PastCase] = (),
        *,
        by_side: bool = True,
    ) -> None:
        """`earlier`: cases of earlier runs, which `near` knows too. `by_side`: to a short sale only short sales are near, and to
        a purchase only purchases (`court.sides`)."""
        self._settler = Settler(barriers)
        self._reader = reader
        self._by_side = by_side
        self._open: dict[str, _Heard] = {}
        self._known: deque[_Past] = deque(maxlen=capacity)
        self._told: deque[PastCase] = deque(earlier, maxlen=capacity)
        self._now: datetime | None = None

    @property
    def pending(self) -> int:
        """The number of hearings without a known outcome."""
        return len(self._open)

    def settle(self, tape: Slice) -> None:
        """Show it the next slice. Raises ValueError when slices come out of order."""
        if self._now is not None and tape.close_utc <= self._now:
            raise ValueError(f"memory has seen {self._now.isoformat()} and is shown {tape.close_utc.isoformat()}")
        self._now = tape.close_utc
        for outcome in self._settler.pass_slice(tape):
            heard = self._open.pop(outcome.decision_id)
            self._known.append(_Past(heard, outcome))
            self._told.append(past_case(heard.hearing, outcome, by_side=self._by_side))
        if len(self._open) > self._settler.following:
            self._forget_lapsed()

    def add(self, hearing: Hearing) -> None:
        """Store a hearing; it counts when its outcome is known."""
        case = hearing.case
        self._open[case.decision_id] = _Heard(features(case), self._vector(case), hearing)
        self._settler.add(case)

    def analogues(self, case: Case, k: int) -> tuple[Analogue, ...]:
        """Return the `k` nearest cases whose outcome was known before this one, nearest first; of equal ones the
        latest first.

        Raises ValueError for a case older than the last slice, because the memory already knows later outcomes.
        """
        if self._now is not None and case.as_of_utc < self._now:
            raise ValueError(
                f"memory is at {self._now.isoformat()} and cannot speak as of {case.as_of_utc.isoformat()}"
            )
        past = self._before(case)
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

    def near(self, case: Case) -> str:
        """The nearest past cases for a prompt, those of earlier runs among them: see `agents.memory.nearby`."""
        short = self._by_side and case.proposal.is_short
        before = self._of_side(short=short, as_of=case.as_of_utc)[::-1]
        past = self._before(case) if self._by_side else reversed(self._known)
        vectors = [one.heard.vector for one in past if one.outcome.known_at_utc < case.as_of_utc]
        mine = self._vector(case)
        similar = None
        if mine is not None and len(vectors) == len(before):
            similar = cosines(mine, [vector for vector in vectors if vector is not None]) if vectors else None
        return told(near(case, before, similar), len(before), short=short)

    def tally(self, as_of: datetime, *, short: bool = False) -> CourtTally:
        """How the cases of this side have ended that the court let through and whose outcome was known before `as_of`, in this
        and earlier runs."""
        let = [one for one in self._of_side(short=short, as_of=as_of) if one.scale > 0]
        return CourtTally(len(let), sum(one.label == 1 for one in let))

    def _of_side(self, *, short: bool, as_of: datetime) -> list[PastCase]:
        """The cases in words of one side, or of both where they are not told apart, as known before `as_of`, oldest first."""
        known = (one for one in self._told if one.known_at_utc < as_of)
        return [one for one in known if one.short == short or not self._by_side]

    def _before(self, case: Case) -> list[_Past]:
        """The cases of the same side whose outcome was known before this one, latest first."""
        short = case.proposal.is_short
        return [
            item
            for item in reversed(self._known)
            if item.outcome.known_at_utc < case.as_of_utc and item.heard.hearing.case.proposal.is_short == short
        ]

    def _vector(self, case: Case) -> Vector | None:
        return None if self._reader is None else self._reader.vector(case)

    def _similar(self, case: Case, past: list[_Past]) -> Floats | None:
        one = self._vector(case)
        vectors = [item.heard.vector for item in past if item.heard.vector is not None]
        return None if one is None else cosines(one, vectors)

    def _forget_lapsed(self) -> None:
        """Remove hearings whose outcome can no longer become known."""
        following = self._settler.ids()
        self._open = {name: kept for name, kept in self._open.items() if name in following}


def render(analogues: Iterable[Analogue]) -> str:
    """Return the analogues for a prompt: a count of their outcomes, then one line each, within `RENDERED_CHARS`; no
    name, date or id.
    """
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
