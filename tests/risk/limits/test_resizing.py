"""Whatever is proposed beside what is held, no position stands above a limit after its fill, and every trim passes.

One account on four markets trades bar by bar on the real trader, venue and gate. Shares, exits and scales are hostile: not
finite, out of range, above the price, or a lie about what is held. Each signed order is measured here, by arithmetic of its own.
"""

import asyncio
import math
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from gate_support import BTC, SETTINGS, proposal
from tiers import long_after
from trader_support import KEY, T0, Events

from config.sections.limits import RiskLimits
from execution.account.ledger import Ledger
from execution.account.trader import Trader
from execution.simulated.venue import SimulatedVenue
from execution.venues.sealing import open_gate
from market.bar import Bar, Slice
from market.timeframe import Timeframe
from risk.breakers import BreakerState
from risk.measures.horizon import horizon_of, one_day_es, one_day_var
from risk.order import Purpose, Seal
from risk.proposal import Direction, Proposal
from risk.verdict import Outcome, Verdict
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow

SYMBOLS = ("AAA/USDT", "BBB/USDT", "CCC/USDT", "DDD/USDT")
VENUES = {symbol: BTC.model_copy(update={"symbol": symbol, "base": symbol[:3]}) for symbol in SYMBOLS}
LIMITS: RiskLimits = SETTINGS.limits.model_copy(
    update={
        "max_position_fraction": 0.15, "max_deployed_fraction": 0.4, "risk_per_trade": 0.006, "correlation": "cluster",
        "max_cluster_fraction": 0.25, "max_correlation": 0.6, "max_var_1d": 0.02, "max_es_1d": 0.026, "kelly_fraction": 1.0,
        "kelly_edge": 0.5, "loss_streak": 100, "max_drawdown": 0.9, "max_daily_loss": 0.9, "max_weekly_loss": 0.9,
        "turbulence_sigma": 50.0,
    }
)  # fmt: skip
BAR = timedelta(hours=1)
MOVED = 1.05
"""How much dearer what was bought before may have been than it is now: the gate counts a position at the present price."""


