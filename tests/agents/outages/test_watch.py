"""The watch: spells of silence, the schedule that is counted from their first decision, and budgets near their end."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from court_support import AT
from hypothesis import given
from hypothesis import strategies as st

from agents.llm.attempt import Attempt, AttemptOutcome, BudgetWarning, Role
from agents.outages.alert import Alert
from agents.outages.watch import OutageWatch, derisked, silences
from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.minds import DeriskStep
from risk.portfolio import Portfolio, Position

STEPS = (DeriskStep(after_h=2, keep_fraction=0.5), DeriskStep(after_h=4, keep_fraction=0.0))
NEAR = BudgetWarning(budget="day", period="day 2024-05-01", spent_usd=Decimal("0.9"), limit_usd=Decimal(1))


def attempt(
    outcome: AttemptOutcome = AttemptOutcome.OK,
    role: Role = "analyst",
    decision: str = "d1",
    provider: str = "first",
    warnings: tuple[BudgetWarning, ...] = (),
) -> Attempt:
    return Attempt(
        decision_id=decision, role=role, number=1, provider=provider, model="m", prompt_version="1",
        system_sha256="0" * 64, user="the case", max_tokens=100, request_key="0" * 64, outcome=outcome, detail="",
        reply=None, usage=None, cost_usd=Decimal(0), latency_ms=0, warnings=warnings,
    )  # fmt: skip


OK, DOWN = attempt(), attempt(AttemptOutcome.OVERLOADED)


def hour(number: float) -> datetime:
    return AT + timedelta(hours=number)


def book(**held: str) -> Portfolio:
    positions = tuple(
        Position(symbol=symbol, quantity=Decimal(size), entry_price=Decimal(100), mark_price=Decimal(100))
        for symbol, size in held.items()
    )
    return Portfolio(as_of_utc=AT, cash=Decimal(1000), equity=Decimal(10_000), positions=positions)


def codes(alerts: Iterable[Alert]) -> list[str]:
    return [alert.code for alert in alerts]


def test_a_spell_begins_once_and_ends_once() -> None:
    watch = OutageWatch(())
    said = [codes(watch.heard(hour(i), [made])) for i, made in enumerate((OK, DOWN, DOWN, OK, OK, DOWN))]
    assert said == [[], ["outage_began"], [], ["outage_ended"], [], ["outage_began"]]


def test_where_nobody_was_asked_nothing_is_learnt() -> None:
    watch = OutageWatch(())
    watch.heard(hour(0), [DOWN])
    assert watch.heard(hour(1), []) == ()
    assert codes(watch.heard(hour(2), [OK])) == ["outage_ended"]


def test_outlooks_that_are_asked_ahead_neither_begin_nor_end_a_spell() -> None:
    watch = OutageWatch(())
    assert watch.heard(hour(0), [], [DOWN]) == ()
    assert watch.heard(hour(1), [OK], [DOWN]) == ()
    assert codes(watch.heard(hour(2), [DOWN], [OK])) == ["outage_began"]
    assert watch.heard(hour(3), [], [OK]) == ()
    assert codes(watch.heard(hour(4), [OK], [DOWN])) == ["outage_ended"]


def test_a_budget_that_comes_near_its_end_while_asking_ahead_is_told_and_what_ends_with_it() -> None:
    near = NEAR.model_copy(update={"budget": "watchlist", "period": "watchlist 2024-05-01"})
    (told,) = OutageWatch(()).heard(hour(0), [], [attempt(warnings=(near,))])
    assert told.code == "budget_near"
    assert told.text.endswith("no outlook is asked ahead until the next UTC day.")


def test_a_word_of_any_model_of_the_chain_is_a_word() -> None:
    assert silences([DOWN, attempt(provider="second")]) == frozenset()
    assert silences([DOWN, attempt(AttemptOutcome.INVALID, provider="second")]) == {("d1", "analyst")}


def test_one_silent_role_of_one_decision_is_an_outage_and_no_recovery() -> None:
    others = [OK, attempt(AttemptOutcome.TIMEOUT, role="supervisor", decision="d2"), attempt(role="supervisor")]
    assert silences(others) == {("d2", "supervisor")}
    watch = OutageWatch(())
    (began,) = watch.heard(hour(0), others)
    assert "as supervisor (first timeout)" in began.text
    assert watch.heard(hour(1), others) == ()


def test_the_steps_fall_due_when_their_hours_have_passed_since_the_first_decision() -> None:
    watch = OutageWatch(STEPS)
    assert watch.step_due(hour(0), book(BTC="4")) is None
    watch.heard(hour(0), [DOWN])
    due = [watch.step_due(hour(i), book(BTC="4")) for i in (1, 2, 3, 4, 5)]
    assert due == [None, STEPS[0], None, STEPS[1], None]


def test_the_share_that_stays_is_of_the_most_that_was_held_since_the_spell_began() -> None:
    watch = OutageWatch(STEPS)
    watch.step_due(hour(0), book(BTC="4"))
    watch.heard(hour(0), [DOWN])
    watch.step_due(hour(1), book(BTC="3", ETH="1"))
    watch.step_due(hour(2), book(BTC="3", ETH="2"))
    assert watch.owed == {"BTC": Decimal(2), "ETH": Decimal(1)}


def test_what_was_left_and_bought_again_is_a_new_position() -> None:
    watch = OutageWatch(STEPS)
    watch.step_due(hour(0), book(BTC="4"))
    watch.heard(hour(0), [DOWN])
    watch.step_due(hour(0.5), book())
    watch.step_due(hour(2), book(BTC="1"))
    assert watch.owed == {"BTC": Decimal("0.5")}


def test_of_steps_that_fall_due_together_the_last_is_taken() -> None:
    watch = OutageWatch(STEPS)
    watch.heard(hour(0), [DOWN])
    assert watch.step_due(hour(24), book(BTC="4")) == STEPS[1]
    assert watch.owed == {"BTC": Decimal(0)}


def test_recovery_forgets_the_spell_and_what_was_still_owed_and_the_next_spell_counts_anew() -> None:
    watch = OutageWatch(STEPS)
    watch.heard(hour(0), [DOWN])
    watch.step_due(hour(3), book(BTC="4"))
    watch.heard(hour(3), [OK])
    assert watch.owed == {}
    assert watch.step_due(hour(9), book(BTC="4")) is None
    watch.heard(hour(10), [DOWN])
    assert watch.step_due(hour(11), book(BTC="4")) is None
    assert watch.step_due(hour(12), book(BTC="4")) == STEPS[0]


def test_a_budget_is_told_once_a_period() -> None:
    watch = OutageWatch(())
    later = NEAR.model_copy(update={"period": "day 2024-05-02"})
    near = [attempt(warnings=(NEAR,)), attempt(warnings=(NEAR, later))]
    assert codes(watch.heard(hour(0), near)) == ["budget_near", "budget_near"]
    assert watch.heard(hour(1), near) == ()


def test_a_step_says_what_was_sold_and_what_waits() -> None:
    told = derisked(hour(2), STEPS[0], ["BTC/USDT"], ("ETH/USDT",))
    assert told.severity == "critical"
    assert "2 h of outage: the schedule leaves 50% of each position." in told.text
    assert "Sold at market, as far as it was above that: BTC/USDT." in told.text
    assert "ETH/USDT had no bar" in told.text
    assert "Nothing was sold." in derisked(hour(2), STEPS[0], [], ()).text


def test_an_attempt_without_warnings_has_the_bytes_that_it_always_had() -> None:
    assert b"warnings" not in OK.canonical()
    assert Attempt.model_validate_json(OK.canonical()) == OK
    warned = attempt(warnings=(NEAR,))
    assert Attempt.model_validate_json(warned.canonical()) == warned


@pytest.mark.parametrize(
    "steps",
    [
        [{"after_h": 4, "keep_fraction": 0.5}, {"after_h": 2, "keep_fraction": 0.2}],
        [{"after_h": 2, "keep_fraction": 0.2}, {"after_h": 4, "keep_fraction": 0.5}],
        [{"after_h": 0, "keep_fraction": 0.5}],
        [{"after_h": 1, "keep_fraction": 1.0}],
    ],
)
def test_a_schedule_that_goes_backwards_or_does_nothing_is_refused(steps: list[dict[str, float]]) -> None:
    with pytest.raises(UsageFault, match="derisk"):
        load_profile("paper", {"minds.derisk": steps})


def test_by_default_the_book_is_held() -> None:
    assert load_profile("paper", {}).minds.derisk == ()


outcomes = st.lists(
    st.sampled_from([AttemptOutcome.OK, AttemptOutcome.OVERLOADED, AttemptOutcome.SKIPPED_BUDGET, None]), max_size=40
)


@given(outcomes)
def test_beginnings_and_ends_alternate_and_each_step_is_taken_at_most_once_a_spell(
    path: list[AttemptOutcome | None],
) -> None:
    watch, told, steps = OutageWatch(STEPS), [], []
    for i, outcome in enumerate(path):
        step = watch.step_due(hour(i), book(BTC="4"))
        if step is not None:
            steps.append(step)
            assert told[-1] == "outage_began", "nothing is sold but in a spell"
            assert watch.owed == {"BTC": 4 * Decimal(repr(step.keep_fraction))}
        said = codes(watch.heard(hour(i), [attempt(outcome)] if outcome else []))
        told += said
        if said:
            assert len(steps) == len(set(steps)) <= len(STEPS)
            steps = []
    assert told == ["outage_began", "outage_ended"] * (len(told) // 2) + ["outage_began"] * (len(told) % 2)
