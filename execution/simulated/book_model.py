"""The modelled order book around a price, for data that has only bars.

The book has half a spread, then levels at even steps or at the prices of the square-root law (`impact_model`). One
side of the book holds a fraction of the bar's volume in whole lots, in equal parts; remaining lots are added to the
nearest levels, one each. The model is conservative: prices are rounded outwards to ticks, quantities are rounded down
to lots, and quantity that was taken from a side stays gone for the rest of the bar. A bar without volume has an empty
book. A bar with any volume offers at least one lot, so that a large lot size cannot keep a stop from filling. The
book of a wild bar is thinner and wider, where the profile says so (`strain`).
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from config.sections.venue import VenueSettings
from execution.exact import EXACT, ZERO, ceil_to, exact_decimal, floor_to
from execution.simulated.impact_model import EvenSteps, SquareRoot
from execution.simulated.latency import bar_sigma
from execution.simulated.strain import CALM, calm_sigma, strain
from market.bar import Bar
from market.book import Book, Level
from market.instrument import Instrument
from risk.order import Side

_PER_BPS = Decimal("0.0001")
_PER_CENT = Decimal("0.01")


class BookLadder(Protocol):
    """The distances of the levels of a bar from the middle."""

    def distances(self, taken: Decimal, quantities: Sequence[Decimal]) -> tuple[Decimal, ...]:
        """Return the distance of each level, nearest first [fraction of the price]; `taken` [base] was taken before."""
        ...


class BookModel:
    """The parameters of all books: distances from the middle, and depth, from the profile."""

    def __init__(self, settings: VenueSettings) -> None:
        self._half = EXACT.multiply(exact_decimal(settings.spread_bps) / 2, _PER_BPS)
        step = EXACT.multiply(exact_decimal(settings.level_step_bps), _PER_BPS)
        self._even = EvenSteps(tuple(self._half + number * step for number in range(settings.levels)))
        self._levels = settings.levels
        self._root = settings.impact_coefficient if settings.impact == "square_root" else None
        self._settings = settings
        self._calm: dict[timedelta, float] = {}
        self._depth_fraction = exact_decimal(settings.depth_fraction)

    def bar(self, instrument: Instrument, volume: float, sigma: float = 0.0, thin: int = CALM) -> "BarBook":
        """Return the liquidity of one bar with this volume [base], this sigma [fraction of the price] and this strain
        [hundredths].
        """
        whole = EXACT.multiply(exact_decimal(volume), self._depth_fraction)
        lots = EXACT.divide_int(EXACT.multiply(whole, CALM), EXACT.multiply(instrument.lot_size, thin))
        depth, wider = EXACT.multiply(lots, instrument.lot_size), EXACT.multiply(Decimal(thin), _PER_CENT)
        least = instrument.lot_size if volume > 0 else ZERO
        ladder = self._wider(wider) if self._root is None else self._by_law(self._root, wider, sigma, volume)
        return BarBook(ladder, self._levels, instrument, max(depth, least))

    def of(self, instrument: Instrument, bar: Bar, parts: int = 1) -> "BarBook":
        """Return the liquidity of a bar, or of the first `parts` parts of one, told as a bar of the length of a part."""
        length = bar.timeframe.duration * parts
        if length not in self._calm:
            self._calm[length] = calm_sigma(self._settings, length)
        thin = strain(bar.high, bar.low, self._calm[length])
        return self.bar(instrument, bar.volume, bar_sigma(bar.high, bar.low), thin)

    def _wider(self, wider: Decimal) -> EvenSteps:
        if wider == 1:
            return self._even
        return EvenSteps(tuple(EXACT.multiply(step, wider) for step in self._even.steps))

    def _by_law(self, coefficient: float, wider: Decimal, sigma: float, volume: float) -> SquareRoot:
        return SquareRoot(EXACT.multiply(self._half, wider), coefficient, sigma, volume)


class BarBook:
    """The liquidity of one bar: books at any of its prices, with one shared quantity for each side."""

    def __init__(self, ladder: BookLadder, levels: int, instrument: Instrument, depth: Decimal) -> None:
        self._ladder = ladder
        self._levels = levels
        self._instrument = instrument
        self._depth = depth
        self._left = {Side.BUY: depth, Side.SELL: depth}

    def take(self, taker: Side, quantity: Decimal) -> None:
        """A buyer took this quantity [base] from the asks, or a seller from the bids."""
        self._left[taker] = EXACT.subtract(self._left[taker], quantity)

    def left(self, taker: Side) -> Decimal:
        """Return the quantity [base] that a taker of this side may still take in this bar."""
        return self._left[taker]

    def book_at(self, price: Decimal) -> Book:
        """Return the book at this traded price: never crossed, and never better than the model."""
        bid_quantities, ask_quantities = self._quantities(Side.SELL), self._quantities(Side.BUY)
        bids = self._bids(price, self._distances(Side.SELL, bid_quantities)) if bid_quantities else []
        asks = self._asks(price, self._distances(Side.BUY, ask_quantities)) if ask_quantities else []
        return Book(
            bids=tuple(Level(*level) for level in zip(bids, bid_quantities, strict=False) if level[0] > 0),
            asks=tuple(Level(*level) for level in zip(asks, ask_quantities, strict=False)),
        )

    def prices_at(self, price: float, taker: Side) -> list[Decimal]:
        """Return the level prices that a taker of this side meets at this traded price, nearest first."""
        away, at = self._distances(taker, self._quantities(taker)), exact_decimal(price)
        return self._asks(at, away) if taker is Side.BUY else [level for level in self._bids(at, away) if level > 0]

    def _distances(self, taker: Side, quantities: Sequence[Decimal]) -> tuple[Decimal, ...]:
        return self._ladder.distances(EXACT.subtract(self._depth, self._left[taker]), quantities)

    def _quantities(self, taker: Side) -> list[Decimal]:
        """Return the remaining quantities for a taker, nearest level first, in whole lots; empty levels are left out."""
        lot, levels = self._instrument.lot_size, self._levels
        each, over = divmod(int(EXACT.divide_int(self._left[taker], lot)), levels)
        lots = (each + 1 if number < over else each for number in range(levels))
        return [EXACT.multiply(lot, number) for number in lots if number]

    def _bids(self, price: Decimal, distances: Iterable[Decimal]) -> list[Decimal]:
        tick, prices = self._instrument.tick_size, list[Decimal]()
        for distance in distances:
            level = self._under(price, distance)
            prices.append(min(level, prices[-1] - tick) if prices else level)
        return prices

    def _asks(self, price: Decimal, distances: Iterable[Decimal]) -> list[Decimal]:
        """Return ask prices, each above the one before, and the first above the best bid of a full book."""
        tick, prices, floor = self._instrument.tick_size, list[Decimal](), ZERO
        for distance in distances:
            if not prices:
                floor = self._under(price, distance)
            floor = max(ceil_to(EXACT.multiply(price, 1 + distance), tick), floor + tick)
            prices.append(floor)
        return prices

    def _under(self, price: Decimal, distance: Decimal) -> Decimal:
        return floor_to(max(ZERO, EXACT.multiply(price, 1 - distance)), self._instrument.tick_size)
