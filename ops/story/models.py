"""The work of the models in a run, counted while the journal is read: requests, outcomes, speakers and cost.

It keeps counts, and the latency of each request; the texts stay with the kept hearings (see `ops.story.tally`). Money
is exact. The outcome of an attempt is read from the journal and not judged again.
"""

from array import array
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal

import numpy as np

from agents.court.hearing import Argued
from agents.llm.attempt import ROLES, Attempt, AttemptOutcome, Role
from config.frozen import Frozen
from config.sections.minds import MindsSettings
from ops.story.outlooks import OutlookCounts, OutlookFigures
from ops.story.spells import Spell, Spells
from ops.story.voices import LOST, Reason, reason_of

NOT_MODELS = ("rules", "nobody")
_NOT_ITS_FAULT = (
    AttemptOutcome.SKIPPED_BUDGET,
    AttemptOutcome.SKIPPED_DEADLINE,
    AttemptOutcome.SKIPPED_LATE,
    AttemptOutcome.SKIPPED_NO_SEAT,
)


class SpeakerFigures(Frozen):
    """One model. `requests` were sent; `attempts` counts all attempts by outcome, also those without a request. Cost
    [USD], exact.
    """

    speaker: str
    words: int
    attempts: dict[str, int]
    requests: int
    from_cache: int
    """Answers from our own cache, without a request."""
    input_tokens: int
    cached_input_tokens: int
    """Input tokens that were read from the provider's cache."""
    output_tokens: int
    cost_usd: Decimal
    latency_p50_ms: int | None
    latency_p95_ms: int | None

    @property
    def cache_share(self) -> float | None:
        """Return the share of answers that came from our own cache; None without answers."""
        return self.from_cache / (self.from_cache + self.requests) if self.from_cache + self.requests else None


class BarFigures(Frozen):
    """What models cost on average at a bar, and at how many bars they cost nothing because nobody was asked."""

    requests: float
    input_tokens: float
    output_tokens: float
    cost_usd: Decimal
    """[USD], to a hundred-millionth."""
    quiet_bars: int
    """Bars at which no model was asked."""
    bars: int


class ModelFigures(Frozen):
    """All models of a run. A "word" is the opinion of one role in one hearing."""

    words: dict[str, int]
    """Opinions by speaker: "provider/model", rules, nobody."""
    instead: dict[str, dict[str, int]]
    """Opinions of `rules` and `nobody`, by reason."""
    requests: int
    cost_usd: Decimal
    day_budget_usd: Decimal
    speakers: tuple[SpeakerFigures, ...]
    failing: tuple[Spell, ...]
    """Periods in which a provider gave no usable answer."""
    unheard: tuple[Spell, ...]
    """Periods in which models were wanted for a role and none answered, by role."""
    outlooks: OutlookFigures | None = None
    """The outlooks, if a market was watched."""
    per_bar: BarFigures | None = None
    """What a bar has cost on average; None without a bar."""


class _Speaker:
    """Counts of one model."""

    __slots__ = (
        "cached_in",
        "cost",
        "from_cache",
        "latency_ms",
        "outcomes",
        "requests",
        "spells",
        "tokens_in",
        "tokens_out",
    )

    def __init__(self, name: str) -> None:
        self.outcomes: Counter[AttemptOutcome] = Counter()
        self.requests = self.from_cache = self.tokens_in = self.cached_in = self.tokens_out = 0
        self.cost = Decimal(0)
        self.latency_ms = array("l")
        self.spells = Spells(name)

    def count(self, attempt: Attempt) -> None:
        self.outcomes[attempt.outcome] += 1
        self.cost += attempt.cost_usd
        if attempt.from_cache:
            self.from_cache += 1
        elif attempt.outcome.was_sent:
            self.requests += 1
            self.latency_ms.append(attempt.latency_ms)
        if attempt.usage is not None:
            self.tokens_in += attempt.usage.input_tokens
            self.cached_in += attempt.usage.cache_read_tokens
            self.tokens_out += attempt.usage.output_tokens

    def figures(self, name: str, words: int) -> SpeakerFigures:
        return SpeakerFigures(
            speaker=name,
            words=words,
            attempts={outcome.value: number for outcome, number in self.outcomes.most_common()},
            requests=self.requests,
            from_cache=self.from_cache,
            input_tokens=self.tokens_in,
            cached_input_tokens=self.cached_in,
            output_tokens=self.tokens_out,
            cost_usd=self.cost,
            latency_p50_ms=_quantile(self.latency_ms, 0.5),
            latency_p95_ms=_quantile(self.latency_ms, 0.95),
        )


