"""A real call: first breaker, rate limit, deadline and budget, then one request, then its cost.

Each of the four can refuse; then no request is sent and nothing is paid. The worst case is reserved before the
request and replaced by the cost after it. If the cost is not known (time-out, cut connection, reply without usage,
cancelled task), the worst case stays booked; if no connection was made, nothing is. No failure of a provider leaves
this module as an exception.
"""

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from agents.llm.attempt import WATCHLIST, AttemptOutcome, ProviderFault, Stop
from agents.llm.budget.budgets import Refusal, Reservation, Spending
from agents.llm.budget.limiter import Limiter, NoSlot
from agents.llm.budget.prices import cost_usd, price_unknown, worst_case_usd
from agents.llm.budget.provider_breakers import Breakers
from agents.llm.budget.room import room, wider
from agents.llm.providers.learnt import Learnt
from agents.llm.providers.provider import Provider
from agents.llm.source import Call, CallResult
from config.clock import Clock
from config.sections.minds import MindsSettings

_NOT_BILLED = frozenset(
    {
        AttemptOutcome.AUTH,
        AttemptOutcome.QUOTA,
        AttemptOutcome.RATE_LIMITED,
        AttemptOutcome.OVERLOADED,
        AttemptOutcome.TOO_LARGE,
        AttemptOutcome.BAD_REQUEST,
        AttemptOutcome.SKIPPED_NO_KEY,
        AttemptOutcome.SKIPPED_DEADLINE,
        AttemptOutcome.SKIPPED_LATE,
    }
)
"""Failures before the provider did any work. For other failures it is not known what was billed."""
_TICK_S = 0.005
"""Timers of the event loop may ring this much early [s]."""