class Account:
    """A trader on four markets that walk at random, two of them together. `events`: its voters want all of a position, and what
    is enlarged is one of which a share was entered before the rest."""

    def __init__(self, seed: int, *, events: bool) -> None:
        self.by_events = events
        self.chance = np.random.default_rng(seed)
        self.prices = dict.fromkeys(SYMBOLS, 100.0)
        self.hour = 0
        self.window, volumes = ReturnWindow(SYMBOLS, 500), VolumeWindow(SYMBOLS, 24.0)
        for _ in range(300):
            self._walk()
            self.window.push(self.prices)
            volumes.push({symbol: (price, 1e6) for symbol, price in self.prices.items()})
        venue = SimulatedVenue(VENUES, SETTINGS.venue, Seal(KEY))
        self.events = Events()
        self.trader = Trader(
            venue=venue, driver=venue, ledger=Ledger(Decimal(10_000), "USDT"), sink=self.events, limits=LIMITS,
            exits=SETTINGS.exits, gate=open_gate(LIMITS, SETTINGS.exits, KEY, 24.0), window=self.window, volumes=volumes,
            breakers=BreakerState.fresh(Decimal(10_000), T0), bars_per_day=24.0,
        )  # fmt: skip
        self.bar()

    @property
    def now(self) -> Any:
        return T0 + self.hour * BAR

    def _walk(self) -> None:
        both, own = self.chance.normal(0.0, 0.003), self.chance.normal(0.0, 0.003, 4)
        for i, symbol in enumerate(SYMBOLS):
            self.prices[symbol] = round(self.prices[symbol] * float(np.exp(own[i] + (2 * both if i < 2 else 0.0))), 2)

    def bar(self) -> None:
        before = dict(self.prices)
        self._walk()
        self.hour += 1
        bars = {}
        for symbol, close in self.prices.items():
            first = round(before[symbol] * (1 + float(self.chance.uniform(-0.003, 0.003))), 2)
            high, low = max(first, close) * 1.001, min(first, close) * 0.999
            bars[symbol] = Bar(
                symbol=symbol, timeframe=Timeframe.H1, close_utc=self.now, open=first, high=high, low=low, close=close,
                volume=1e6,
            )  # fmt: skip
        asyncio.run(self.trader.pass_bar(Slice(close_utc=self.now, bars=bars)))

    def quantity(self, symbol: str) -> Decimal:
        held = self.trader.ledger.position(symbol)
        return Decimal(0) if held is None else held.quantity

    def worth(self, symbols: tuple[str, ...]) -> float:
        return sum(float(self.quantity(symbol)) * self.prices[symbol] for symbol in symbols)

    def propose(self, symbol: str) -> tuple[Proposal, Verdict]:
        """A proposal of a share, often a hostile one, judged and sent."""
        close = self.prices[symbol]

        def pick(values: list[float | None]) -> float | None:
            return values[int(self.chance.integers(len(values)))]

        sound = proposal(
            decision_id=f"d{self.hour}-{symbol[:3]}", symbol=symbol, as_of_utc=self.now, atr_quote=None,
            reference_price=Decimal(repr(close)), direction=Direction.LONG, conviction=pick([0.4, 0.9, 1.0]),
            ruling_scale=pick([1.0, 1.0, 0.6, 0.05]), adjust_scale=pick([1.0, 1.0, 0.5]),
        )  # fmt: skip
        given = sound.model_copy(
            update={
                "exposure": pick([0.1, 0.3, 0.5, 0.8, 1.0, 1.0, 1.0, math.nan, -0.5, 7.0, 0.0]),
                "exit_price": pick([None, None, close * 0.999, close * 0.95, close * 0.5, close * 1.1, -1.0, math.inf]),
                "held_share": pick([self.trader.share(symbol)] * 6 + [None, 0.0, 1.0, math.nan]),
            }
        )
        if self.by_events:
            away = pick([None, 0.001, 0.01, 0.02, 0.03, 0.04, math.nan])
            atr = None if away is None else close * away
            given = given.model_copy(update={"exposure": None, "exit_price": None, "atr_quote": atr})
        verdict = self.trader.judge(given)
        asyncio.run(self.trader.enter(verdict))
        return given, verdict

    def at_stop(self, symbol: str) -> float:
        """What a position would lose at the stop that rests at the venue, against what was paid for it [of equity]."""
        held = self.trader.portfolio(self.now).position(symbol)
        if held is None or held.stop_price is None:
            return 0.0
        return float((held.entry_price - held.stop_price) * held.quantity / self.trader.ledger.equity)


def breach(account: Account, given: Proposal, verdict: Verdict, equity: float) -> str:
    """What a signed order breaks at the dearest price that it may pay; empty if nothing."""
    assert verdict.order is not None
    assert verdict.order.limit_price is not None
    symbol, close = given.symbol, float(given.reference_price)
    total = float(account.quantity(symbol) + verdict.order.quantity)
    dearest, others = float(verdict.order.limit_price), tuple(s for s in SYMBOLS if s != symbol)
    away = 1.0 if given.exit_price is None else 1.0 - given.exit_price / close
    if given.exposure is None:
        away = LIMITS.stop_atr_multiple * (given.atr_quote or 0.0) / close
    stop = min(max(LIMITS.stop_fraction, away), LIMITS.max_stop_fraction)
    weights = {s: account.worth((s,)) / equity for s in others} | {symbol: total * close / equity}
    horizon = horizon_of(LIMITS, 24.0)
    steps = horizon.steps(account.window.portfolio_returns(weights)[-account.window.count :])
    asked = (1.0 if given.exposure is None else given.exposure) * given.ruling_scale * given.adjust_scale
    found = {
        "position": total * dearest / equity > LIMITS.max_position_fraction,
        "share": total * close / equity > LIMITS.max_position_fraction * asked,
        "deployed": (total * dearest + account.worth(others)) / equity > LIMITS.max_deployed_fraction,
        "cash": float(verdict.order.quantity) * dearest * 1.001 > float(account.trader.ledger.cash),
        "risk per trade": total * close * stop / equity > LIMITS.risk_per_trade * (1 + 1e-9),
        "value at risk": one_day_var(steps, LIMITS, horizon) > LIMITS.max_var_1d * (1 + 1e-9),
        "expected shortfall": one_day_es(steps, LIMITS, horizon) > LIMITS.max_es_1d * (1 + 1e-9),
        "cluster": _moves_with(account, symbol) and _clustered(account, symbol, total * close) / equity
        > LIMITS.max_cluster_fraction * (1 + 1e-9),
    }  # fmt: skip
    return ", ".join(name for name, broken in found.items() if broken)


