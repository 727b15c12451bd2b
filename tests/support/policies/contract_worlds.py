"""Tapes of daily perpetual bars whose answer is known: which side wins, what funding takes, what liquidates.

A voter wants the whole share of one market on one side for `BLOCK` days, is out for a day, and then wants the other side, or the
same again. All but what a world plants is a random walk without a drift.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from config.reading.load import load_profile
from config.seeds import generator
from config.settings import Settings
from execution.kernel.grid import grid_of
from execution.kernel.lanes.votes import Votes
from market.bar import Bar, FundingRate, MarkBar, Slice
from market.catalogue import instrument_of
from market.timeframe import Timeframe
from rl.environment.contracts.course import ContractBars, ContractCourse, Spoken, contract_rules_of
from rl.environment.tape import PolicyTape

SYMBOL = "BTC/USDT"
START = datetime(2021, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WARM, BLOCK = 60, 9


class Planted(NamedTuple):
    """What a world holds.

    `sides`: what the voter wants, in turn. `drift`: of a day while it is long, and while it is short [simple return]. `funding`:
    rates of a payment, three a day, that change from block to block [fraction]. `wicks`: share of days on which the mark alone
    falls by a third and comes back. `leverage`: notional over margin.
    """

    sides: tuple[int, ...] = (1, -1)
    drift: tuple[float, float] = (0.0, 0.0)
    funding: tuple[float, ...] = (0.0,)
    wicks: float = 0.0
    leverage: int = 1
    spread: float = 0.02


def settings_of(leverage: int, **more: Any) -> Settings:
    """Limits wide enough that sizes are the voters' and the policy's own; stops follow the last trade."""
    world = {
        "limits.entry_price_cap_bps": None, "limits.max_position_fraction": 0.4, "limits.max_deployed_fraction": 1.0,
        "limits.risk_per_trade": 0.1, "limits.max_var_1d": 0.2, "limits.max_es_1d": 0.3, "limits.min_conviction": 0.2,
        "limits.max_correlation": 1.0, "limits.risk_window_bars": 60, "limits.unproven_fraction": None,
        "limits.max_drawdown": 0.95, "limits.half_size_drawdown": 0.9, "limits.max_stressed_loss": 1.0,
        "limits.max_daily_loss": 0.9, "limits.max_weekly_loss": 0.9, "limits.loss_streak_chance": None,
        "limits.max_funding_share": None, "limits.stop_fraction": 0.15, "limits.max_stop_fraction": 0.15,
        "limits.min_liquidation_distance": 1.0, "limits.turbulence_sigma": 50.0, "limits.macro_pause_h": None,
        "limits.kelly_stake": "notional", "limits.kelly_fraction": 1.0, "limits.kelly_edge": 0.5, "court.resize_band": 0.1,
        "market.perpetuals.leverage": leverage, "market.perpetuals.trigger": "last", "market.symbols": [SYMBOL],
    }  # fmt: skip
    return load_profile("perp", world | more)


NOTHING_PLANTED = Planted()


def contract_tape(seed: int, planted: Planted = NOTHING_PLANTED, days: int = 240, **more: Any) -> PolicyTape:
    """A tape of one account and one market."""
    chance, n = generator(seed, "policy", "contracts"), days + WARM
    block = np.arange(n) // (BLOCK + 1)
    side = np.array(planted.sides)[chance.integers(0, len(planted.sides), block[-1] + 1)][block]
    rate = np.array(planted.funding)[chance.integers(0, len(planted.funding), block[-1] + 1)][block]
    out = np.arange(n) % (BLOCK + 1) == BLOCK
    moves = planted.spread * np.clip(chance.standard_normal(n), -3.0, 3.0)
    moves[1:] += np.where(out, 0.0, np.where(side > 0, *planted.drift))[:-1]
    wicked = chance.random(n) < planted.wicks
    close = 50_000.0 * np.exp(np.cumsum(moves))
    opens = np.concatenate(([50_000.0], close[:-1]))
    high, low = np.maximum(opens, close) * 1.002, np.minimum(opens, close) * 0.998
    prices = np.round(np.stack((opens, high, low, close, np.full(n, 1e5))), 2)[:, :, None]
    slices = tuple(_slice(row, prices[:, row, 0], float(rate[row]), bool(wicked[row])) for row in range(n))
    settings = settings_of(planted.leverage, **more)
    rules = contract_rules_of([instrument_of(settings.market, SYMBOL)], settings, 1.0)
    first_ms = round((START + DAY).timestamp() * 1000)
    grid = grid_of((SYMBOL,), Timeframe.D1, first_ms + 86_400_000 * np.arange(n, dtype=np.int64), prices, first=WARM)
    spoken = tuple({SYMBOL: _spoken(int(side[row]), bool(out[row]), float(close[row]))} for row in range(n))
    none = np.zeros((n, 1))
    votes = Votes(np.where(out, 0, side).astype(np.int8)[:, None], none, none, none, exposure=none + 1.0)
    return PolicyTape.without_court(
        f"contract {seed}", ContractCourse(grid, votes, rules, ContractBars(slices, spoken)), 1.0
    )


def _spoken(side: int, out: bool, close: float) -> Spoken:
    if out:
        return Spoken(closes_long=True, closes_short=True, scale=0.0, atr_quote=0.02 * close)
    return Spoken(
        opens=side, closes_long=side < 0, closes_short=side > 0, conviction=0.9, exposure=1.0, atr_quote=0.02 * close
    )


def _slice(row: int, prices: Any, rate: float, wicked: bool) -> Slice:
    o, h, low, c, v = (float(each) for each in prices)
    at = START + row * DAY
    bar = Bar(symbol=SYMBOL, timeframe=Timeframe.D1, close_utc=at + DAY, open=o, high=h, low=low, close=c, volume=v)
    mark = MarkBar(open=o, high=h, low=min(low, 0.64 * o) if wicked else low, close=c)
    due = tuple(FundingRate(symbol=SYMBOL, at_utc=at + hours * DAY / 3, rate=rate) for hours in range(3))
    return Slice(close_utc=at + DAY, bars={SYMBOL: bar}, marks={SYMBOL: mark}, funding=due)
