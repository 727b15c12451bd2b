"""Breakers trip, hold over midnight and restart, and lift only by their stated rule."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from gate_support import LIMITS
from hypothesis import given
from hypothesis import strategies as st

from risk.breakers import (
    BreakerState,
    fall_sigmas,
    observe_equity,
    observe_falls,
    observe_move,
    observe_trade,
    streak_limit,
)

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


BY_SYMBOL = LIMITS.model_copy(update={"turbulence": "symbol", "turbulence_alarms": 6.0})


def falls(moves: dict[str, float | None], least: float = 7.0) -> BreakerState:
    return observe_falls(fresh(), LATE, moves, least, BY_SYMBOL)[0]


def test_a_fall_pauses_its_own_symbol_and_no_other() -> None:
    state = falls({"BTC/USDT": -7.5, "ETH/USDT": -1.0, "SOL/USDT": None})
    assert state.open is None
    assert state.open_on("ETH/USDT") is None
    latch = state.open_on("BTC/USDT")
    assert latch is not None
    assert (latch.breaker, latch.symbol) == ("turbulence", "BTC/USDT")


def test_a_rise_pauses_nothing_however_large() -> None:
    assert falls({"BTC/USDT": 40.0, "ETH/USDT": 30.0}).latches == ()


def test_the_account_is_paused_when_the_market_as_a_whole_falls() -> None:
    state = falls({"BTC/USDT": -9.0, "ETH/USDT": -6.0})
    assert state.open is not None
    assert state.open_on("SOL/USDT") == state.open
    assert falls({"BTC/USDT": -9.0}).open is None


def test_a_pause_of_a_symbol_lifts_after_its_hours_and_is_extended_by_another_fall() -> None:
    state = falls({"BTC/USDT": -8.0})
    state, events = observe_falls(state, LATE + timedelta(hours=5), {"BTC/USDT": -8.0}, 7.0, BY_SYMBOL)
    assert [(event.action, event.symbol) for event in events] == [("extended", "BTC/USDT")]
    state, events = observe_equity(state, LATE + timedelta(hours=24), Decimal(10_000), BY_SYMBOL)
    assert events == ()
    state, events = observe_equity(state, LATE + timedelta(hours=29), Decimal(10_000), BY_SYMBOL)
    assert [(event.action, event.symbol) for event in events] == [("lifted", "BTC/USDT")]
    assert state.open_on("BTC/USDT") is None


def test_longer_bars_need_smaller_falls_for_as_many_alarms_a_year() -> None:
    found = [round(fall_sigmas(per_day, BY_SYMBOL), 1) for per_day in (288.0, 24.0, 6.0, 1.0)]
    assert found == [16.2, 7.3, 4.6, 2.6]
    assert fall_sigmas(24.0, BY_SYMBOL.model_copy(update={"turbulence_alarms": 60.0})) < found[1]


def test_a_voter_that_wins_often_is_paused_by_a_shorter_streak() -> None:
    limits = LIMITS.model_copy(update={"loss_streak": 4, "loss_streak_chance": 0.01})
    often, seldom, unknown = (streak_limit(*counted, limits) for counted in ((400, 250), (400, 120), (0, 0)))
    assert (often, seldom, unknown) == (5, 13, 10)
    assert streak_limit(400, 120, LIMITS) == LIMITS.loss_streak
    assert streak_limit(400, 399, limits) == 4


def test_trades_and_wins_are_counted_where_the_chance_of_a_streak_is_asked_for() -> None:
    limits = LIMITS.model_copy(update={"loss_streak_chance": 0.01})
    state = fresh()
    for pnl in (5, -1, 3, 0):
        state, _ = observe_trade(state, LATE, Decimal(pnl), limits)
    assert (state.trades, state.wins) == (4, 2)
    assert observe_trade(fresh(), LATE, Decimal(5), LIMITS)[0].trades == 0
