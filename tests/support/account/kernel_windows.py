"""Windows in which one limit binds and no other: by these it is shown that the fast engine counts what it is said to count.

Each is run with every limit at its loosest value but one, by both engines, and once more by the fast engine with that limit let
go: a window in which it does not bind would prove nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from contract_parity import on_both_sides
from gate_support import PLAIN
from kernel_parity import random_votes

from execution.kernel.grid import Grid
from execution.kernel.lanes.votes import Votes
from market.candles import RawCandles
from market.tape import Tape
from risk.limits.catalogue import CATALOGUE
from risk.verdict import RuleCode

THREE = ["SOL/USDT", "ETH/USDT", "BTC/USDT"]
SMALL = ("ADA/USDT", "DOGE/USDT", "XRP/USDT")
DAILY: dict[str, Any] = {"market.timeframe": "1d", "market.session_days": 240}
WARMUP = 300
FEW_TIERS: list[dict[str, Any]] = [
    {"up_to": "500", "max_leverage": 3, "maintenance_rate": "0.03", "maintenance_amount": "0"},
    {"up_to": None, "max_leverage": 1, "maintenance_rate": "0.05", "maintenance_amount": "10"},
]
"""Margin tiers of which only the first allows a leverage of 2."""
LOOSEST: dict[str, Any] = PLAIN | {
    f"limits.{name}": value for limit in CATALOGUE for name, value in limit.loosest.items()
}


def as_it_is(tape: Tape) -> Tape:
    return tape


def as_said(votes: Votes) -> Votes:
    return votes


@dataclass(frozen=True)
class Window:
    """A limit and what makes it bind: the tight values of its settings in `limits:`, or for a limit without settings a `spoilt`
    tape or changed `votes`. `world` is set in all runs; `loose` in the run in which the limit is let go."""

    code: RuleCode
    tight: dict[str, Any] = field(default_factory=dict)
    world: dict[str, Any] = field(default_factory=dict)
    loose: dict[str, Any] = field(default_factory=dict)
    spoilt: Callable[[Tape], Tape] = as_it_is
    votes: Callable[[Votes], Votes] = as_said
    tape: Callable[[Tape], Tape] = as_it_is
    """What is done to the tape of all runs."""
    symbols: tuple[str, ...] = tuple(THREE)
    perpetual: bool = False
    """The markets are perpetuals, and votes are on both sides."""

    def said(self, grid: Grid, seed: int) -> Votes:
        """The votes of all runs, before they are changed."""
        votes = random_votes(grid, seed)
        return on_both_sides(votes) if self.perpetual else votes


def each(tape: Tape, change: Callable[[RawCandles], RawCandles]) -> Tape:
    return replace(tape, candles={symbol: change(candles) for symbol, candles in tape.candles.items()})


def gapped(candles: RawCandles) -> RawCandles:
    """Every other bar opens three percent lower than the last one closed: what was just large enough is rejected at the open."""
    opened = candles.open.copy()
    opened[1::2] *= 0.97
    return replace(candles, open=opened, low=np.minimum(candles.low, opened))


def round_volumes(candles: RawCandles) -> RawCandles:
    """Prices of five decimals, and volumes of which a hundred-thousandth is a whole number of lots: sizes lie on borders."""
    prices = {name: np.round(getattr(candles, name), 5) for name in ("open", "high", "low", "close")}
    return replace(candles, **prices, volume=np.round(candles.volume, -1))


def silent(candles: RawCandles) -> RawCandles:
    """Nothing is traded in three of every six days."""
    volume = candles.volume.copy()
    volume[np.arange(len(volume)) // 72 % 2 == 1] = 0.0
    return replace(candles, volume=volume)


def wild(candles: RawCandles) -> RawCandles:
    """One bar in thirty closes at a tenth more, and the next one is back."""
    close = candles.close.copy()
    close[::30] *= 1.4
    return replace(candles, close=close, high=np.maximum(candles.high, close))


def young(tape: Tape) -> Tape:
    """A market of which only thirty bars are known."""
    begin = tape.start_utc - 30 * tape.timeframe.duration
    return replace(tape, warmup_start_utc=begin)


def at_full_size(votes: Votes) -> Votes:
    """The court leaves everything, so that a cap of whole lots stays one."""
    return replace(votes, scale=np.ones_like(votes.scale))


def often_rejected(votes: Votes) -> Votes:
    """Of every third bar's proposals the court leaves nothing."""
    scale = votes.scale.copy()
    scale[::3] = 0.0
    return replace(votes, scale=scale)


