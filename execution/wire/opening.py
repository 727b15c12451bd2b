"""Opens the simulated exchange on a tape: its bars before the session are the past that is told, the others are played."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import chain

from config.clock import from_ms, to_ms
from config.errors import DataFault
from config.sections.venue import VenueSettings
from execution.wire.perpetual.exchange import PerpetualExchange
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.market import PlayedMarket
from market.bar import Bar
from market.candles import RawCandles
from market.tape import Tape
from market.timeframe import Timeframe


def exchange_on(
    tape: Tape,
    settings: VenueSettings,
    begins: datetime,
    balances: Mapping[str, Decimal],
    *,
    fee_in_quote: bool = False,
    played_as: Timeframe | None = None,
) -> Exchange:
    """The exchange whose first bar opens at `begins` or, if that is inside a bar, with that bar. Raises DataFault.

    `played_as`: the length that its bars are played as, if not their own.
    """
    slices = tape.slices()
    first = next(slices, None)
    if first is None:
        raise DataFault(f"{tape.source_label} has no bar to play. Nothing was started; give more of them.")
    past = {symbol: _closed(tape.candles[symbol], tape.start_utc) for symbol in tape.symbols}
    opens = (played_as or tape.timeframe).floor(begins)
    market = PlayedMarket(tape.symbols, tape.timeframe, chain((first,), slices), past, opens, played_as)
    if any(rules.perpetual is not None for rules in tape.instruments.values()):
        exchange = PerpetualExchange(market, tape.instruments, settings, dict(balances))
        exchange.remember(tape.past_funding)
        return exchange
    coins = {coin: Decimal(0) for rules in tape.instruments.values() for coin in (rules.base, rules.quote)}
    return Exchange(market, tape.instruments, settings, coins | dict(balances), fee_in_quote=fee_in_quote)


def _closed(candles: RawCandles, until: datetime) -> Iterator[Bar]:
    """The bars that close not after a moment and can be ones, oldest first."""
    columns = (column.tolist() for column in candles.columns)
    for close_ms, *prices in zip(candles.close_ms.tolist(), *columns, strict=True):
        if close_ms > to_ms(until):
            return
        first, high, low, last, volume = prices
        if 0 < low <= min(first, last) <= max(first, last) <= high < float("inf") and 0 <= volume < float("inf"):
            yield Bar(
                symbol=candles.symbol, timeframe=candles.timeframe, close_utc=from_ms(close_ms), open=first, high=high,
                low=low, close=last, volume=volume,
            )  # fmt: skip
