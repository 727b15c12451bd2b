"""The manager: asks the providers of a role one after another, within the deadlines and budgets, and keeps every
attempt.

    for each provider of the role's chain (near the end of a budget: the cheapest of them first)
        at most two requests: the second after a transient failure, with the error shown after an unusable answer, or
        with more room after one that was cut off
        a request: breaker ► rate limit ► deadline ► budget ► provider ► cost ► stop reason ► is it an opinion?
    no provider left: no opinion, and the reason

No failure of a provider leaves this module as an exception, and no answer comes after the deadlines of the role and
the decision. With a recording instead of the providers it takes the same steps, without waiting. The manager does not
judge opinions: the caller defines what it accepts.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from decimal import Decimal
from typing import Generic, NamedTuple

from agents.llm.asking import Accept, RoleAnswer, Word
from agents.llm.attempt import TRANSIENT, Attempt, AttemptOutcome, Request, Stop, Usage
from agents.llm.budget.budgets import Spending
from agents.llm.budget.limiter import NoSlot
from agents.llm.budget.prices import worst_case_usd
from agents.llm.budget.provider_breakers import Breakers
from agents.llm.budget.room import room, wider
from agents.llm.chain import Accepted, Judged, again, chain_of, judge, why_silent
from agents.llm.live import Live
from agents.llm.providers.learnt import Learnt
from agents.llm.providers.provider import Provider
from agents.llm.recordings.cache import Cache
from agents.llm.recordings.cassette import Cassette, Playing, Recording
from agents.llm.source import Call, CallResult, CallSource, sha256
from config.clock import Clock
from config.errors import UsageFault
from config.sections.minds import MindsSettings

_BACK_OFF_S = 0.2
_DECISIONS_KEPT = 4096
_NOTHING_USED = Usage(input_tokens=0, output_tokens=0)


class _Asking(NamedTuple, Generic[Word]):
    """The question to one role; its times are of the event loop [s]."""

    decision_id: str
    request: Request
    accept: Accept[Word]
    begun: float
    until: float
    ahead: bool
    attempts: list[Attempt]
    decision_until: float
    cheapest: str | None
    """The provider that the chain goes to when a budget is nearly used; None where the chain has one alone."""


class _Decision(NamedTuple):
    """The deadline of a decision in the time of the event loop [s], and whether it is asked ahead of its hearing."""

    until: float
    ahead: bool


class Manager:
    """Asks models for a run. Belongs to one event loop; see `agents.llm.asking.Asker`."""

    def __init__(
        self,
        settings: MindsSettings,
        providers: Mapping[str, Provider],
        *,
        spending: Spending,
        breakers: Breakers,
        cache: Cache | None,
        cassette: Cassette | None,
        clock: Clock,
        learnt: Learnt | None = None,
    ) -> None:
        """`clock` is the machine's. Raises UsageFault when a file that `settings.transcripts` needs is not given."""
        self._settings = settings
        self._providers = providers
        self._clock = clock
        self._unseated: frozenset[str] = frozenset()
        self._live = Live(settings, providers, spending, breakers, clock, learnt)
        self._spending = spending
        self._source = _source(settings, self._live, cassette)
        self._cache = cache if settings.transcripts == "cached" else None
        self._decisions: OrderedDict[str, _Decision] = OrderedDict()

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        """Begin a decision: its deadline starts here, and `before_usd` of its budget is already spent [USD].

        A decision that is asked `ahead` also has the watchlist's budget, and half of a provider's rate, so that the
        court comes first.
        """
        self._spending.carry(decision_id, before_usd)
        until = asyncio.get_running_loop().time() + self._settings.deadlines.decision_s
        self._decisions[decision_id] = _Decision(until, ahead)
        self._decisions.move_to_end(decision_id)
        while len(self._decisions) > _DECISIONS_KEPT:
            self._decisions.popitem(last=False)

    async def ask(self, decision_id: str, request: Request, accept: Accept[Word]) -> RoleAnswer[Word]:
        """Ask for a role's opinion within its deadline and the decision's. Raises ReplayMiss, but no error of a
        provider.
        """
        if decision_id not in self._decisions:
            self.decide(decision_id)
        begun = asyncio.get_running_loop().time()
        decision = self._decisions[decision_id]
        until = min(begun + self._settings.deadlines.role_s, decision.until)
        chain = chain_of(self._settings, request.role)
        cheapest = self._cheapest(chain, request)
        asking = _Asking(decision_id, request, accept, begun, until, decision.ahead, [], decision.until, cheapest)
        if cheapest is not None and self._source.saves(self._first(asking, chain[0]), self._first(asking, cheapest)):
            chain = (cheapest, *(name for name in chain if name != cheapest))
        for position, provider in enumerate(chain, start=1):
            accepted = await self._ask_one(asking, provider, is_last=position == len(chain))
            if accepted is not None:
                return RoleAnswer(accepted.word, "", tuple(asking.attempts))
        return RoleAnswer(None, why_silent(tuple(asking.attempts)), tuple(asking.attempts))

    @property
    def live(self) -> Live:
        """The source that asks real providers."""
        return self._live

    def unseat(self, why: Mapping[str, str]) -> None:
        """Ask none of these providers in this run; `why` gives the reason for each."""
        self._unseated |= why.keys()
        self._live.unseat(why)

    async def close(self) -> None:
        """Close all providers."""
        await asyncio.gather(*(provider.close() for provider in self._providers.values()), return_exceptions=True)

    def _cheapest(self, chain: tuple[str, ...], request: Request) -> str | None:
        """The provider of a chain whose answer can cost the least; None where there is no choice."""
        seated = [name for name in chain if name not in self._unseated]
        if len(seated) < 2:
            return None
        now, asked = self._clock.now(), self._settings.providers

        def worst(name: str) -> Decimal:
            thinking = self._asked_of(name, request)
            wide = thinking.model_copy(update={"max_tokens": room(asked[name], thinking)})
            return worst_case_usd(asked[name], wide, now)

        return min(seated, key=worst)

    def _asked_of(self, provider: str, request: Request) -> Request:
        """The question as it is put to a provider: with the effort that the profile gives it for the role."""
        return request.model_copy(update={"effort": self._settings.providers[provider].effort_of(request.role)})

    def _first(self, asking: _Asking[Word], provider: str) -> Call:
        """The first call of a question to a provider."""
        return Call(
            asking.decision_id,
            provider,
            self._settings.providers[provider].model,
            self._asked_of(provider, asking.request),
            asking.until,
            asking.until,
            ahead=asking.ahead,
            decision_until=asking.decision_until,
            cheapest=asking.cheapest,
        )

    async def _ask_one(self, asking: _Asking[Word], provider: str, *, is_last: bool) -> Accepted[Word] | None:
        """Send up to `requests_a_provider` requests to one provider.

        If another provider follows in the chain, a second request must begin in the first half of the role's time.
        """
        call = self._first(asking, provider)
        settings = self._settings.providers[provider]
        for _ in range(self._settings.requests_a_provider):
            done, judged = await self._call(call, asking.accept)
            asking.attempts.append(_attempt(call, done, judged, len(asking.attempts) + 1, settings.reply == "fenced"))
            if judged.accepted is not None:
                return judged.accepted
            request = again(call.request, judged.outcome, judged.detail)
            cut_at = _cut_at(done)
            if request is None or (cut_at is not None and not wider(settings, cut_at)):
                break
            call = call._replace(
                request=request,
                cut_at=cut_at,
                pause_s=_pause_s(done) if judged.outcome in TRANSIENT else 0.0,
                latest=asking.until if is_last else (asking.begun + asking.until) / 2,
            )
        return None

    async def _call(self, call: Call, accept: Accept[Word]) -> tuple[CallResult, Judged[Word]]:
        if self._cache is None:
            done = await self._source.send(call)
            return done, self._judge(call, done, accept)
        try:
            async with self._cache.flight(self._kept_under(call), call.until):
                return await self._cached(self._cache, call, accept)
        except NoSlot:
            late = CallResult.skipped(
                AttemptOutcome.SKIPPED_DEADLINE, "the same question was asked already, and not answered in time"
            )
            return late, self._judge(call, late, accept)

    async def _cached(self, cache: Cache, call: Call, accept: Accept[Word]) -> tuple[CallResult, Judged[Word]]:
        """Judge a cached answer again; or make a call and cache its answer if it has an opinion."""
        key = self._kept_under(call)
        found = cache.get(key)
        if found is not None:
            kept = CallResult(completion=found, usage=_NOTHING_USED, from_cache=True)
            judged = self._judge(call, kept, accept)
            if judged.outcome is not AttemptOutcome.OK:
                cache.drop(key)
            return kept, judged
        done = await self._source.send(call)
        judged = self._judge(call, done, accept)
        if done.completion is not None and judged.outcome is AttemptOutcome.OK:
            cache.put(key, done.completion)
        return done, judged

    def _kept_under(self, call: Call) -> str:
        """The name under which its answer is kept. Two servers may call different models by one name, so a provider with an
        address of its own has answers of its own."""
        place = self._settings.providers[call.provider].base_url
        return call.key if place is None else sha256(f"{place}\x1f{call.key}")

    def _judge(self, call: Call, done: CallResult, accept: Accept[Word]) -> Judged[Word]:
        return judge(done, accept, is_fenced=self._settings.providers[call.provider].reply == "fenced")


