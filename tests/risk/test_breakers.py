"""Breakers trip, hold over midnight and restart, and lift only by their stated rule."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from gate_support import LIMITS
from hypothesis import given
from hypothesis import strategies as st

from risk.breakers import BreakerState, observe_equity, observe_move, observe_trade

LATE = datetime(2024, 3, 1, 22, tzinfo=UTC)


def fresh() -> BreakerState:
    return BreakerState.fresh(Decimal(10_000), LATE)


def test_five_percent_down_on_the_day_closes_for_its_full_time_and_midnight_does_not_lift_it() -> None:
    state, events = observe_equity(fresh(), LATE, Decimal(9_499), LIMITS)
    assert [event.breaker for event in events] == ["daily_loss"]
    state, events = observe_equity(state, LATE + timedelta(hours=3), Decimal(9_499), LIMITS)
    assert state.day_utc == "2024-03-02"
    assert state.day_start_equity == Decimal(9_499)
    assert state.open is not None
    assert state.open.breaker == "daily_loss"
    state, events = observe_equity(state, LATE + timedelta(hours=24), Decimal(9_499), LIMITS)
    assert [event.action for event in events] == ["lifted"]
    assert state.open is None


def test_the_bar_that_closes_at_midnight_belongs_to_the_day_that_it_ends() -> None:
    midnight = LATE + timedelta(hours=2)
    state, events = observe_equity(fresh(), midnight, Decimal(9_400), LIMITS)
    assert [event.breaker for event in events] == ["daily_loss"]
    assert (state.day_utc, state.day_start_equity) == ("2024-03-02", Decimal(9_400))


def test_daily_bars_can_trip_the_daily_loss_too() -> None:
    state, _ = observe_equity(fresh(), LATE + timedelta(hours=2), Decimal(9_700), LIMITS)
    state, events = observe_equity(state, LATE + timedelta(hours=26), Decimal(9_210), LIMITS)
    assert [event.breaker for event in events] == ["daily_loss"]


def test_four_percent_down_is_not_five() -> None:
    state, events = observe_equity(fresh(), LATE, Decimal(9_501), LIMITS)
    assert (state.open, events) == (None, ())


def test_a_drawdown_halts_and_time_never_lifts_it() -> None:
    state, _ = observe_equity(fresh(), LATE, Decimal(12_000), LIMITS)
    state, events = observe_equity(state, LATE + timedelta(days=9), Decimal(10_199), LIMITS)
    assert "drawdown" in [event.breaker for event in events]
    state, _ = observe_equity(state, LATE + timedelta(days=900), Decimal(11_900), LIMITS)
    assert state.open is not None
    assert state.open.breaker == "drawdown"


def test_state_comes_back_from_its_bytes_as_it_was() -> None:
    state, _ = observe_equity(fresh(), LATE, Decimal(8_000), LIMITS)
    assert BreakerState.model_validate_json(state.canonical()) == state
    assert {latch.breaker for latch in state.latches} == {"drawdown", "weekly_loss", "daily_loss"}


def test_a_violent_bar_pauses_and_another_extends_the_pause() -> None:
    state, events = observe_move(fresh(), LATE, "BTC/USDT", 7.0, LIMITS)
    assert [event.action for event in events] == ["tripped"]
    state, events = observe_move(state, LATE + timedelta(hours=5), "ETH/USDT", 9.0, LIMITS)
    assert [event.action for event in events] == ["extended"]
    assert state.open is not None
    assert state.open.until_utc == LATE + timedelta(hours=5 + LIMITS.turbulence_pause_h)


@pytest.mark.parametrize("sigmas", [None, 0.0, 5.99])
def test_an_ordinary_bar_pauses_nothing(sigmas: float | None) -> None:
    assert observe_move(fresh(), LATE, "BTC/USDT", sigmas, LIMITS) == (fresh(), ())


def test_a_win_ends_a_losing_streak_and_the_fourth_loss_in_a_row_pauses() -> None:
    state = fresh()
    for pnl in (-1, -1, -1, 5, -1, -1, -1):
        state, events = observe_trade(state, LATE, Decimal(pnl), LIMITS)
        assert events == ()
    state, events = observe_trade(state, LATE, Decimal(-1), LIMITS)
    assert [event.breaker for event in events] == ["loss_streak"]
    assert state.losses_in_a_row == 0


@given(st.lists(st.integers(min_value=1, max_value=20_000), min_size=1, max_size=60))
def test_no_new_risk_is_open_while_equity_is_below_a_limit_that_it_has_crossed(path: list[int]) -> None:
    state, peak = fresh(), Decimal(10_000)
    for hour, equity in enumerate(path):
        state, _ = observe_equity(state, LATE + timedelta(hours=hour), Decimal(equity), LIMITS)
        peak = max(peak, Decimal(equity))
        if 1 - Decimal(equity) / peak >= Decimal("0.15"):
            assert state.open is not None
            assert state.open.breaker == "drawdown"
    assert state.peak_equity == peak


MONDAY = datetime(2024, 3, 4, tzinfo=UTC)


def test_eight_percent_down_on_the_week_closes_although_no_day_lost_five() -> None:
    state, seen = BreakerState.fresh(Decimal(10_000), MONDAY), []
    for day, equity in enumerate((10_000, 9_600, 9_250, 9_199), start=1):
        state, events = observe_equity(state, MONDAY + timedelta(days=day), Decimal(equity), LIMITS)
        seen += [(event.breaker, day) for event in events]
    assert seen == [("weekly_loss", 4)]
    assert state.open is not None
    assert state.open.until_utc == MONDAY + timedelta(days=4, hours=LIMITS.weekly_loss_pause_h)


def test_the_week_begins_on_monday_and_the_bar_that_closes_there_belongs_to_the_week_that_it_ends() -> None:
    sunday = MONDAY - timedelta(hours=1)
    state = BreakerState.fresh(Decimal(10_000), sunday)
    assert state.week_utc == "2024-W09"
    state, events = observe_equity(state, MONDAY, Decimal(9_100), LIMITS.model_copy(update={"max_daily_loss": 0.15}))
    assert [event.breaker for event in events] == ["weekly_loss"]
    assert (state.week_utc, state.week_start_equity) == ("2024-W10", Decimal(9_100))


def test_a_new_week_does_not_lift_the_weekly_latch_and_a_restart_does_not_either() -> None:
    limits = LIMITS.model_copy(update={"max_daily_loss": 0.15})
    state, _ = observe_equity(
        BreakerState.fresh(Decimal(10_000), MONDAY), MONDAY + timedelta(days=6), Decimal(9_000), limits
    )
    state = BreakerState.model_validate_json(state.canonical())
    state, _ = observe_equity(state, MONDAY + timedelta(days=7), Decimal(9_000), limits)
    state, _ = observe_equity(state, MONDAY + timedelta(days=8, hours=23), Decimal(9_000), limits)
    assert state.open is not None
    assert state.open.breaker == "weekly_loss"
    state, events = observe_equity(state, MONDAY + timedelta(days=9), Decimal(9_000), limits)
    assert [event.action for event in events] == ["lifted"]
    assert state.open is None


def test_the_latch_falls_again_when_it_lifts_within_a_week_that_is_still_lost() -> None:
    limits = LIMITS.model_copy(update={"max_daily_loss": 0.15})
    state, _ = observe_equity(
        BreakerState.fresh(Decimal(10_000), MONDAY), MONDAY + timedelta(days=1), Decimal(9_000), limits
    )
    state, events = observe_equity(state, MONDAY + timedelta(days=4), Decimal(9_000), limits)
    assert [event.action for event in events] == ["lifted", "tripped"]
    assert state.open is not None


def test_the_year_of_a_week_is_that_of_its_thursday() -> None:
    assert BreakerState.fresh(Decimal(1), datetime(2024, 12, 31, tzinfo=UTC)).week_utc == "2025-W01"
