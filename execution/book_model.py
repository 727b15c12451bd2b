"""The book that is laid around a price where only bars are known.

Half a spread, then levels at even steps; one side of the book holds a fraction of the bar's volume in whole lots, in equal
parts, and what is left over lies one lot each on the nearest levels. It errs against us: prices are rounded outwards to
ticks, quantities down to lots, and what was taken from a side is gone for the rest of the bar. A bar without volume has an
empty book; one that traded anything offers one lot at least, so that a coarse lot never keeps a stop from filling.
"""

from decimal import Decimal

from config.settings import VenueSettings
from execution.exact import EXACT, ZERO, ceil_to, exact_decimal, floor_to
from market.book import Book, Level
from market.instrument import Instrument
from risk.order import Side

_PER_BPS = Decimal("0.0001")


class BookModel:
    """The shape of all books: distances from the middle and depth, from the profile."""

    def __init__(self, settings: VenueSettings) -> None:
        half = exact_decimal(settings.spread_bps) / 2
        step = exact_decimal(settings.level_step_bps)
        self.distances = tuple((half + number * step) * _PER_BPS for number in range(settings.levels))
        """Distance of each level from the middle, nearest first [fraction of the price]."""
        self._depth_fraction = exact_decimal(settings.depth_fraction)

    def bar(self, instrument: Instrument, volume: float) -> "BarBook":
        """What one bar of this volume (base units) offers on each side."""
        depth = floor_to(EXACT.multiply(exact_decimal(volume), self._depth_fraction), instrument.lot_size)
        least = instrument.lot_size if volume > 0 else ZERO
        return BarBook(self.distances, instrument, max(depth, least))


class BarBook:
    """The liquidity of one bar: books at any price of it, out of one budget a side."""

    def __init__(self, distances: tuple[Decimal, ...], instrument: Instrument, depth: Decimal) -> None:
        self._distances = distances
        self._instrument = instrument
        self._left = {Side.BUY: depth, Side.SELL: depth}

    def take(self, taker: Side, quantity: Decimal) -> None:
        """A buyer took this from the asks, or a seller from the bids."""
        self._left[taker] = EXACT.subtract(self._left[taker], quantity)

    def book_at(self, price: Decimal) -> Book:
        """The book when the traded price is here: never crossed, nor better than the model."""
        bid_quantities, ask_quantities = self._quantities(Side.SELL), self._quantities(Side.BUY)
        bids = self._bids(price) if bid_quantities or ask_quantities else []
        asks = self._asks(price, bids[0] if bids else ZERO) if ask_quantities else []
        return Book(
            bids=tuple(Level(*level) for level in zip(bids, bid_quantities, strict=False) if level[0] > 0),
            asks=tuple(Level(*level) for level in zip(asks, ask_quantities, strict=False)),
        )

    def _quantities(self, taker: Side) -> list[Decimal]:
        """What is left for a taker, nearest level first, in whole lots; levels that would be empty are left out."""
        lot, levels = self._instrument.lot_size, len(self._distances)
        each, over = divmod(int(EXACT.divide_int(self._left[taker], lot)), levels)
        lots = (each + 1 if number < over else each for number in range(levels))
        return [EXACT.multiply(lot, number) for number in lots if number]

    def _bids(self, price: Decimal) -> list[Decimal]:
        tick, prices = self._instrument.tick_size, list[Decimal]()
        for distance in self._distances:
            level = floor_to(max(ZERO, EXACT.multiply(price, 1 - distance)), tick)
            prices.append(min(level, prices[-1] - tick) if prices else level)
        return prices

    def _asks(self, price: Decimal, best_bid: Decimal) -> list[Decimal]:
        tick, prices = self._instrument.tick_size, list[Decimal]()
        floor = best_bid
        for distance in self._distances:
            floor = max(ceil_to(EXACT.multiply(price, 1 + distance), tick), floor + tick)
            prices.append(floor)
        return prices