class Models:
    """The figures so far. `spoken` counts opinions by bar close [ms since the epoch] and speaker, `spent` the cost by
    bar [USD].
    """

    def __init__(self, minds: MindsSettings, *, at_once: bool = False) -> None:
        """`at_once`: the fast path enters a share of a purchase, and models rule on it."""
        self._minds = minds
        self._at_once = at_once
        self._speakers: dict[str, _Speaker] = {}
        self._pending: defaultdict[str, list[Attempt]] = defaultdict(list)
        self._words: Counter[str] = Counter()
        self._instead: defaultdict[str, Counter[Reason]] = defaultdict(Counter)
        self._unheard = {role: Spells(role) for role in ROLES}
        self._bars: set[int] = set()
        self._asked_at: set[int] = set()
        self.outlooks = OutlookCounts()
        self.spoken: Counter[tuple[int, str]] = Counter()
        self.spent: defaultdict[int, Decimal] = defaultdict(Decimal)

    def attempt(self, attempt: Attempt) -> None:
        """Count an attempt; it belongs to a hearing of the next recorded bar, or to an outlook."""
        self.outlooks.attempt(attempt)
        self._speaker(attempt).count(attempt)
        self._pending[attempt.decision_id].append(attempt)

    def bar(self, at: datetime, hearings: tuple[Argued, ...]) -> dict[str, tuple[Attempt, ...]]:
        """Count the speakers of a recorded bar, and return its attempts by decision."""
        made = {decision: tuple(attempts) for decision, attempts in self._pending.items()}
        self._bars.add(_ms(at))
        self._asked_at.update([_ms(at)] if made else [])
        self._pending.clear()
        for attempt in (attempt for attempts in made.values() for attempt in attempts):
            self.spent[_ms(at)] += attempt.cost_usd
            self._mark(at, attempt)
        for hearing in hearings:
            self._hear(at, hearing, made.get(hearing.case.decision_id, ()))
        return made

    def figures(self) -> ModelFigures:
        """Return all figures; speakers in the order in which they were first asked."""
        speakers = tuple(found.figures(name, self._words[name]) for name, found in self._speakers.items())
        return ModelFigures(
            words=dict(self._words.most_common()),
            instead={name: {why.value: n for why, n in counts.most_common()} for name, counts in self._instead.items()},
            requests=sum(speaker.requests for speaker in speakers),
            cost_usd=sum((speaker.cost_usd for speaker in speakers), Decimal(0)),
            day_budget_usd=self._minds.budget.day_usd,
            speakers=speakers,
            failing=tuple(spell for found in self._speakers.values() for spell in found.spells.all()),
            unheard=tuple(spell for spells in self._unheard.values() for spell in spells.all()),
            outlooks=self.outlooks.figures(),
            per_bar=self._per_bar(speakers),
        )

    def _per_bar(self, speakers: tuple[SpeakerFigures, ...]) -> BarFigures | None:
        bars = len(self._bars)
        if not bars:
            return None
        return BarFigures(
            requests=sum(each.requests for each in speakers) / bars,
            input_tokens=sum(each.input_tokens for each in speakers) / bars,
            output_tokens=sum(each.output_tokens for each in speakers) / bars,
            cost_usd=round(sum((each.cost_usd for each in speakers), Decimal(0)) / bars, 8),
            quiet_bars=bars - len(self._asked_at),
            bars=bars,
        )

    def _hear(self, at: datetime, hearing: Argued, attempts: tuple[Attempt, ...]) -> None:
        self.outlooks.hear(hearing)
        for role in ROLES:
            speaker = hearing.speaker(role)
            self._words[speaker] += 1
            self.spoken[_ms(at), speaker] += 1
            self._why(at, hearing, role, tuple(made for made in attempts if made.role == role))

    def _speaker(self, attempt: Attempt) -> _Speaker:
        name = f"{attempt.provider}/{attempt.model}"
        return self._speakers.setdefault(name, _Speaker(name))

    def _mark(self, at: datetime, attempt: Attempt) -> None:
        spells = self._speaker(attempt).spells
        if attempt.outcome is AttemptOutcome.OK:
            spells.end(at)
        elif attempt.outcome not in _NOT_ITS_FAULT:
            spells.failed(at, attempt.outcome.value)

    def _why(self, at: datetime, hearing: Argued, role: Role, attempts: tuple[Attempt, ...]) -> None:
        speaker, unheard = hearing.speaker(role), self._unheard[role]
        if speaker not in NOT_MODELS:
            unheard.end(at)
            return
        why = reason_of(hearing, role, attempts, self._minds, at_once=self._at_once)
        self._instead[speaker][why] += 1
        if why not in LOST:
            return
        said = _budget(attempts) if why is Reason.BUDGET else why.value
        if why is Reason.BUDGET and not unheard.has(said):
            unheard.end(at)
        unheard.failed(at, said, speaker)


def failures(attempts: dict[str, int]) -> dict[str, int]:
    """Return the outcomes without an opinion."""
    return {outcome: number for outcome, number in attempts.items() if outcome != AttemptOutcome.OK.value}


def _budget(attempts: tuple[Attempt, ...]) -> str:
    """Return the budget that refused, from the text of the attempt: "day budget"."""
    refused = next(made for made in reversed(attempts) if made.outcome is AttemptOutcome.SKIPPED_BUDGET)
    named = [name for name in ("decision", "day", "month") if refused.detail.startswith(f"the {name}'s budget")]
    return f"{named[0]} budget" if named else "book of spending"


def _quantile(values: "array[int]", share: float) -> int | None:
    return round(float(np.quantile(np.frombuffer(values, dtype=np.dtype("l")), share))) if values else None


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