WINDOWS: dict[str, Window] = {
    "daily loss": Window("breaker", {"max_daily_loss": 0.01}, {"limits.daily_loss_pause_h": 30}),
    "weekly loss": Window("breaker", {"max_weekly_loss": 0.015}, {"limits.weekly_loss_pause_h": 31}),
    "drawdown": Window("breaker", {"max_drawdown": 0.02}, {"limits.max_daily_loss": 0.02}),
    "turbulence": Window("breaker", {"turbulence_sigma": 3.0}, {"limits.turbulence_pause_h": 3}),
    "loss streak": Window("breaker", {"loss_streak": 2}, {"limits.loss_streak_pause_h": 5}),
    "data quality": Window("data_quality", world={"quality.judgement": "limits"}, spoilt=lambda tape: each(tape, wild)),
    "conviction": Window("min_conviction", {"min_conviction": 0.6}),
    "ruling": Window("ruling", votes=often_rejected),
    "tick size": Window("tick_size", {"max_tick_bps": 0.5}),
    "history": Window("risk_history", spoilt=young),
    "correlation": Window("correlation", {"max_correlation": 0.3}),
    "day's volume": Window("day_volume", world={"quality.max_flat_bars": 100}, spoilt=lambda tape: each(tape, silent)),
    "order rate": Window("order_rate", {"max_entries_per_day": 2}),
    "most positions": Window("max_positions", {"max_positions": 1}),
    "trading hours": Window("trading_hours", {"trading_hours_utc": [8, 16]}),
    "trading hours over midnight": Window("trading_hours", {"trading_hours_utc": [22, 6]}),
    "macro events": Window("macro_event", {"macro_pause_h": 120}),
    "spread": Window("spread", {"max_spread_bps": 3.001}, {"venue.spread_bps": 3.0}),
    "error rate": Window(
        "error_rate", {"max_order_errors": 1},
        {"limits.max_position_fraction": 0.0515, "limits.entry_price_cap_bps": None,
         **{f"market.instruments.{symbol}.min_notional": "500" for symbol in THREE}},
        tape=lambda tape: each(tape, gapped),
    ),
    "risk per trade": Window("risk_per_trade", {"risk_per_trade": 0.004}),
    "position": Window("position", {"max_position_fraction": 0.1}),
    "deployed": Window("deployed", {"max_deployed_fraction": 0.5}, {"limits.max_position_fraction": 0.3}),
    "Kelly's fraction": Window("kelly", {"kelly_fraction": 0.1}),
    "Kelly's edge": Window("kelly", {"kelly_edge": 0.1}),
    "Kelly's fraction by record": Window(
        "kelly", {"kelly_fraction": 0.02}, {"limits.kelly_stake": "risk"}, {"limits.kelly_stake": "notional"},
    ),
    "the prior of a record": Window(
        "kelly", {"record_prior": 4, "kelly_fraction": 0.02}, {"limits.kelly_stake": "risk"}, {"limits.kelly_stake": "notional"},
    ),
    "record": Window("record", {"unproven_fraction": 0.01}, {"limits.record_prior": 2}),
    "cluster": Window(
        "cluster", {"max_cluster_fraction": 0.3, "max_correlation": 0.3},
        {"limits.correlation": "cluster", "limits.max_position_fraction": 0.2},
    ),
    "twins": Window(
        "correlation", {"max_twin_correlation": 0.3, "max_correlation": 0.2}, {"limits.correlation": "cluster"},
    ),
    "a symbol's turbulence": Window(
        "breaker", {"turbulence_alarms": 900}, {"limits.turbulence": "symbol", "limits.turbulence_pause_h": 5},
    ),
    "a streak by its chance": Window(
        "breaker", {"loss_streak": 2}, {"limits.loss_streak_chance": 0.3, "limits.loss_streak_pause_h": 5},
    ),
    "cash": Window("cash", loose={"limits.max_position_fraction": 0.2}),
    "value at risk": Window("var_1d", {"max_var_1d": 0.01}),
    "expected shortfall": Window("es_1d", {"max_es_1d": 0.01}),
    "half size": Window("drawdown_half", {"half_size_drawdown": 0.002}),
    "half size as a cap": Window("drawdown_half", {"half_size_drawdown": 0.002}, {"limits.half_size": "cap"}),
    "liquidity": Window("liquidity", {"max_volume_share": 1e-6}),
    **{
        f"liquidity of a large account in small coins, {seed}": Window(
            "liquidity", {"max_volume_share": 1e-5},
            {**DAILY, "venue.starting_cash": "3000000", "limits.kelly_edge": 0.5, "seed": seed},
            tape=lambda tape: each(tape, round_volumes), votes=at_full_size, symbols=SMALL,
        )
        for seed in (0, 1, 3)
    },
    "slippage of a large account in small coins": Window(
        "expected_slippage", {"max_slippage": 0.004},
        {**DAILY, "venue.starting_cash": "3000000", "venue.depth_fraction": 1e-5, "venue.level_step_bps": 21.3},
        tape=lambda tape: each(tape, round_volumes), votes=at_full_size, symbols=SMALL,
    ),
    "sector": Window(
        "sector", {"max_sector_fraction": 0.5},
        {"limits.sectors": {"SOL/USDT": "fast", "ETH/USDT": "old", "BTC/USDT": "old"}, "limits.max_position_fraction": 0.4},
    ),
    "gross leverage": Window("gross_leverage", {"max_gross_leverage": 0.5}),
    "net leverage": Window("net_leverage", {"max_net_leverage": 0.5}),
    "stressed loss": Window("stressed_loss", {"max_stressed_loss": 0.02}),
    "stressed loss of both sides": Window("stressed_loss", {"max_stressed_loss": 0.02}, perpetual=True),
    "liquidation": Window(
        "liquidation", {"min_liquidation_distance": 12.0}, {"market.perpetuals.leverage": "3"}, perpetual=True
    ),
    "funding": Window("funding", {"max_funding_share": 0.02}, perpetual=True),
    "leverage": Window(
        "leverage", {}, {"market.perpetuals.leverage": "2", "market.instruments.default.perpetual.tiers": FEW_TIERS},
        {"market.perpetuals.leverage": "1"}, perpetual=True, symbols=("ADA/USDT", "XRP/USDT"),
    ),
    "net leverage of both sides": Window("net_leverage", {"max_net_leverage": 0.2}, perpetual=True),
    "gross leverage of both sides": Window("gross_leverage", {"max_gross_leverage": 0.3}, perpetual=True),
    "turbulence of one side": Window(
        "breaker", {"turbulence_alarms": 900}, {"limits.turbulence": "symbol", "limits.turbulence_pause_h": 5}, perpetual=True,
    ),
    "the book's bids": Window(
        "expected_slippage", {"max_slippage": 0.004},
        {"venue.starting_cash": "5000000", "venue.depth_fraction": 0.01, "venue.levels": 7, "venue.level_step_bps": 21.3},
        perpetual=True,
    ),
    "slippage": Window(
        "expected_slippage", {"max_slippage": 0.004},
        {"venue.starting_cash": "5000000", "venue.depth_fraction": 0.01, "venue.levels": 7, "venue.level_step_bps": 21.3},
    ),
}  # fmt: skip
"""At least one for each setting of each limit that the fast engine counts, and one for each such limit without a setting."""

UNREACHABLE: dict[str, dict[str, Any]] = {
    "reference_price": {"max_price_gap_bps": 1e-6},
    "stale_proposal": {"max_proposal_age_s": 1e-6},
}
"""The tightest values of limits that cannot bind in a run of the fast engine."""
