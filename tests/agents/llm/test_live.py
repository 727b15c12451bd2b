"""A real call: breaker, rate, deadline and budget may each refuse it unsent; what was sent is booked, whatever came back."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from scripted_provider import (
    GOOD,
    HANG,
    START,
    USAGE,
    After,
    MovedClock,
    ScriptedProvider,
    Step,
    fault,
    minds,
    now_s,
    reply,
    request,
    run,
)

from agents.llm.attempt import AttemptOutcome, ProviderFault, Usage
from agents.llm.budget.budgets import Spending
from agents.llm.budget.prices import cost_usd, worst_case_usd
from agents.llm.budget.provider_breakers import Breakers
from agents.llm.live import Live
from agents.llm.source import Call, CallResult

Out = AttemptOutcome
FREE = {"worst_input_usd": "0", "worst_output_usd": "0"}


class Line:
    """A live source to one scripted provider, with its budgets and its breaker."""

    def __init__(self, folder: Path, *steps: Step, **changes: Any) -> None:
        self.settings = minds(("first",), **changes)
        self.provider = ScriptedProvider("first", list(steps) or [GOOD])
        self.spending = Spending(folder / "spending.db", self.settings.budget, START)
        clock = MovedClock()
        self.breakers = Breakers(folder / "breakers.json", self.settings.breaker_failures, 60.0, clock)
        self.live = Live(self.settings, {"first": self.provider}, self.spending, self.breakers, clock)

    async def send(self, within_s: float = 30.0, pause_s: float = 0.0, latest_s: float = 30.0) -> CallResult:
        now = now_s()
        return await self.live.send(Call("d1", "first", "scripted", request(), now + within_s, now + latest_s, pause_s))

    @property
    def rates(self) -> Any:
        return self.settings.providers["first"]

    @property
    def worst(self) -> Decimal:
        return worst_case_usd(self.rates, request(), START)


@pytest.fixture
def line(tmp_path: Path) -> Callable[..., Line]:
    return lambda *steps, **changes: Line(tmp_path, *steps, **changes)


def test_a_good_answer_costs_what_its_usage_says_and_takes_the_time_that_it_took(line: Callable[..., Line]) -> None:
    asked = line(After(1.5, GOOD))
    done = run(asked.send())
    assert done.completion == GOOD
    assert done.cost_usd == cost_usd(asked.rates, USAGE, START) < asked.worst
    assert done.latency_ms == 1500


@pytest.mark.parametrize(
    ("step", "outcome", "paid"),
    [
        (fault(Out.AUTH), Out.AUTH, "nothing"),
        (fault(Out.RATE_LIMITED, 2.0), Out.RATE_LIMITED, "nothing"),
        (fault(Out.BAD_REQUEST), Out.BAD_REQUEST, "nothing"),
        (fault(Out.SERVER_ERROR), Out.SERVER_ERROR, "worst"),
        (fault(Out.CONNECTION), Out.CONNECTION, "worst"),
        (ProviderFault(Out.CONNECTION, "not sent: no proxy", sent=False), Out.CONNECTION, "nothing"),
        (HANG, Out.TIMEOUT, "worst"),
        (KeyError("token"), Out.NONSENSE, "worst"),
    ],
)
def test_a_failure_that_may_have_been_billed_is_booked_at_its_worst(
    line: Callable[..., Line], step: Step, outcome: AttemptOutcome, paid: str
) -> None:
    asked = line(step)
    done = run(asked.send())
    assert (done.outcome, done.completion) == (outcome, None)
    assert done.cost_usd == (asked.worst if paid == "worst" else 0)


def test_an_answer_without_a_count_of_its_tokens_is_booked_at_its_worst(line: Callable[..., Line]) -> None:
    for usage in (None, Usage(input_tokens=0, output_tokens=50)):
        asked = line(reply("{}", usage=usage))
        assert run(asked.send()).cost_usd == asked.worst


def test_an_adapter_that_fails_is_named_by_its_kind_and_says_none_of_its_words(line: Callable[..., Line]) -> None:
    done = run(line(KeyError("secret-token")).send())
    assert done.detail == "its adapter failed with KeyError"


def test_a_call_ends_at_its_own_deadline_or_at_that_of_its_role(line: Callable[..., Line]) -> None:
    for within_s, waited in ((30.0, "20.0"), (6.0, "6.0")):
        done = run(line(HANG).send(within_s=within_s))
        assert done.detail == f"no answer within {waited} s"


@pytest.mark.parametrize(
    ("times", "why"),
    [
        ({"within_s": 0.0}, "no time is left"),
        ({"within_s": -3.0}, "no time is left"),
        ({"pause_s": 5.0, "latest_s": 5.0}, "a second request would wait 5 s, with 30.0 s left"),
    ],
)
def test_a_call_that_comes_too_late_is_not_sent(line: Callable[..., Line], times: dict[str, float], why: str) -> None:
    asked = line()
    done = run(asked.send(**times))
    assert done.outcome is Out.SKIPPED_DEADLINE
    assert done.detail.startswith(why)
    assert asked.provider.asked == []
    assert done.cost_usd == 0


def test_a_pause_is_waited_for_before_the_call(line: Callable[..., Line]) -> None:
    asked = line()
    run(asked.send(pause_s=4.0))
    assert asked.provider.times == [4.0]


def test_failures_in_a_row_open_the_breaker_and_then_nothing_is_sent(line: Callable[..., Line]) -> None:
    asked = line(fault(Out.OVERLOADED))

    async def five() -> list[CallResult]:
        return [await asked.send() for _ in range(5)]

    done = run(five())
    assert [each.outcome for each in done] == [Out.OVERLOADED] * 3 + [Out.SKIPPED_BREAKER] * 2
    assert len(asked.provider.asked) == 3
    assert "after 3 failures in a row (overloaded)" in done[-1].detail


def test_a_budget_that_does_not_hold_the_worst_case_sends_nothing(line: Callable[..., Line]) -> None:
    budget = {"decision_usd": "0.0001", "day_usd": "10", "month_usd": "100", "warn_at": 0.8}
    asked = line(budget=budget)
    assert asked.worst > Decimal("0.0001")
    done = run(asked.send())
    assert (done.outcome, done.cost_usd, asked.provider.asked) == (Out.SKIPPED_BUDGET, 0, [])


def test_a_free_model_is_asked_whatever_is_left_of_the_budget(line: Callable[..., Line]) -> None:
    budget = {"decision_usd": "1e-9", "day_usd": "1e-9", "month_usd": "1e-9", "warn_at": 0.8}
    done = run(line(budget=budget, first=FREE).send())
    assert (done.completion, done.cost_usd) == (GOOD, 0)


def test_a_minute_that_is_full_refuses_whom_it_cannot_serve_in_time(line: Callable[..., Line]) -> None:
    asked = line(first={"requests_per_minute": 2})

    async def three() -> list[CallResult]:
        return [await asked.send() for _ in range(3)]

    *_, last = run(three())
    assert last.outcome is Out.SKIPPED_DEADLINE
    assert "rate limit" in last.detail
    assert len(asked.provider.asked) == 2
