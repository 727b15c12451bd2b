"""What the rules about the day, the book, losses and the session report, to the letter and to the last bit.

The companion of `test_reports`, for the rules that are not in `risk/limits/trade.py` itself.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from gate_support import AT, LIMITS, facts, held, portfolio, proposal
from report_support import passed, refused, room, unbound

from config.sections.limits import RiskLimits
from risk.breakers import BreakerState
from risk.facts import DocketView, Facts, Rule, as_recorded
from risk.limits import book as book
from risk.limits import loss as loss
from risk.limits import market as market
from risk.limits.docket import equal_risk
from risk.verdict import RuleReport

QUARTERS = np.resize([0.25, -0.25], 64)[:, None]
"""A fall of a quarter every other bar; its sample variance is 4 / 63."""
EVERY_OTHER = np.resize([0.0, -0.5], 64)[:, None]


def limited(**changes: Any) -> RiskLimits:
    return RiskLimits.model_validate({**LIMITS.model_dump(), **changes})


def bound(**limits: Any) -> Facts:
    return facts(limits=limited(**limits))


def at_hour(hour: int, *hours: int) -> Facts:
    return facts(proposal=proposal(as_of_utc=AT + timedelta(hours=hour)), limits=limited(trading_hours_utc=hours))


def fallen(peak: int, **limits: Any) -> Facts:
    return facts(breakers=BreakerState.fresh(Decimal(peak), AT), limits=limited(**{"half_size": "cap", **limits}))


def moved(matrix: np.ndarray, **limits: Any) -> Facts:
    return facts(returns=matrix, limits=limited(max_position_fraction=0.5, max_deployed_fraction=0.5, **limits))


BESIDE = portfolio(positions=(held("ETH/USDT", "1000"),), pending_notional={"SOL/USDT": Decimal(250)})
SECTORS = {"BTC/USDT": "chains", "ETH/USDT": "chains", "SOL/USDT": "chains"}
OFF = "no limit is set"
REPORTS: list[tuple[Rule, Facts, RuleReport]] = [
    (book.day_volume, facts(day_volume_quote=0.5), passed("day_volume", 0.5, 0.0, "quote in 24 h")),
    (
        book.day_volume,
        facts(day_volume_quote=0.0),
        refused("day_volume", None, 0.0, "quote in 24 h", "no trading was seen in 24 h"),
    ),
    (book.liquidity, facts(day_volume_quote=50_000.0), room("liquidity", 0.05, note="50,000 traded in 24 h")),
    (book.liquidity, facts(day_volume_quote=None), room("liquidity", 0.0, note="0 traded in 24 h")),
    (book.order_rate, facts(), passed("order_rate", note=OFF)),
    (
        book.order_rate,
        facts(limits=limited(max_entries_per_day=3), entries_today=None),
        refused("order_rate", None, 3.0, "entries in 24 h", "they were not counted"),
    ),
    (
        book.order_rate,
        facts(limits=limited(max_entries_per_day=3), entries_today=2),
        passed("order_rate", 2.0, 3.0, "entries in 24 h"),
    ),
    (
        book.order_rate,
        facts(limits=limited(max_entries_per_day=3), entries_today=3),
        refused("order_rate", 3.0, 3.0, "entries in 24 h"),
    ),
    (book.trading_hours, facts(), passed("trading_hours", note=OFF)),
    (book.trading_hours, at_hour(8, 8, 16), passed("trading_hours", 8.0, None, "h UTC", "open from 8 to 16 h UTC")),
    (book.trading_hours, at_hour(16, 8, 16), refused("trading_hours", 16.0, None, "h UTC", "open from 8 to 16 h UTC")),
    (book.gross_leverage, facts(portfolio=BESIDE), room("gross_leverage", 0.875)),
    (book.net_leverage, facts(portfolio=BESIDE), room("net_leverage", 0.875)),
    (book.sector, facts(portfolio=BESIDE), unbound("sector", note="of no sector")),
    (
        book.sector,
        facts(portfolio=BESIDE, limits=limited(sectors=SECTORS, max_sector_fraction=0.25)),
        room("sector", 0.125, note="12.5% is in chains"),
    ),
    (loss.drawdown_half, fallen(10_000), unbound("drawdown_half", 0.0, 0.1)),
    (loss.drawdown_half, fallen(12_500), room("drawdown_half", 0.025, 0.2, 0.1)),
    (
        loss.drawdown_half,
        fallen(16_000, half_size_drawdown=0.375),
        room("drawdown_half", 0.025, 0.375, 0.375),
    ),
    (loss.drawdown_half, fallen(10_000, half_size="halve"), unbound("drawdown_half", 0.0, 0.1)),
    (
        loss.drawdown_half,
        fallen(12_500, half_size="halve"),
        unbound("drawdown_half", 0.2, 0.1, "half of what the other limits leave"),
    ),
    (loss.stressed_loss, facts(), unbound("stressed_loss", note=OFF)),
    (
        loss.stressed_loss,
        moved(QUARTERS, max_stressed_loss=0.125, stress_bars=65),
        room("stressed_loss", 0.0, 0.0, 0.125, "fewer than 65 bars are known").model_copy(update={"number": 0.0}),
    ),
    (
        loss.stressed_loss,
        moved(EVERY_OTHER, max_stressed_loss=0.125, stress_bars=1),
        room("stressed_loss", 0.25, 0.25, 0.125),
    ),
    (
        loss.stressed_loss,
        moved(EVERY_OTHER, max_stressed_loss=0.125, stress_bars=64),
        room("stressed_loss", 0.125 / (1 - 2.0**-32), 0.5 * (1 - 2.0**-32), 0.125),
    ),
    (
        loss.stressed_loss,
        moved(EVERY_OTHER, max_stressed_loss=0.25, stress_bars=1),
        unbound("stressed_loss", 0.25, 0.25),
    ),
    (loss.volatility, facts(), unbound("volatility", note=OFF)),
    (
        loss.volatility,
        moved(np.zeros((64, 1)), volatility_target=0.5),
        room("volatility", 0.0, None, 0.5, "its volatility is unknown"),
    ),
    (
        loss.volatility,
        moved(QUARTERS[:1], volatility_target=0.5),
        room("volatility", 0.0, None, 0.5, "its volatility is unknown"),
    ),
    (market.expected_slippage, facts(book=None), room("expected_slippage", 0.0, note="the book does not show both sides")),
    (equal_risk, facts(), unbound("equal_risk", note=OFF)),
    (
        equal_risk,
        facts(limits=limited(risk_parity=True), docket=DocketView(("ETH/USDT",), QUARTERS)),
        room("equal_risk", 0.0, note="what else is proposed is not known"),
    ),
    (
        equal_risk,
        facts(limits=limited(risk_parity=True), docket=DocketView(("BTC/USDT",), np.zeros((197, 1)))),
        room("equal_risk", 0.0, note="too few bars of all of them are known"),
    ),
    (
        equal_risk,
        facts(limits=limited(risk_parity=True), docket=DocketView(("BTC/USDT",), np.zeros((198, 1)))),
        room("equal_risk", 0.0, note="a market that never moved brings no risk, however much of it is held"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "given", "report"), REPORTS)
def test_a_report_is_this_to_the_letter(rule: Rule, given: Facts, report: RuleReport) -> None:
    assert rule(given).canonical() == report.canonical()


@pytest.mark.parametrize("some", [QUARTERS[:2], QUARTERS / 1024])
def test_two_bars_and_a_quiet_market_have_a_volatility(some: np.ndarray) -> None:
    annual = float(some.std(ddof=1) * np.sqrt(24.0 * 365.0))
    given = moved(some, volatility_target=0.125)
    found = as_recorded(given, loss.volatility(given))
    assert float(found.notional_cap or 0) == pytest.approx(10_000 * min(0.5, 0.125 / annual), rel=1e-12)


def test_a_target_that_leaves_just_a_whole_position_is_no_cap() -> None:
    quiet = QUARTERS / 1024
    realised = float(quiet[:, 0].std(ddof=1) * np.sqrt(24.0 * 365.0))
    found = loss.volatility(moved(quiet, volatility_target=0.5 * realised))
    assert found.canonical() == unbound("volatility", 0.5 * realised, 0.5 * realised).canonical()


def test_at_just_the_drawdown_that_halves_sizes_the_tightest_of_the_other_caps_is_halved() -> None:
    caps = (room("position", 0.0625), room("cash", 0.5), unbound("sector"), unbound("drawdown_half", 0.375, 0.375))
    at, before = (fallen(peak, half_size="halve", half_size_drawdown=0.375) for peak in (16_000, 15_999))
    assert loss.halved(before, caps) == caps
    assert loss.halved(at, caps) == (*caps[:3], caps[3].model_copy(update={"notional_cap": Decimal("312.5")}))
    assert loss.halved(fallen(16_000, half_size_drawdown=0.375), caps) == caps


def test_what_is_held_may_lose_just_the_limit_where_the_addition_does_not_fall() -> None:
    matrix = np.zeros((64, 2))
    matrix[7] = 0.5, -0.5
    limits = limited(max_position_fraction=0.5, max_deployed_fraction=0.5, max_stressed_loss=0.125, stress_bars=1)
    beside = portfolio(positions=(held("ETH/USDT", "2500"),))
    some = facts(returns=matrix, symbols=("BTC/USDT", "ETH/USDT"), limits=limits, portfolio=beside)
    assert loss.stressed_loss(some).notional_cap is None
    assert as_recorded(some, loss.stressed_loss(some)).notional_cap == 5_000


def test_a_realised_volatility_is_that_of_a_year_of_days_of_so_many_bars() -> None:
    some = moved(QUARTERS, volatility_target=0.5)
    annual = float(np.sqrt(4 / 63 * 24.0 * 365.0))
    found = loss.volatility(some)
    assert found.number == pytest.approx(0.5 * annual, rel=1e-12)
    assert float(found.notional_cap or 0) == pytest.approx(10_000 * 0.5 / annual, rel=1e-12)
    assert (found.code, found.limit, found.unit) == ("volatility", 0.5, "of equity")


def test_what_is_held_is_stressed_with_the_addition_and_must_be_within_the_limit_alone() -> None:
    symbols, matrix = ("BTC/USDT", "ETH/USDT"), np.column_stack([EVERY_OTHER, EVERY_OTHER])
    limits = limited(max_position_fraction=0.5, max_deployed_fraction=0.5, max_stressed_loss=0.125, stress_bars=1)
    for notional, left in (("1250", 0.125), ("2500", 0.0), ("5000", 0.0)):
        beside = portfolio(positions=(held("ETH/USDT", notional),))
        some = facts(returns=matrix, symbols=symbols, limits=limits, portfolio=beside)
        lost = 0.5 * (0.5 + float(notional) / 10_000)
        assert loss.stressed_loss(some) == room("stressed_loss", left, lost, 0.125)
