"""One court that hears the cases of a docket, and what it was asked for that.

It is the court of a session: the same roles, deadlines and budgets. Only the gate is not asked, and nothing is traded. Answers
that were recorded before are taken from the user's cache, where the court's profile does not say otherwise, so that a
comparison that is run again is not paid again.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from agents.court.bounds import RULES
from agents.court.case import Case
from agents.court.hearing import Hearing
from agents.court.prompts.own import read_own_prompts
from agents.llm.asking import Asker
from agents.llm.attempt import ROLES, Attempt
from agents.shadow.aside import court_aside
from config.progress import Progress
from config.settings import Settings
from evidence.rulings.flips import Retrial

_TOGETHER = 4
"""Cases that a court of models hears at one time; a model on this machine answers one after another."""


class Sitting:
    """A court, with what it has been asked so far."""

    def __init__(self, settings: Settings, asker: Asker | None) -> None:
        self.attempts: list[Attempt] = []
        self._court = court_aside(settings, asker, read_own_prompts(settings), self.attempts.append)
        minds = settings.minds
        local = any(minds.providers[name].kind == "local" for name in minds.chain if name in minds.providers)
        self._together = 1 if local else _TOGETHER

    async def hear(self, cases: Sequence[Case], shown: Progress) -> list[Hearing]:
        """One hearing for each case, in their order. Raises TribunalError where a recorded answer is missing."""
        found: list[Hearing] = []
        for start in range(0, len(cases), self._together):
            part = tuple(cases[start : start + self._together])
            found += await self._court.hear(part)
            shown.advance(len(part))
        return found

    async def again(self, case: Case) -> Retrial:
        """The analyst's word and the ruling on a changed case, under a name of its own."""
        named = case.model_copy(update={"decision_id": f"{case.decision_id}-again"})
        (hearing,) = await self._court.hear((named,))
        return Retrial(hearing.analyst, hearing.ruling)


class Spoken(NamedTuple):
    """Who spoke, in words of one role on one case: models, the rules mind, nobody."""

    models: int
    rules: int
    nobody: int


def spoken_in(hearings: Iterable[Hearing]) -> Spoken:
    """Who spoke in these hearings."""
    said = Counter(hearing.speaker(role) for hearing in hearings for role in ROLES)
    models = sum(words for speaker, words in said.items() if "/" in speaker)
    return Spoken(models, said[RULES], said.total() - models - said[RULES])


class Used(NamedTuple):
    """What models were asked: calls that were sent, answers recorded before, tokens, money [USD], latency of a call [ms]."""

    calls: int
    recorded: int
    input_tokens: int
    output_tokens: int
    usd: Decimal
    latency_ms: tuple[int, ...]


def used_in(attempts: Sequence[Attempt]) -> Used:
    """What these attempts used. Answers recorded before cost nothing and have no latency."""
    sent = [each for each in attempts if not each.from_cache and each.outcome.was_sent]
    usages = [each.usage for each in sent if each.usage is not None]
    return Used(
        calls=len(sent),
        recorded=sum(each.from_cache for each in attempts),
        input_tokens=sum(each.input_tokens for each in usages),
        output_tokens=sum(each.output_tokens for each in usages),
        usd=sum((each.cost_usd for each in attempts), Decimal(0)),
        latency_ms=tuple(each.latency_ms for each in sent),
    )
