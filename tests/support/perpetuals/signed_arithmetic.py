"""The limits of perpetual contracts once more, with both signs, from their definitions and without code of the gate.

As `own_arithmetic` it shares the numbers of the profile with the gate and nothing else. Every limit is measured at the reference
price, at the worst price that the order allows, and as far from the reference on its other side.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import inf

import numpy as np
from own_arithmetic import ROUNDING
from own_arithmetic import _dearest as dearest
from own_arithmetic import _kelly as kelly
from own_arithmetic import _spread_bps as spread_bps
from own_arithmetic import _step as step_bars
from own_arithmetic import _tails as tails

from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from market.book import Book
from market.instrument import Instrument
from market.perpetual.margin import MarginTier
from risk.order import Order, OrderKind, Purpose, Side
from risk.proposal import Direction, Proposal


@dataclass
class SignedBook:
    """An account of perpetuals: its wallet [quote], `held` as signed quantity [base], entry and last price [quote], `coming` as
    signed notional [quote], and what is known of its markets.
    """

    wallet: Decimal
    held: dict[str, tuple[Decimal, Decimal, Decimal]]
    coming: dict[str, Decimal]
    returns: dict[str, np.ndarray]
    leverage: Decimal
    rate: float
    shown: Book
    mark: float
    volume: float
    now: datetime
    fallen: float = 0.0
    paused: frozenset[tuple[str, Side]] = field(default_factory=frozenset)

    @property
    def equity(self) -> Decimal:
        return self.wallet + sum((size * (last - entry) for size, entry, last in self.held.values()), Decimal(0))

    def worth(self, symbol: str) -> Decimal:
        """Return the signed notional of a market, held and coming."""
        size, _, last = self.held.get(symbol, (Decimal(0), Decimal(0), Decimal(0)))
        return size * last + self.coming.get(symbol, Decimal(0))

    @property
    def symbols(self) -> list[str]:
        return sorted({*self.held, *self.coming})


def breaches(
    order: Order,
    asked: Proposal,
    book: SignedBook,
    limits: RiskLimits,
    exits: ExitSettings,
    market: Instrument,
    bars_per_day: float,
) -> list[str]:
    """Return every limit that a signed order exceeds, by name and price; empty if it is within all of them."""
    side = 1 if order.side is Side.BUY else -1
    step = dearest(limits) - 1
    price, tick = asked.reference_price, market.tick_size
    worst = order.limit_price or Decimal(0)
    found = [] if worst % tick == 0 and 0 <= side * (price * (1 + side * step) - worst) < tick else ["worst price"]
    found += _apart_from_price(order, asked, book, limits, market)
    for paid in (worst, price, price * (1 - side * step)):
        found += [
            f"{name} at {paid}"
            for name in _at(paid, side, order.quantity, asked, book, limits, exits, market, bars_per_day)
        ]
    return found


def _apart_from_price(
    order: Order, asked: Proposal, book: SignedBook, limits: RiskLimits, market: Instrument
) -> list[str]:
    side = 1 if order.side is Side.BUY else -1
    own = book.held.get(asked.symbol)
    intervals = limits.funding_hold_h / 8
    within = {
        "order": (order.kind, order.purpose, order.symbol) == (OrderKind.MARKET, Purpose.ENTRY, market.symbol),
        "direction": asked.direction is (Direction.LONG if side > 0 else Direction.SHORT),
        "breaker": not book.paused & {("", order.side), (asked.symbol, order.side)},
        "whole lots": order.quantity > 0 and order.quantity % market.lot_size == 0,
        "one position": asked.symbol not in book.coming
        and (own is None or (asked.held_share is not None and asked.exposure is not None and own[0] * side > 0)),
        "price": abs(float(asked.reference_price) / book.mark - 1) * 1e4 <= limits.max_price_gap_bps * ROUNDING,
        "time": abs((asked.as_of_utc - book.now).total_seconds()) <= limits.max_proposal_age_s,
        "spread": spread_bps(book.shown) <= limits.max_spread_bps * ROUNDING,
        "slippage": _cost(book.shown, order.quantity, side) <= limits.max_slippage * ROUNDING,
        "conviction": limits.min_conviction <= asked.conviction <= 1.0,
        "exit": asked.exit_price is None or side * (float(asked.reference_price) - asked.exit_price) > 0,
        "funding": side * book.rate * intervals <= (limits.max_funding_share or inf) * _stop(asked, limits) * ROUNDING,
        "known leverage": 1 <= book.leverage <= 3,
        "correlation": _same_bet(book, asked.symbol, side) <= _most_correlated(limits) * ROUNDING,
    }
    return [name for name, holds in within.items() if not holds]


def _at(
    paid: Decimal,
    side: int,
    quantity: Decimal,
    asked: Proposal,
    book: SignedBook,
    limits: RiskLimits,
    exits: ExitSettings,
    market: Instrument,
    bars_per_day: float,
) -> list[str]:
    """Return what an order exceeds that is filled at this price, with every other price moved against the limit by as much."""
    price, moved = asked.reference_price, dearest(limits) - 1
    fee = market.taker_fee_bps / 10_000
    own = abs(book.held.get(asked.symbol, (Decimal(0),))[0])
    equity, cost = book.equity, quantity * paid
    others = {symbol: book.worth(symbol) for symbol in book.symbols if symbol != asked.symbol}
    gross = sum(map(abs, others.values()), Decimal(0))
    shorts = sum((-one for one in others.values() if one < 0), Decimal(0))
    whole, share = (own + quantity) * paid, float((own + quantity) * price / equity)
    coming = sum(map(abs, book.coming.values()), Decimal(0))
    margin = 1 / book.leverage + fee
    reserved = sum((abs(size) * entry / book.leverage for size, entry, _ in book.held.values()), Decimal(0))
    scale = min(1.0, asked.ruling_scale * asked.adjust_scale) * (1.0 if asked.exposure is None else asked.exposure)
    scale *= 0.5 if book.fallen >= limits.half_size_drawdown else 1.0
    stop, at_venue = (
        _stop(asked, limits),
        limits.max_stop_fraction if asked.exposure is not None else _stop(asked, limits),
    )
    worth = {symbol: float(value / equity) for symbol, value in others.items()} | {asked.symbol: side * share}
    series = [sum(part * book.returns[name][bar] for name, part in worth.items()) for bar in range(_bars(book))]
    var, es = tails(series, limits, bars_per_day)
    least = market.min_notional / Decimal(repr(1 - at_venue)) if side > 0 else market.min_notional
    within = {
        "position": float(whole / (equity - moved * gross)) <= scale * limits.max_position_fraction * ROUNDING,
        "deployed": float((gross * (1 + moved) + whole) / (equity - moved * shorts))
        <= limits.max_deployed_fraction * ROUNDING,
        "cash": cost * margin + coming * (1 + moved) * margin <= (book.wallet - reserved) * Decimal(ROUNDING),
        "gross leverage": float(gross / equity) + share <= limits.max_gross_leverage * ROUNDING,
        "net leverage": side * float(sum(others.values(), Decimal(0)) / equity) + share
        <= limits.max_net_leverage * ROUNDING,
        "cluster": float(_cluster(book, asked.symbol, limits) / equity) + share <= _most_in_cluster(limits) * ROUNDING,
        "liquidity": float(quantity * price) <= limits.max_volume_share * book.volume * ROUNDING,
        "risk per trade": share * stop <= scale * limits.risk_per_trade * ROUNDING,
        "kelly": share <= scale * kelly(asked.conviction, stop, exits, limits) * ROUNDING,
        "history": _bars(book) >= (50 if limits.var_horizon == "bar" else 99 * step_bars(limits, bars_per_day)),
        "var": var <= limits.max_var_1d * ROUNDING,
        "es": es <= limits.max_es_1d * ROUNDING,
        "stressed loss": limits.max_stressed_loss is None
        or _stressed(worth, book, limits.stress_bars) <= limits.max_stressed_loss * ROUNDING,
        "large enough": cost * Decimal(ROUNDING) >= least or paid != price,
        "tier": _tier(whole, market).max_leverage >= book.leverage,
        "liquidation": _liquidated(paid, side, quantity, asked, book, market)
        >= limits.min_liquidation_distance * at_venue / ROUNDING,
    }
    if side < 0:
        within["large enough at its lowest price"] = cost * Decimal(ROUNDING) >= market.min_notional
    return [name for name, holds in within.items() if not holds]


def _bars(book: SignedBook) -> int:
    return min(len(rows) for rows in book.returns.values())


def _stop(asked: Proposal, limits: RiskLimits) -> float:
    """Return the distance of the stop by which the size is counted."""
    price = float(asked.reference_price)
    if asked.exposure is not None:
        away = limits.max_stop_fraction if asked.exit_price is None else abs(asked.exit_price - price) / price
    else:
        away = 0.0 if asked.atr_quote is None else limits.stop_atr_multiple * asked.atr_quote / price
    return min(max(limits.stop_fraction, away), limits.max_stop_fraction)


def _cost(shown: Book, quantity: Decimal, side: int) -> float:
    """Return how much worse than the middle an order is filled on average, lot by lot from the best level on; infinite beyond
    the book."""
    middle = (shown.bids[0].price + shown.asks[0].price) / 2
    left, money = quantity, Decimal(0)
    for level in shown.asks if side > 0 else shown.bids:
        taken = min(left, level.quantity)
        money += taken * level.price
        left -= taken
    return side * float(money / (quantity * middle) - 1) if left == 0 else inf


def _together(book: SignedBook, one: str, two: str) -> float:
    moved = book.returns[one].std() > 0 and book.returns[two].std() > 0
    return float(np.corrcoef(book.returns[one], book.returns[two])[0, 1]) if moved else inf


def _same_bet(book: SignedBook, symbol: str, side: int) -> float:
    """Return the highest correlation of the profit with that of any other position; 1 with a series that never moved."""
    closest = 0.0
    for other in book.symbols:
        if other != symbol:
            value = _together(book, symbol, other)
            closest = max(closest, 1.0 if value == inf else value * side * (-1 if book.worth(other) < 0 else 1))
    return closest


def _most_correlated(limits: RiskLimits) -> float:
    if limits.correlation == "refuse":
        return limits.max_correlation
    return max(limits.max_correlation, limits.max_twin_correlation)


def _most_in_cluster(limits: RiskLimits) -> float:
    return limits.max_cluster_fraction if limits.correlation == "cluster" else inf


def _cluster(book: SignedBook, symbol: str, limits: RiskLimits) -> Decimal:
    """Return the gross notional of all other markets that move with or against this one, or one of them."""
    reached = {symbol}
    for _ in book.symbols:
        for other in book.symbols:
            if other not in reached and any(
                abs(_together(book, other, one)) > limits.max_correlation for one in reached
            ):
                reached.add(other)
    return sum((abs(book.worth(one)) for one in reached if one != symbol), Decimal(0))


def _stressed(worth: dict[str, float], book: SignedBook, bars: int) -> float:
    """Return the largest loss of positions that are opened before a stretch and not changed in it."""
    worst = -inf
    for first in range(_bars(book) - bars + 1):
        loss = 0.0
        for name, part in worth.items():
            grown = 1.0
            for value in book.returns[name][first : first + bars]:
                grown *= 1.0 + value
            loss -= part * (grown - 1.0)
        worst = max(worst, loss)
    return worst


def _tier(notional: Decimal, market: Instrument) -> MarginTier:
    assert market.perpetual is not None
    return next(tier for tier in market.perpetual.tiers if tier.up_to is None or notional <= tier.up_to)


def _liquidated(
    paid: Decimal, side: int, quantity: Decimal, asked: Proposal, book: SignedBook, market: Instrument
) -> float:
    """Return how far from its fill the whole position is liquidated, found by halving [fraction of the price]."""
    size, entry, _ = book.held.get(asked.symbol, (Decimal(0), paid, paid))
    parts = [(size, entry), (side * quantity, paid)]
    margin = sum((abs(part) * cost / book.leverage for part, cost in parts), Decimal(0))

    def left(away: Decimal) -> Decimal:
        at = paid * (1 - side * away)
        profit = sum((part * (at - cost) for part, cost in parts), Decimal(0))
        notional = abs(size + side * quantity) * at
        tier = _tier(notional, market)
        return margin + profit - notional * tier.maintenance_rate + tier.maintenance_amount

    near, far = Decimal(0), Decimal("0.999999") if side > 0 else Decimal(5)
    if left(near) <= 0:
        return 0.0
    if left(far) > 0:
        return inf
    for _ in range(40):
        middle = (near + far) / 2
        near, far = (middle, far) if left(middle) > 0 else (near, middle)
    return float(near)
