"""A real call: first breaker, rate limit, deadline and budget, then one request, then its cost.

Each of the four can refuse; then no request is sent and nothing is paid. The worst case is reserved before the
request and replaced by the cost after it. If the cost is not known (time-out, cut connection, reply without usage,
cancelled task), the worst case stays booked; if no connection was made, nothing is. No failure of a provider leaves
this module as an exception.
"""

import asyncio
from collections.abc import Mapping

from agents.llm.attempt import AttemptOutcome, ProviderFault
from agents.llm.budget.budgets import Refusal, Spending
from agents.llm.budget.limiter import Limiter, NoSlot
from agents.llm.budget.prices import cost_usd, worst_case_usd
from agents.llm.budget.provider_breakers import Breakers
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
    }
)
"""Failures before the provider did any work. For other failures it is not known what was billed."""


class Live:
    """The source of calls that asks the real providers."""

    def __init__(
        self,
        settings: MindsSettings,
        providers: Mapping[str, Provider],
        spending: Spending,
        breakers: Breakers,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._spending = spending
        self._breakers = breakers
        self._clock = clock
        self._limiters = {
            name: Limiter(settings.providers[name].requests_per_minute, settings.providers[name].concurrency)
            for name in providers
        }

    async def send(self, call: Call) -> CallResult:
        late = _too_late(call)
        if late is not None:
            return CallResult.skipped(AttemptOutcome.SKIPPED_DEADLINE, late)
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
            done = await self._paid(call)
            outcome = AttemptOutcome.OK if done.completion is not None else done.outcome
            return done
        finally:
            self._breakers.report(admission, outcome)

    async def _paid(self, call: Call) -> CallResult:
        """Reserve, call, settle: the reservation is settled whatever happens in between."""
        rates, now = self._settings.providers[call.provider], self._clock.now()
        worst = worst_case_usd(rates, call.request, now)
        if not worst:
            return await self._call(call)
        reserved = self._spending.reserve(call.decision_id, call.provider, worst, now, ahead=call.ahead)
        if isinstance(reserved, Refusal):
            return self._warned(CallResult.skipped(AttemptOutcome.SKIPPED_BUDGET, reserved.why))
        cost = worst
        try:
            done = await self._call(call)
            if done.usage is not None and done.usage.input_tokens > 0:
                cost = cost_usd(rates, done.usage, now)
            elif done.outcome in _NOT_BILLED or not done.sent:
                cost = worst * 0
        finally:
            self._spending.settle(reserved, cost)
        return self._warned(done.model_copy(update={"cost_usd": cost}))

    def _warned(self, done: CallResult) -> CallResult:
        """Return the result with the budgets that are almost used up."""
        return done.model_copy(update={"warnings": self._spending.warnings()})

    async def _call(self, call: Call) -> CallResult:
        loop = asyncio.get_running_loop()
        started = loop.time()
        left = call.until - started
        if left <= 0:
            return CallResult.skipped(AttemptOutcome.SKIPPED_DEADLINE, "no time is left")
        done = await self._ask(call, min(self._settings.deadlines.call_s, left))
        return done.model_copy(update={"latency_ms": int((loop.time() - started) * 1000)})

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


def _too_late(call: Call) -> str | None:
    """Return why a call cannot be made in time, or None."""
    now = asyncio.get_running_loop().time()
    left = call.until - now
    if left <= 0:
        return "no time is left"
    if now + call.pause_s < call.latest:
        return None
    return f"a second request would wait {call.pause_s:g} s, with {left:.1f} s left for this role and the providers after it"
