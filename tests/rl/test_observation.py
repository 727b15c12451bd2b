"""What a policy sees: names and numbers are one thing, and what is missing stays missing."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from gate_support import AT, BTC, LIMITS, held, portfolio, proposal, returns, seen

from config.sections.rl import RlSettings
from execution.contract_columns import CONTRACT_COLUMNS
from execution.observation import COLUMNS, LEAST_BARS, SHORT_BARS, daily_volatility, short_over_long
from risk.breakers import BreakerState
from risk.calibration import CalibrationMap, ShortMaps, SizingMaps
from risk.facts import Situation
from risk.proposal import Direction, Proposal
from rl.factory import adjuster_of
from rl.features import COURT_COLUMNS
from rl.observation import Lookout, Observation, unseen


def situation(**changes: Any) -> Situation:
    """A sound one: nothing held, 500 returns of two markets, the second of which moves twice as much with the first."""
    one = returns()
    given: dict[str, Any] = {
        "proposal": proposal(), "portfolio": portfolio(), "instrument": BTC, "breakers": BreakerState.fresh(Decimal(10_000), AT),
        "frozen": None, "symbols": ("BTC/USDT", "ETH/USDT"), "returns": np.hstack((one, 2 * one)), **seen(),
    }  # fmt: skip
    return Situation(**(given | changes))


def see(calibration: SizingMaps | None = None, **changes: Any) -> Observation:
    given = situation(**changes)
    return Lookout(lambda asked: given, LIMITS, 24.0, calibration).see(given.proposal)


def test_the_names_are_those_of_the_numbers_in_their_order() -> None:
    assert tuple(Observation.model_fields) == (*COLUMNS, *COURT_COLUMNS, *CONTRACT_COLUMNS)


def test_a_row_becomes_an_observation_and_the_same_row_again() -> None:
    row = np.arange(1.0, len(COLUMNS) + 1)
    row[[2, 8]] = np.nan
    made = Observation.of(row)
    assert (made.direction, made.calibrated, made.var_headroom, made.volatility) == (
        1.0,
        None,
        None,
        float(len(COLUMNS)),
    )
    assert np.array_equal(made.row(), row, equal_nan=True)


def test_an_empty_book_has_all_its_room_and_nothing_to_move_with() -> None:
    made = see()
    assert (made.direction, made.conviction, made.ruling_scale, made.calibrated) == (1.0, 0.8, 1.0, None)
    assert (made.size, made.held_days, made.deployed, made.drawdown) == (0.0, 0.0, 0.0, 0.0)
    assert (made.var_headroom, made.es_headroom, made.correlation, made.entries) == (1.0, 1.0, 0.0, 0.0)


def test_a_held_market_takes_room_and_is_compared_with_the_proposed_one() -> None:
    small = see(portfolio=portfolio(positions=(held("ETH/USDT", "500"),)))
    large = see(portfolio=portfolio(positions=(held("ETH/USDT", "1000"),)))
    assert (small.deployed, large.deployed, small.size) == (0.05, 0.1, 0.0)
    assert small.correlation == pytest.approx(1.0)
    assert small.var_headroom is not None
    assert large.var_headroom is not None
    assert 1 - large.var_headroom == pytest.approx(2 * (1 - small.var_headroom))
    assert small.es_headroom is not None
    assert 0.0 < small.es_headroom < 1.0


def test_what_is_under_way_counts_as_held() -> None:
    book = portfolio(pending_notional={"ETH/USDT": Decimal(500)})
    assert see(portfolio=book) == see(portfolio=portfolio(positions=(held("ETH/USDT", "500"),)))


def test_a_fall_below_the_peak_is_seen_and_a_rise_above_it_is_none() -> None:
    peak = BreakerState.fresh(Decimal(12_500), AT)
    assert see(breakers=peak).drawdown == pytest.approx(0.2)
    assert see(breakers=BreakerState.fresh(Decimal(8_000), AT)).drawdown == 0.0


def test_too_few_returns_leave_out_what_is_measured_on_them_and_nothing_else() -> None:
    book = portfolio(positions=(held("ETH/USDT", "500"),))
    few = see(portfolio=book, returns=situation().returns[: LEAST_BARS - 1])
    assert (few.var_headroom, few.es_headroom, few.volatility_ratio, few.volatility, few.correlation) == (None,) * 5
    assert few.deployed == 0.05
    assert None not in see(SizingMaps(voters=MAP), portfolio=book).model_dump().values()


def test_without_equity_its_fractions_are_missing() -> None:
    made = see(portfolio=portfolio(equity=Decimal(0)))
    assert (made.size, made.deployed, made.var_headroom, made.correlation) == (None,) * 4
    assert made.drawdown == 1.0


MAP = CalibrationMap(points=((0.6, 0.4), (1.0, 0.6)), n=50, k=50)


def test_a_conviction_is_shown_as_what_it_has_been_worth_where_that_is_known() -> None:
    assert see(SizingMaps(voters=MAP)).calibrated == pytest.approx(0.5)
    assert see(SizingMaps(voters=CalibrationMap(points=(), n=0, k=50))).calibrated is None


def test_a_short_sale_is_worth_what_short_sales_have_been_worth() -> None:
    short = proposal(direction=Direction.SHORT)
    none_yet = ShortMaps(voters=CalibrationMap(points=(), n=0, k=50))
    half = ShortMaps(voters=MAP)
    better = CalibrationMap(points=((0.0, 0.9), (1.0, 0.9)), n=50, k=50)
    assert see(SizingMaps(voters=better, shorts=half), proposal=short).calibrated == pytest.approx(0.5)
    assert see(SizingMaps(voters=better, shorts=none_yet), proposal=short).calibrated is None
    assert see(SizingMaps(voters=better, shorts=half)).calibrated == pytest.approx(0.9)


def test_a_storm_of_a_day_shows_in_the_ratio_of_volatilities() -> None:
    calm = [0.01, -0.01] * 250
    assert short_over_long(calm) == pytest.approx(1.0)
    stormy = calm[:-SHORT_BARS] + [0.03, -0.03] * (SHORT_BARS // 2)
    assert short_over_long(stormy) == pytest.approx(3.0 / math.sqrt(1.0 + 8.0 * SHORT_BARS / 500))
    assert math.isnan(short_over_long([0.0] * 500))
    assert math.isnan(short_over_long(calm[: LEAST_BARS - 1]))


def test_the_volatility_of_a_day_is_that_of_its_bars() -> None:
    assert daily_volatility([0.01, -0.01] * 250, 24.0) == pytest.approx(0.01 * math.sqrt(24.0))
    assert math.isnan(daily_volatility([0.0] * 500, 24.0))
    assert math.isnan(daily_volatility([0.01] * (LEAST_BARS - 1), 24.0))


def test_a_proposal_alone_says_what_it_says_and_nothing_of_the_book() -> None:
    asked: Proposal = proposal(ruling_scale=0.5)
    made = unseen(asked).model_dump(exclude_none=True)
    assert made == {"direction": 1.0, "conviction": 0.8, "ruling_scale": 0.5}


def test_a_profile_that_says_off_gets_the_adjuster_that_lets_sizes_stand() -> None:
    off = adjuster_of(RlSettings())
    assert (off.name, off.adjust(unseen(proposal())).scale) == ("off", 1.0)
