"""The limits once more, from their definitions and without code of the gate, to check signed orders.

It uses only loops and sorting. It shares the numbers of the profile with the gate, and nothing else: no rule, no
estimator, no cap.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from math import isfinite, sqrt

import numpy as np

from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from market.book import Book
from market.instrument import Instrument
from risk.order import Order, OrderKind, Purpose, Side
from risk.proposal import Direction, Proposal

ROUNDING = 1 + 1e-9


class OwnBook:
    """Cash, holdings and open entries [quote], and the returns of each symbol (simple, oldest first).

    `volume`: traded value of a day in any symbol [quote]; `peak`: the highest equity so far [quote]; `marks`: last
    closes; `now`: their time; `shown`: the order book of a market; `errors`: orders that failed today.
    """

    def __init__(self, cash: Decimal, held: dict[str, Decimal], returns: dict[str, np.ndarray]) -> None:
        self.cash = cash
        self.volume = float("inf")
        self.marks: dict[str, float] = {}
        self.now: datetime | None = None
        self.shown: dict[str, Book] = {}
        self.errors = 0
        self.peak = cash
        self.held = held
        self.coming: dict[str, Decimal] = {}
        self.returns = returns

    @property
    def equity(self) -> Decimal:
        return self.cash + sum(self.held.values(), Decimal(0))

    @property
    def deployed(self) -> Decimal:
        return sum(self.held.values(), Decimal(0)) + sum(self.coming.values(), Decimal(0))


def breaches(
    order: Order,
    asked: Proposal,
    book: OwnBook,
    limits: RiskLimits,
    exits: ExitSettings,
    market: Instrument,
    bars_per_day: float,
) -> list[str]:
    """Return every limit that a signed order exceeds, by name; empty if it is within all of them.

    Of a proposal that says it enlarges a position, the whole position is measured: what is held of the market, and the order.
    """
    size, equity = order.quantity * asked.reference_price, book.equity
    more = asked.held_share is not None
    before = book.held.get(asked.symbol, Decimal(0)) if more else Decimal(0)
    whole = size + before
    share = float(whole / equity)
    halved = 0.5 if float(1 - equity / book.peak) >= limits.half_size_drawdown else 1.0
    stop = _stop(asked, limits)
    scale = min(1.0, asked.ruling_scale * asked.adjust_scale) * halved
    scale *= 1.0 if asked.exposure is None else asked.exposure
    deepest = stop if asked.exposure is None else limits.max_stop_fraction
    of_order = 1.0 if more or asked.exposure is not None else scale
    fee = market.taker_fee_bps / 10_000
    dearest = order.limit_price or asked.reference_price
    cost, coming = order.quantity * dearest * (1 + fee), Decimal(0)
    entered = cost + before / asked.reference_price * dearest * (1 + fee)
    dearer, holds = _dearest(limits), sum(book.held.values(), Decimal(0)) - before
    for other in book.coming.values():
        coming += other * dearer * (1 + fee)
    series = _portfolio(book, asked.symbol, float(size / equity))
    var, es = _tails(series, limits, bars_per_day)
    shown = book.shown[asked.symbol]
    within = {
        "price": abs(asked.reference_price - (mark := Decimal(repr(book.marks[asked.symbol])))) * 10_000
        <= mark * Decimal(repr(limits.max_price_gap_bps * ROUNDING)),
        "time": book.now is not None and abs((asked.as_of_utc - book.now).total_seconds()) <= limits.max_proposal_age_s,
        "errors": book.errors <= limits.max_order_errors,
        "spread": _spread_bps(shown) <= limits.max_spread_bps * ROUNDING,
        "slippage": _paid_above_middle(shown, order.quantity) <= limits.max_slippage * ROUNDING,
        "gross leverage": float((book.deployed + size) / equity) <= limits.max_gross_leverage * ROUNDING,
        "net leverage": float((book.deployed + size) / equity) <= limits.max_net_leverage * ROUNDING,
        "equal risk": not limits.risk_parity or share <= _equal_part(book, asked, limits, bars_per_day) * (1 + 1e-6),
        "order": (order.side, order.kind, order.purpose) == (Side.BUY, OrderKind.MARKET, Purpose.ENTRY),
        "dearest price": order.limit_price is not None
        and asked.reference_price * dearer - market.tick_size < order.limit_price <= asked.reference_price * dearer,
        "position at its fill": float(entered / (equity - (dearer - 1) * holds))
        <= scale * limits.max_position_fraction * ROUNDING,
        "deployed at the fill": float((holds * dearer + coming + entered) / equity)
        <= limits.max_deployed_fraction * ROUNDING,
        "symbol": order.symbol == asked.symbol == market.symbol,
        "direction": asked.direction is Direction.LONG,
        "whole lots": order.quantity > 0 and order.quantity % market.lot_size == 0,
        "conviction": limits.min_conviction <= asked.conviction <= 1.0,
        "scale": isfinite(scale) and 0.0 < asked.ruling_scale <= 1.0 and 0.0 < asked.adjust_scale <= 1.25,
        "tick": float(market.tick_size / asked.reference_price) * 1e4 <= limits.max_tick_bps * ROUNDING,
        "one position": (more or asked.symbol not in book.held) and asked.symbol not in book.coming,
        "shares": all(0.0 <= part <= 1.0 for part in (asked.exposure, asked.held_share) if part is not None),
        "position": share <= scale * limits.max_position_fraction * ROUNDING,
        "liquidity": float(size) <= of_order * limits.max_volume_share * book.volume * ROUNDING,
        "deployed": float((book.deployed + size) / equity) <= limits.max_deployed_fraction * ROUNDING,
        "cash": cost <= book.cash - coming,
        "risk per trade": share * stop <= scale * limits.risk_per_trade * ROUNDING,
        "kelly": share <= scale * _kelly(asked.conviction, stop, exits, limits) * ROUNDING,
        "sold at its stop": float(size) * (1 - deepest) * ROUNDING >= float(market.min_notional),
        "history": len(series) >= (50 if limits.var_horizon == "bar" else 99 * _step(limits, bars_per_day)),
        "var": var <= limits.max_var_1d * ROUNDING,
        "es": es <= limits.max_es_1d * ROUNDING,
        "correlation": _closest(book, asked.symbol, more) <= limits.max_correlation * ROUNDING,
    }
    return [name for name, holds in within.items() if not holds]


def _dearest(limits: RiskLimits) -> Decimal:
    return 1 + Decimal(repr(limits.entry_price_cap_bps or 0.0)) / 10_000


def _spread_bps(shown: Book) -> float:
    low, high = float(shown.bids[0].price), float(shown.asks[0].price)
    return (high - low) / (high + low) * 20_000


def _paid_above_middle(shown: Book, quantity: Decimal) -> float:
    """Return the average cost of a purchase above the middle, bought lot by lot from the best level on; infinite
    beyond the book.
    """
    middle = (shown.bids[0].price + shown.asks[0].price) / 2
    left, cost = quantity, Decimal(0)
    for level in shown.asks:
        bought = min(left, level.quantity)
        cost += bought * level.price
        left -= bought
    return float(cost / (quantity * middle) - 1) if left == 0 else float("inf")


def _equal_part(book: OwnBook, asked: Proposal, limits: RiskLimits, bars_per_day: float) -> float:
    """Return the share of equity of this market in the portfolio of equal risks, scaled to the VaR limit.

    Its weights minimise half the variance minus the mean logarithm of the weights, by Newton's method.
    """
    names = sorted({*book.held, *book.coming, *asked.docket})
    if asked.symbol not in asked.docket:
        return 0.0
    units = [book.returns[name].std(ddof=1) for name in names]
    spread = np.cov([book.returns[name] / unit for name, unit in zip(names, units, strict=True)]).reshape(
        len(names), -1
    )
    found = np.ones(len(names))
    for _ in range(50):
        slope = spread @ found - 1 / (len(names) * found)
        step = np.linalg.solve(spread + np.diag(1 / (len(names) * found**2)), slope)
        found = found - step * min(1.0, 0.9 / max(float((step / found).max()), 1e-300))
    weights = found / units / (found / units).sum()
    series = [
        sum(w * book.returns[name][bar] for w, name in zip(weights, names, strict=True))
        for bar in range(len(book.returns[asked.symbol]))
    ]
    var, _ = _tails(series, limits, bars_per_day)
    return float(weights[names.index(asked.symbol)] * limits.max_var_1d / var)


def _stop(asked: Proposal, limits: RiskLimits) -> float:
    wanted = limits.stop_fraction
    if asked.exposure is not None:
        price = float(asked.reference_price)
        away = limits.max_stop_fraction if asked.exit_price is None else 1 - asked.exit_price / price
        return min(max(wanted, away), limits.max_stop_fraction)
    if asked.atr_quote is not None:
        wanted = max(wanted, limits.stop_atr_multiple * asked.atr_quote / float(asked.reference_price))
    return min(wanted, limits.max_stop_fraction)


def _kelly(conviction: float, stop: float, exits: ExitSettings, limits: RiskLimits) -> float:
    odds = exits.take_profit_fraction / stop
    wins = min(1.0, 1 / (1 + odds) + limits.kelly_edge * conviction)
    return limits.kelly_fraction * conviction * (wins * (odds + 1) - 1) / odds


def _portfolio(book: OwnBook, symbol: str, share: float) -> list[float]:
    """Return the returns of the account with this order in it, bar by bar."""
    worth = {name: float(value / book.equity) for name, value in book.held.items()}
    for name, value in book.coming.items():
        worth[name] = worth.get(name, 0.0) + float(value / book.equity)
    worth[symbol] = worth.get(symbol, 0.0) + share
    return [sum(worth[name] * book.returns[name][bar] for name in worth) for bar in range(len(book.returns[symbol]))]


def _step(limits: RiskLimits, bars_per_day: float) -> int:
    """Bars in two hours, or one."""
    return 1 if limits.var_horizon == "bar" else max(1, round(bars_per_day / 12))


def _tails(bars: Sequence[float], limits: RiskLimits, bars_per_day: float) -> tuple[float, float]:
    """One-day VaR and ES of filtered historical simulation: EWMA begun at the mean square, quantile type 6.

    By bars the decay is 0.94. By days the bars of two hours are one step, the half-life is a day, a fall counts 1.5 times and a
    rise 0.5 times, and the volatility is never below that of the window.
    """
    by_bar, size = limits.var_horizon == "bar", _step(limits, bars_per_day)
    decay = 0.94 if by_bar else 0.5 ** (size / bars_per_day)
    series = [sum(bars[at : at + size]) for at in range(len(bars) % size, len(bars), size)]
    first = variance = sum(value * value for value in series) / len(series)
    units = []
    for value in series:
        sigma = max(sqrt(variance), (1e-6 if by_bar else 1.0) * sqrt(first))
        units.append(value / sigma if sigma else 0.0)
        weight = 1.0 if by_bar else 1.5 if value < 0 else 0.5
        variance = decay * variance + (1 - decay) * weight * value * value
    variance = variance if by_bar else max(variance, first)
    units.sort()

    def read(confidence: float) -> tuple[float, float]:
        place = min(max((len(units) + 1) * (1 - confidence), 1.0), len(units) - 1.0)
        whole = int(place)
        part = place - whole
        quantile = units[whole - 1] + part * (units[whole] - units[whole - 1])
        return -quantile, -(sum(units[:whole]) + part * units[whole]) / place

    now = sqrt(variance * bars_per_day / size)
    return read(limits.var_confidence)[0] * now, read(limits.es_confidence)[1] * now


def _closest(book: OwnBook, symbol: str, more: bool) -> float:
    """Return the highest correlation with any holding or open entry; 1 with a series that never moved. `more`: without the
    position that is enlarged."""
    closest = 0.0
    for other in (book.held.keys() | book.coming.keys()) - ({symbol} if more else set()):
        one, two = book.returns[symbol], book.returns[other]
        moved = one.std() > 0 and two.std() > 0
        closest = max(closest, float(np.corrcoef(one, two)[0, 1]) if moved else 1.0)
    return closest
