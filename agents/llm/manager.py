"""The manager: asks the providers of a role one after another, within the deadlines and budgets, and keeps every
attempt.

    for each provider of the role's chain
        at most two requests: the second after a transient failure, or with the error shown after an unusable answer
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
from agents.llm.attempt import TRANSIENT, Attempt, AttemptOutcome, Request, Usage
from agents.llm.budget.budgets import Spending
from agents.llm.budget.limiter import NoSlot
from agents.llm.budget.provider_breakers import Breakers
from agents.llm.chain import Accepted, Judged, again, chain_of, judge, why_silent
from agents.llm.live import Live
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
    ) -> None:
        """`clock` is the machine's. Raises UsageFault when a file that `settings.transcripts` needs is not given."""
        self._settings = settings
        self._providers = providers
        self._spending = spending
        self._source = _source(settings, Live(settings, providers, spending, breakers, clock), cassette)
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
        asking = _Asking(decision_id, request, accept, begun, until, decision.ahead, [])
        chain = chain_of(self._settings, request.role)
        for position, provider in enumerate(chain, start=1):
            accepted = await self._ask_one(asking, provider, is_last=position == len(chain))
            if accepted is not None:
                return RoleAnswer(accepted.word, "", tuple(asking.attempts))
        return RoleAnswer(None, why_silent(tuple(asking.attempts)), tuple(asking.attempts))

    async def close(self) -> None:
        """Close all providers."""
        await asyncio.gather(*(provider.close() for provider in self._providers.values()), return_exceptions=True)

    async def _ask_one(self, asking: _Asking[Word], provider: str, *, is_last: bool) -> Accepted[Word] | None:
        """Send up to `requests_a_provider` requests to one provider.

        If another provider follows in the chain, a second request must begin in the first half of the role's time.
        """
        request: Request | None = asking.request
        latest, pause_s = asking.until, 0.0
        for _ in range(self._settings.requests_a_provider):
            if request is None:
                break
            call = Call(
                asking.decision_id,
                provider,
                self._settings.providers[provider].model,
                request,
                asking.until,
                latest,
                pause_s,
                asking.ahead,
            )
            done, judged = await self._call(call, asking.accept)
            asking.attempts.append(_attempt(call, done, judged, len(asking.attempts) + 1))
            if judged.accepted is not None:
                return judged.accepted
            request = again(request, judged.outcome, judged.detail)
            pause_s = _pause_s(done) if judged.outcome in TRANSIENT else 0.0
            latest = asking.until if is_last else (asking.begun + asking.until) / 2
        return None

    async def _call(self, call: Call, accept: Accept[Word]) -> tuple[CallResult, Judged[Word]]:
        if self._cache is None:
            done = await self._source.send(call)
            return done, judge(done, accept)
        try:
            async with self._cache.flight(call.key, call.until):
                return await self._cached(self._cache, call, accept)
        except NoSlot:
            late = CallResult.skipped(
                AttemptOutcome.SKIPPED_DEADLINE, "the same question was asked already, and not answered in time"
            )
            return late, judge(late, accept)

    async def _cached(self, cache: Cache, call: Call, accept: Accept[Word]) -> tuple[CallResult, Judged[Word]]:
        """Judge a cached answer again; or make a call and cache its answer if it has an opinion."""
        found = cache.get(call.key)
        if found is not None:
            kept = CallResult(completion=found, usage=_NOTHING_USED, from_cache=True)
            judged = judge(kept, accept)
            if judged.outcome is not AttemptOutcome.OK:
                cache.drop(call.key)
            return kept, judged
        done = await self._source.send(call)
        judged = judge(done, accept)
        if done.completion is not None and judged.outcome is AttemptOutcome.OK:
            cache.put(call.key, done.completion)
        return done, judged


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


def _attempt(call: Call, done: CallResult, judged: Judged[Word], number: int) -> Attempt:
    return Attempt(
        decision_id=call.decision_id,
        role=call.request.role,
        number=number,
        provider=call.provider,
        model=call.model,
        prompt_version=call.request.prompt_version,
        system_sha256=sha256(call.request.system),
        user=call.request.user,
        max_tokens=call.request.max_tokens,
        request_key=call.key,
        outcome=judged.outcome,
        detail=judged.detail,
        reply=done.completion.text if done.completion is not None else None,
        usage=done.usage,
        cost_usd=done.cost_usd,
        latency_ms=done.latency_ms,
        from_cache=done.from_cache,
        warnings=done.warnings,
    )
