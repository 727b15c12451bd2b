"""Rules that size by what has been lost and by what a bad stretch would cost, as sentences."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from gate_support import AT, LIMITS, cap, facts, held, portfolio, returns
from hypothesis import given
from hypothesis import strategies as st

from config.sections.limits import RiskLimits
from risk.breakers import BreakerState
from risk.facts import Facts, as_recorded
from risk.facts import cap as room
from risk.limits import loss as rules


def limited(**changes: Any) -> RiskLimits:
    return RiskLimits.model_validate({**LIMITS.model_dump(), **changes})


def below(peak: int, half_size: str = "cap") -> Facts:
    return facts(breakers=BreakerState.fresh(Decimal(peak), AT), limits=limited(half_size=half_size))


def stressed(matrix: np.ndarray, limit: float, bars: int = 3, eth: str | None = None, top: float = 0.2) -> Facts:
    limits = limited(
        max_stressed_loss=limit, stress_bars=bars, max_position_fraction=top, max_deployed_fraction=max(top, 0.2)
    )
    symbols = ("BTC/USDT", "ETH/USDT")[: matrix.shape[1]]
    positions = () if eth is None else (held("ETH/USDT", eth),)
    return facts(limits=limits, returns=matrix, symbols=symbols, portfolio=portfolio(positions=positions))


def test_ten_percent_below_the_peak_a_position_is_half_as_large() -> None:
    assert rules.drawdown_half(below(10_000)).notional_cap is None
    assert rules.drawdown_half(below(11_110)).notional_cap is None
    assert cap(rules.drawdown_half(below(11_112))) == pytest.approx(250.0)
    assert rules.drawdown_half(below(12_500)).number == pytest.approx(0.2)


def test_at_the_drawdown_half_of_the_tightest_other_limit_is_left_and_above_it_all_of_it() -> None:
    caps = [room(facts(), "position", 0.05), room(facts(), "kelly", 0.012), rules.drawdown_half(below(11_112, "halve"))]
    assert [report.notional_cap for report in rules.halved(below(11_112, "halve"), caps)] == [500, 120, 60]
    assert rules.halved(below(11_110, "halve"), caps) == tuple(caps)
    assert rules.halved(below(11_112), caps) == tuple(caps)


def test_the_worst_stretch_sets_the_room_and_its_loss_is_compounded() -> None:
    matrix = np.zeros((60, 1))
    matrix[20:23] = -0.1
    room = cap(rules.stressed_loss(stressed(matrix, 0.02))) / 10_000
    assert room * (1 - 0.9**3) == pytest.approx(0.02)


def test_losses_that_are_further_apart_than_the_stretch_do_not_add_up() -> None:
    matrix = np.zeros((60, 1))
    matrix[[20, 30, 40]] = -0.1
    room = cap(rules.stressed_loss(stressed(matrix, 0.015))) / 10_000
    assert room == pytest.approx(0.15)


def test_what_is_held_takes_its_part_of_the_stressed_loss() -> None:
    matrix = np.zeros((60, 2))
    matrix[20] = -0.1
    alone = cap(rules.stressed_loss(stressed(matrix, 0.015)))
    beside = cap(rules.stressed_loss(stressed(matrix, 0.015, eth="1000")))
    assert (alone, beside) == (pytest.approx(1500.0), pytest.approx(500.0))


def test_a_book_that_already_breaks_the_limit_gets_nothing_even_of_what_would_help() -> None:
    matrix = np.zeros((60, 2))
    matrix[20] = 0.1, -0.1
    assert cap(rules.stressed_loss(stressed(matrix, 0.015, eth="2000"))) == 0.0


def test_a_window_shorter_than_the_stretch_leaves_nothing() -> None:
    assert cap(rules.stressed_loss(stressed(returns(rows=60), 0.5, bars=61))) == 0.0
    assert rules.stressed_loss(stressed(returns(rows=61), 0.5, bars=61)).notional_cap is None


@given(limit=st.floats(0.001, 0.2), eth=st.integers(0, 3000), seed=st.integers(0, 50))
def test_no_stretch_of_the_window_loses_more_than_the_limit_with_what_is_left_room_for(
    limit: float, eth: int, seed: int
) -> None:
    matrix = np.random.default_rng(seed).normal(0, 0.02, (80, 2))
    given_ = stressed(matrix, limit, bars=5, eth=str(eth) if eth else None)
    room = cap(as_recorded(given_, rules.stressed_loss(given_))) / 10_000
    weights = np.array([room, eth / 10_000])
    worst = min(float(((1 + matrix[i : i + 5]).prod(axis=0) - 1) @ weights) for i in range(76))
    assert room == 0.0 or -worst <= limit + 1e-12


def test_a_wild_market_gets_less_so_that_its_volatility_is_on_target() -> None:
    wild = facts(returns=returns(sigma=0.05), limits=limited(volatility_target=0.05))
    room = cap(rules.volatility(wild)) / 10_000
    annual = float(np.std(wild.returns[:, 0], ddof=1)) * (24 * 365) ** 0.5
    assert room * annual == pytest.approx(0.05)
    assert room < LIMITS.max_position_fraction


def test_a_price_that_never_moved_tells_nothing_of_its_volatility() -> None:
    still = facts(returns=np.zeros((500, 1)), limits=limited(volatility_target=0.2))
    assert cap(rules.volatility(still)) == 0.0


@pytest.mark.parametrize("rule", [rules.stressed_loss, rules.volatility])
def test_a_limit_that_is_null_caps_nothing(rule: Any) -> None:
    assert rule(facts(returns=returns(sigma=0.2))).notional_cap is None
