"""Whatever is proposed on whatever book of perpetuals, long or short, by events or by shares: nothing above a limit is signed.

The gate alone is asked, with portfolios that a session would never have. Every order that comes out is measured by
`signed_arithmetic`, which shares no line with the gate. `make prove` tries as many of each kind as it is asked for.
"""

import os
import random
from collections import Counter
from decimal import Decimal
from functools import cache
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from gate_support import AT, PLAIN, SETTINGS
from perpetual_support import PERP
from signed_arithmetic import SignedBook, breaches
from tiers import long_after

from config.reading.load import load_profile
from config.sections.limits import RiskLimits
from market.book import Book, Level
from risk.breakers import BreakerState, Latch
from risk.facts import Situation
from risk.manager import RiskManager
from risk.order import Seal, Side
from risk.portfolio import Portfolio, Position
from risk.proposal import Direction, Proposal
from risk.verdict import Outcome, Reaction, Verdict

MANY = int(os.environ.get("PROVE_PROPOSALS", "10000"))
KINDS = [(direction, shared) for direction in (Direction.LONG, Direction.SHORT) for shared in (False, True)]
SEAL = Seal(b"k" * 32)
OWN, OTHERS = "BTC/USDT", ("ETH/USDT", "SOL/USDT", "XRP/USDT")
PRICE = Decimal(50_000)
WRONG = (nan, inf, -inf, -1.0, 2.0, 1e308, 1.0 + 2**-52, 0.0)
STRESSED: dict[str, Any] = {"max_stressed_loss": 0.05, "max_gross_leverage": 3.0, "max_net_leverage": 0.15}
PROFILES: dict[str, RiskLimits] = {
    "paper": SETTINGS.limits.model_copy(update=STRESSED | {"correlation": "cluster"}),
    "paper, others bind": SETTINGS.limits.model_copy(
        update=STRESSED | {
            "correlation": "cluster", "kelly_edge": 0.5, "max_net_leverage": 0.08, "max_stressed_loss": 0.012,
            "max_cluster_fraction": 0.07, "max_deployed_fraction": 0.14, "max_gross_leverage": 0.13,
        }
    ),
    "paper, pairs refused": SETTINGS.limits.model_copy(update=STRESSED | {"max_net_leverage": 1.0}),
    "balanced": load_profile("balanced", PLAIN | {"limits.risk_per_trade": 0.04}).limits.model_copy(
        update=STRESSED | {"correlation": "cluster", "max_net_leverage": 0.5}
    ),
    "wide stops": SETTINGS.limits.model_copy(
        update=STRESSED | {"max_stop_fraction": 0.4, "stop_fraction": 0.15, "correlation": "cluster"}
    ),
    "large": SETTINGS.limits.model_copy(
        update={
            "max_position_fraction": 0.9, "max_deployed_fraction": 1.0, "max_var_1d": 0.05, "max_es_1d": 0.06, "kelly_edge": 0.5,
            "risk_per_trade": 0.1, "correlation": "cluster", "max_cluster_fraction": 0.95, "max_stressed_loss": 0.3,
        }
    ),
}  # fmt: skip
GATES = {name: RiskManager(limits, SETTINGS.exits, SEAL, 24.0) for name, limits in PROFILES.items()}


@cache
def world(kind: str) -> np.ndarray:
    """Return returns of four markets, shape (210, 4): the second moves with the first, the third against it."""
    chance = np.random.default_rng(11)
    moves = chance.standard_t(3, size=(210, 4)) * (0.012 if kind == "wild" else 0.002)
    if kind != "apart":
        moves[:, 1] = moves[:, 0] * 0.9 + moves[:, 1] * 0.4
        moves[:, 2] = moves[:, 2] * 0.4 - moves[:, 0] * 0.9
    if kind == "twins":
        moves[:, 1] = moves[:, 0] + moves[:, 3] * 0.01
        moves[:, 2] = -moves[:, 0] + moves[:, 3] * 0.01
    if kind == "squeeze":
        moves[100:112] = abs(moves[100:112]) + 0.02
    if kind == "flat":
        moves[:, 1] = 0.0
    return moves.clip(-0.5, 1.0)


