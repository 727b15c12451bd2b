"""The order book that a simulated market shows at a bar close: the modelled book around the last close, with the
depth of the last bar.

It is computed from the bars and the profile only, so a replay shows the gate the same book without a journal entry. A
real venue must journal the books that it showed. A market without a trusted bar in the last slice shows no book.
"""

from collections.abc import Mapping

from config.sections.venue import VenueSettings
from execution.exact import exact_decimal
from execution.simulated.book_model import BookModel
from market.bar import Bar, Part, Slice
from market.book import Book
from market.instrument import Instrument


class ShownBooks:
    """The books at the close of the last slice; each is computed when it is requested, and kept until the next slice."""

    def __init__(self, instruments: Mapping[str, Instrument], settings: VenueSettings) -> None:
        self._instruments = dict(instruments)
        self._model = BookModel(settings)
        self._bars: Mapping[str, Bar] = {}
        self._parts = 1
        self._made: dict[str, Book] = {}

    def see(self, shown: Slice) -> None:
        """Take these bars as the last ones. If a bar comes in parts, its parts so far count together as the last bar."""
        self._made.clear()
        self._parts = shown.number if isinstance(shown, Part) else 1
        if isinstance(shown, Part) and shown.number > 1:
            grown = {name: _grown(self._bars.get(name), bar) for name, bar in shown.bars.items()}
            self._bars = {**self._bars, **grown}
        else:
            self._bars = shown.bars

    def book(self, symbol: str) -> Book | None:
        """Return the book of a symbol; None if its market is unknown or had no bar."""
        if symbol in self._made:
            return self._made[symbol]
        bar, instrument = self._bars.get(symbol), self._instruments.get(symbol)
        if bar is None or instrument is None:
            return None
        made = self._made[symbol] = self._model.of(instrument, bar, self._parts).book_at(exact_decimal(bar.close))
        return made


def _grown(before: Bar | None, bar: Bar) -> Bar:
    if before is None:
        return bar
    high, low = max(before.high, bar.high), min(before.low, bar.low)
    return bar.model_copy(update={"open": before.open, "high": high, "low": low, "volume": before.volume + bar.volume})