def _source(settings: MindsSettings, live: Live, cassette: Cassette | None) -> CallSource:
    if settings.transcripts in ("live", "cached"):
        return live
    if cassette is None:
        raise UsageFault(
            f"minds.transcripts is {settings.transcripts}, but no file of recorded answers was given; no model was asked. "
            "Set minds.cassette."
        )
    return Playing(cassette) if settings.transcripts == "replay" else Recording(live, cassette)


def _pause_s(done: CallResult) -> float:
    """Return the wait that the provider asked for, or else a short pause [s]."""
    return max(0.0, done.retry_after_s) if done.retry_after_s is not None else _BACK_OFF_S


def _cut_at(done: CallResult) -> int | None:
    """The limit at which an answer was cut off [tokens]; None for any other, and for a recording of an older version."""
    return done.max_tokens if done.completion is not None and done.completion.stop is Stop.LENGTH else None


def _attempt(call: Call, done: CallResult, judged: Judged[Word], number: int, is_fenced: bool) -> Attempt:
    return Attempt(
        decision_id=call.decision_id,
        role=call.request.role,
        number=number,
        provider=call.provider,
        model=call.model,
        prompt_version=call.request.prompt_version,
        system_sha256=sha256(call.request.system),
        user=call.request.user,
        max_tokens=done.max_tokens or call.request.max_tokens,
        request_key=call.key,
        outcome=judged.outcome,
        detail=judged.detail,
        reply=done.completion.text if done.completion is not None else None,
        usage=done.usage,
        cost_usd=done.cost_usd,
        latency_ms=done.latency_ms,
        from_cache=done.from_cache,
        warnings=done.warnings,
        effort=call.request.effort,
        thinking=done.completion.thinking if done.completion is not None else None,
        is_fenced=is_fenced,
        question=call.request.question,
    )