def _moves_with(account: Account, symbol: str) -> bool:
    twin = {SYMBOLS[0]: SYMBOLS[1], SYMBOLS[1]: SYMBOLS[0]}.get(symbol)
    return twin is not None and account.quantity(twin) > 0 and (account.window.correlation(symbol, twin) or 0.0) > 0.65


def _clustered(account: Account, symbol: str, own: float) -> float:
    return own + account.worth((SYMBOLS[1] if symbol == SYMBOLS[0] else SYMBOLS[0],))


def hostile(proposals: int, seed: int, *, events: bool) -> dict[str, int]:
    """Propose, trim and close at random. Returns how often what was done."""
    account, done = Account(seed, events=events), {"entry": 0, "enlarged": 0, "refused": 0, "trimmed": 0, "closed": 0}
    for number in range(proposals):
        symbol = SYMBOLS[int(account.chance.integers(4))]
        equity, before = float(account.trader.ledger.equity), account.quantity(symbol)
        given, verdict = account.propose(symbol)
        if verdict.outcome is Outcome.SIGNED:
            assert breach(account, given, verdict, equity) == "", (number, given, verdict)
            assert before == 0 or given.held_share is not None
            done["enlarged" if before else "entry"] += 1
        else:
            done["refused"] += 1
        account.bar()
        if events and verdict.outcome is Outcome.SIGNED:
            assert account.at_stop(symbol) <= LIMITS.risk_per_trade * MOVED, (number, given, verdict)
        _sell_some(account, done)
    return done


def _sell_some(account: Account, done: dict[str, int]) -> None:
    held = [symbol for symbol in SYMBOLS if account.trader.share(symbol) is not None]
    if not held or account.chance.random() < 0.6:
        return
    symbol, share = held[int(account.chance.integers(len(held)))], float(account.chance.choice([0.7, 0.3, 0.1, 0.0]))
    quantity = account.quantity(symbol)
    keep = quantity * Decimal(repr(share))
    name = f"t{account.hour}-{symbol[:3]}"
    if account.by_events:
        order = asyncio.run(account.trader.shrink(symbol, keep, name, account.now))
    else:
        order = asyncio.run(account.trader.trim(symbol, keep, share, name, account.now))
    least = BTC.min_notional / Decimal(repr(account.prices[symbol]))
    assert order is not None or (quantity - keep) < least + BTC.lot_size or quantity < least + BTC.lot_size
    account.bar()
    if order is not None:
        assert order.purpose is Purpose.TRIM
        assert account.quantity(symbol) <= keep + BTC.lot_size
        done["closed" if not share else "trimmed"] += 1
        assert share or account.quantity(symbol) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "events"), [(0, False), (1, False), (0, True)])
def test_hostile_halves_leave_no_position_above_a_limit_and_every_trim_passes(seed: int, events: bool) -> None:
    done = hostile(500, seed, events=events)
    assert all(count > 5 for count in done.values()), done


@pytest.mark.slow
@pytest.mark.parametrize("events", [False, True])
@pytest.mark.parametrize("seed", long_after(2, range(10)))
def test_ten_thousand_hostile_halves_leave_no_position_above_a_limit(seed: int, events: bool) -> None:
    done = hostile(1000, 100 + seed, events=events)
    assert all(count > 10 for count in done.values()), done