class Drawn:
    """One situation: the gate's view of it, and that of the test's own arithmetic."""

    def __init__(self, chance: random.Random, direction: Direction, shared: bool) -> None:
        some = chance.choice
        self.profile = some(list(PROFILES))
        equity = Decimal(some([10_000] * 6 + [600, 150, 3_000_000, 10**9]))
        self.leverage = some(
            [Decimal(1), Decimal(2), Decimal(3)] * 8 + [Decimal("0.5"), Decimal(5), Decimal("NaN"), None]
        )
        margin = self.leverage if self.leverage is not None and self.leverage.is_finite() else Decimal(1)
        sign = 1 if direction is Direction.LONG else -1
        held: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
        for symbol in chance.sample(OTHERS, some([0, 0, 0, 1, 1, 2, 3])):
            share = Decimal(some(["0.01", "0.04", "0.08", "0.3"])) * some([1, -1])
            last = Decimal(some([98, 100, 103]))
            held[symbol] = ((share * equity / 100).quantize(Decimal("1e-8")), Decimal(100), last)
        enlarges = shared and some([True, False])
        if enlarges or chance.random() < 0.03:
            turn = 1 if chance.random() < 0.9 else -1
            size = (turn * sign * Decimal(some(["0.004", "0.02", "0.06"])) * equity / PRICE).quantize(Decimal("1e-8"))
            if size:
                held[OWN] = (size, PRICE * Decimal(some(["0.93", "0.99", "1", "1.04", "1.2"])), PRICE)
        free = [symbol for symbol in (*OTHERS, *([OWN] if chance.random() < 0.03 else ())) if symbol not in held]
        under_way = chance.sample(free, min(len(free), some([0, 0, 0, 1])))
        coming = {symbol: equity * Decimal(some(["0.01", "0.05"])) * some([1, -1]) for symbol in under_way}
        mark = some([50_000.0] * 24 + [50_200.0, 49_700.0, 1.0])
        self.rate = some([0.0001] * 6 + [-0.0001, 0.0004, -0.0004, 0.003, -0.003, nan, None])
        book = self._shown(some)
        self.own = SignedBook(
            wallet=equity, held=held, coming=coming, returns={}, leverage=margin, rate=self.rate or 0.0, shown=book,
            mark=mark, volume=some([1e12] * 5 + [3e4]), now=AT,
        )  # fmt: skip
        order = (OWN, *OTHERS)
        matrix = world(some(["calm", "calm", "apart", "twins", "wild", "squeeze", "flat"]))
        matrix = matrix[:60] if chance.random() < 0.03 else matrix
        self.own.returns = {symbol: matrix[:, order.index(symbol)] for symbol in (OWN, *self.own.symbols)}
        latches = self._latches(some)
        self.own.fallen = some([0.0] * 4 + [0.12])
        self.asked = self._proposal(chance, direction, shared, enlarges)
        self.situation = self._situation(some, latches, matrix, order)

    def _shown(self, some: Any) -> Book:
        step, depth = Decimal(some([5, 5, 5, 5, 5, 40, 130])), Decimal(some(["1000", "1000", "0.01", "0.0005"]))
        levels = [(step * (1 + 4 * number), depth * (1 + number)) for number in range(6)]
        return Book(
            bids=tuple(Level(PRICE - away, size) for away, size in levels),
            asks=tuple(Level(PRICE + away, size) for away, size in levels),
        )

    def _latches(self, some: Any) -> tuple[Latch, ...]:
        against, symbol = some([(None, None)] * 12 + [("long", OWN), ("short", OWN), ("long", None), ("short", None)])
        if against is None:
            return ()
        self.own.paused = frozenset({(symbol or "", Side.BUY if against == "long" else Side.SELL)})
        return (Latch(breaker="turbulence", since_utc=AT, until_utc=None, why="x", symbol=symbol, against=against),)

    def _proposal(self, chance: random.Random, direction: Direction, shared: bool, enlarges: bool) -> Proposal:
        some, sign = chance.choice, 1 if direction is Direction.LONG else -1
        units = [1.0] * 20 + [0.35 + chance.random() * 0.65 for _ in range(20)]
        fields: dict[str, Any] = {
            "decision_id": "d", "symbol": OWN, "as_of_utc": AT, "direction": direction, "conviction": some(units),
            "reference_price": PRICE * some([Decimal(1)] * 40 + [Decimal("1.004"), Decimal("0.996"), Decimal("1.02")]),
            "atr_quote": some([None, 100.0, 700.0, 3_000.0]), "ruling_scale": some(units),
            "adjust_scale": some([1.0, 1.0, 0.4, 1.25]),
        }  # fmt: skip
        if shared:
            fields |= {
                "exposure": some(units),
                "exit_price": some(
                    [None] + [50_000.0 * (1 - sign * away) for away in (0.01, 0.03, 0.03, 0.06, 0.06, 0.2, -0.05)]
                ),
                "held_share": 0.3 if enlarges else None,
            }
        if chance.random() < 0.12:
            fields[some(["conviction", "ruling_scale", "adjust_scale", "exposure", "exit_price"])] = some(WRONG)
        return Proposal.model_construct(**fields)

    def _situation(
        self, some: Any, latches: tuple[Latch, ...], matrix: np.ndarray, order: tuple[str, ...]
    ) -> Situation:
        own = self.own
        positions = tuple(
            Position(
                symbol=symbol,
                quantity=size,
                entry_price=entry,
                mark_price=last,
                margin=abs(size) * entry / own.leverage,
            )
            for symbol, (size, entry, last) in own.held.items()
        )
        reserved = sum((held.margin or Decimal(0) for held in positions), Decimal(0))
        self.unknown = some([False] * 30 + [True])
        portfolio = Portfolio(
            as_of_utc=AT, cash=own.wallet, equity=own.equity, positions=positions, pending_notional=own.coming,
            reserved=None if self.unknown else reserved,
        )  # fmt: skip
        state = BreakerState.fresh(own.equity / Decimal(repr(1 - own.fallen)), AT).model_copy(
            update={"latches": latches}
        )
        columns = [order.index(symbol) for symbol in own.returns]
        return Situation(
            self.asked, portfolio, PERP, state, None, tuple(own.returns), matrix[:, columns],
            day_volume_quote=own.volume, entries_today=0, order_errors=0, mark=own.mark, book=own.shown, now_utc=AT,
            leverage=self.leverage, funding_rate=self.rate,
        )  # fmt: skip

    def judged(self, tally: Counter[str]) -> Verdict:
        """What the gate says, held against the definitions."""
        verdict = GATES[self.profile].judge(self.situation)
        tally["proposals"] += 1
        if verdict.outcome is Outcome.REFUSED:
            assert (verdict.order, verdict.notional) == (None, 0)
            tally[f"refused by {verdict.binding_rule}"] += 1
            tally["faults"] += verdict.binding_rule == "gate_error"
            return verdict
        assert verdict.order is not None
        assert SEAL.verify(verdict.order)
        assert not self.unknown
        assert self.leverage == self.own.leverage
        assert self.rate is not None
        above = breaches(verdict.order, self.asked, self.own, PROFILES[self.profile], SETTINGS.exits, PERP, 24.0)
        assert above == [], (above, verdict, self.asked, self.profile, self.own.held, self.own.coming)
        assert verdict.notional == verdict.order.quantity * self.asked.reference_price
        tally["signed"] += 1
        cut = [rule.code for rule in verdict.rules if rule.reaction is Reaction.CUT]
        tally[f"cut by {cut[0]}"] += 1
        return verdict


def prove(proposals: int, direction: Direction, shared: bool, seed: int) -> Counter[str]:
    chance, tally = random.Random(seed), Counter[str]()
    for _ in range(proposals):
        Drawn(chance, direction, shared).judged(tally)
    return tally


@pytest.mark.parametrize(("direction", "shared"), KINDS)
def test_four_hundred_proposals_of_each_kind_and_none_above_a_limit(direction: Direction, shared: bool) -> None:
    tally = prove(400, direction, shared, 1)
    assert tally["signed"] > 40, tally
    assert tally["faults"] == 0, tally
    assert len(tally) > 12, tally


@pytest.mark.slow
@pytest.mark.parametrize(("direction", "shared"), long_after(2, KINDS))
def test_as_many_of_each_kind_as_were_asked_for_and_none_above_a_limit(direction: Direction, shared: bool) -> None:
    tally = prove(MANY, direction, shared, 2)
    print(f"\n{direction}, {'shares' if shared else 'events'}")
    print("\n".join(f"{count:>9,}  {what}" for what, count in sorted(tally.items(), key=lambda item: -item[1])))
    assert tally["signed"] > MANY // 20