class Live:
    """The source of calls that asks the real providers."""

    def __init__(
        self,
        settings: MindsSettings,
        providers: Mapping[str, Provider],
        spending: Spending,
        breakers: Breakers,
        clock: Clock,
        learnt: Learnt | None = None,
    ) -> None:
        self._settings = settings
        self._learnt = learnt or Learnt()
        self._unseated: dict[str, str] = {}
        self._providers = providers
        self._spending = spending
        self._breakers = breakers
        self._clock = clock
        self._limiters = {
            name: Limiter(settings.providers[name].requests_per_minute, settings.providers[name].concurrency)
            for name in providers
        }

    def unseat(self, why: Mapping[str, str]) -> None:
        """Ask none of these providers in this run; `why` gives the reason for each."""
        self._unseated.update(why)

    def saves(self, first: Call, cheapest: Call) -> bool:
        """Whether so much of a budget is used that warnings are given."""
        return self._spending.is_near(first.decision_id, self._clock.now())

    async def send(self, call: Call) -> CallResult:
        unseated = self._unseated.get(call.provider) or self._unpriced(call)
        if unseated is not None:
            return CallResult.skipped(AttemptOutcome.SKIPPED_NO_SEAT, unseated)
        late = _too_late(call)
        if late is not None:
            return late
        await asyncio.sleep(call.pause_s)
        blocked = self._breakers.blocked(call.provider)
        if blocked is not None:
            return CallResult.skipped(AttemptOutcome.SKIPPED_BREAKER, blocked)
        try:
            async with self._limiters[call.provider].slot(call.until, ahead=call.ahead):
                return await self._admitted(call)
        except NoSlot:
            why = "its rate limit leaves no call within the time that is left"
            return CallResult.skipped(AttemptOutcome.SKIPPED_DEADLINE, why)

    async def _admitted(self, call: Call) -> CallResult:
        """Check the breaker again after the wait for a slot, and report the outcome to it."""
        admission = self._breakers.admit(call.provider)
        if isinstance(admission, str):
            return CallResult.skipped(AttemptOutcome.SKIPPED_BREAKER, admission)
        outcome = None
        try:
            done = await self.paid(call)
            outcome = AttemptOutcome.OK if done.completion is not None else done.outcome
            if outcome is AttemptOutcome.LATE:
                outcome = AttemptOutcome.TIMEOUT
            return done
        finally:
            self._breakers.report(admission, outcome)

    async def paid(self, call: Call) -> CallResult:
        """Reserve, call, settle: the reservation is settled whatever happens in between. No breaker and no rate limit is asked.

        An answer that may be longer costs more, so the widest room that the budgets allow is taken.
        """
        reserved, room_for = self._reserved(call)
        if isinstance(reserved, Refusal):
            return self._warned(CallResult.skipped(AttemptOutcome.SKIPPED_BUDGET, reserved.why), call)
        wide = call._replace(request=call.request.model_copy(update={"max_tokens": room_for}))
        if reserved is None:
            return self._learning(call, await self._call(wide))
        rates, now = self._settings.providers[call.provider], self._clock.now()
        cost = reserved.worst
        try:
            done = await self._call(wide)
            if done.usage is not None and done.usage.input_tokens > 0:
                cost = cost_usd(rates, done.usage, now)
            elif done.outcome in _NOT_BILLED or not done.sent:
                cost = Decimal(0)
        finally:
            self._spending.settle(reserved, cost)
        return self._warned(self._learning(call, done).model_copy(update={"cost_usd": cost}), call)

    def _reserved(self, call: Call) -> tuple[Reservation | Refusal | None, int]:
        """The widest reservation that the budgets allow, and its room [tokens]; None for a model that costs nothing."""
        rates, now = self._settings.providers[call.provider], self._clock.now()
        reserved: Reservation | Refusal | None = None
        for room_for in self._rooms(call):
            worst = worst_case_usd(rates, call.request.model_copy(update={"max_tokens": room_for}), now)
            if not worst:
                return None, room_for
            reserved = self._spending.reserve(call.decision_id, call.provider, worst, now, ahead=call.ahead)
            if isinstance(reserved, Reservation):
                break
        return reserved, room_for

    def _rooms(self, call: Call) -> tuple[int, ...]:
        """The lengths that are tried, the widest first."""
        settings = self._settings.providers[call.provider]
        if call.cut_at is not None:
            return wider(settings, call.cut_at) or (call.cut_at,)
        own, known = room(settings, call.request), self._learnt.of(call.provider).max_tokens or 0
        return (max(known, own),)  # less than what is known would be cut off again, and paid

    def _learning(self, call: Call, done: CallResult) -> CallResult:
        """The same result. Room in which an answer came whole that was cut off before is learnt."""
        whole = done.completion is not None and done.completion.stop is Stop.END
        if call.cut_at is not None and whole and done.max_tokens is not None:
            self._learnt.widen(call.provider, done.max_tokens)
        return done

    def _unpriced(self, call: Call) -> str | None:
        """Why a provider is not asked: no price is known, so no budget could be kept."""
        settings = self._settings.providers[call.provider]
        return price_unknown(call.provider, settings, self._clock.now())

    def _warned(self, done: CallResult, call: Call) -> CallResult:
        """Return the result with the budgets that are almost used up, and whom the chain goes to then."""
        warnings = tuple(
            warning if warning.budget == WATCHLIST else warning.model_copy(update={"cheapest": call.cheapest})
            for warning in self._spending.warnings()
        )
        return done.model_copy(update={"warnings": warnings})

    async def _call(self, call: Call) -> CallResult:
        loop = asyncio.get_running_loop()
        started = loop.time()
        left = call.until - started
        if left <= 0:
            return _no_time(call)
        done = await self._ask(call, min(self._settings.deadlines.call_s, left))
        if done.outcome is AttemptOutcome.TIMEOUT and loop.time() >= call.decision_until - _TICK_S:
            late = f"{done.detail}; the decision's time was over then, so the role has abstained"
            done = done.model_copy(update={"outcome": AttemptOutcome.LATE, "detail": late})
        took = int((loop.time() - started) * 1000)
        return done.model_copy(update={"latency_ms": took, "max_tokens": call.request.max_tokens})

    async def _ask(self, call: Call, timeout_s: float) -> CallResult:
        try:
            async with asyncio.timeout(timeout_s):
                completion = await self._providers[call.provider].complete(call.request, timeout_s)
        except ProviderFault as fault:
            return CallResult.failed(fault)
        except TimeoutError:
            return CallResult(outcome=AttemptOutcome.TIMEOUT, detail=f"no answer within {timeout_s:.1f} s")
        except Exception as fault:  # noqa: BLE001  the boundary of a provider: a defect of an adapter is no opinion, and no crash
            return CallResult(outcome=AttemptOutcome.NONSENSE, detail=f"its adapter failed with {type(fault).__name__}")
        return CallResult(completion=completion, usage=completion.usage)


def _too_late(call: Call) -> CallResult | None:
    """Return the result of a call that cannot be made in time, or None."""
    now = asyncio.get_running_loop().time()
    left = call.until - now
    if left <= 0:
        return _no_time(call)
    if now + call.pause_s < call.latest:
        return None
    why = f"a second request would wait {call.pause_s:g} s, with {left:.1f} s left for this role and the providers after it"
    return CallResult.skipped(AttemptOutcome.SKIPPED_DEADLINE, why)


def _no_time(call: Call) -> CallResult:
    """The result of a call that comes after its deadline: after that of the decision, the role has abstained."""
    if asyncio.get_running_loop().time() >= call.decision_until - _TICK_S:
        over = "the decision's time is over, so the role has abstained"
        return CallResult.skipped(AttemptOutcome.SKIPPED_LATE, over)
    return CallResult.skipped(AttemptOutcome.SKIPPED_DEADLINE, "no time is left")
