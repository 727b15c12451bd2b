"""Chooses the column of volume, and its unit: coins (base) or money (quote), which is divided by the close of its bar.

The name of the column proves the unit (`Volume BTC` of BTC/USD), or a publisher's form, or arithmetic: of two columns one is the
other times the price. A single column without a unit is taken as base, which is said with every file. It refuses columns between
which nothing decides, and counts of price changes.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import numpy as np

from config.errors import DataFault
from market.candles import Floats
from market.files.text.names import TICKS, VOLUMES
from market.symbols import DOLLARS, QUOTES

Numbers = Callable[[str], Floats]
_BASE = ("base_volume", "basevolume", "volume_base", "volumefrom", "volume_from", "base_asset_volume")
_QUOTE = (
    "quote_volume", "quotevolume", "volume_quote", "volumeto", "volume_to", "quote_asset_volume", "quote_av", "turnover",
    "volume_currency", "volccyquote", "total_volume", "volume_notional",
)  # fmt: skip
_COINMARKETCAP = frozenset({"timeopen", "timeclose", "marketcap"})
_AMOUNTS = ("amount", "quantity", "qty", "value", "base", "quote")
"""Names that some publishers give to coins, others to money."""
_CAPS = ("market_cap", "marketcap")
"""Publishers of this give volume in money, but not all of them say so."""
_OTHER_NAMES = {"BTC": ("XBT",), "XBT": ("BTC",), "DOGE": ("XDG",), "XDG": ("DOGE",)}
_PROVED = 0.95


class Volume(NamedTuple):
    """The volume of each row, shape (n,), float64 [base]; the column it comes from; and how its unit is known."""

    values: Floats
    column: str
    unit: str


class Prices(NamedTuple):
    """Low, high and close of each row, shape (n,), float64 [quote]."""

    low: Floats
    high: Floats
    close: Floats


def volume_of(
    columns: Mapping[str, str],
    numbers: Numbers,
    prices: Prices,
    symbol: str,
    given: Literal["base", "quote"] | None,
    file: str,
) -> Volume:
    """The volume of a market. `columns`: the spelling of each column by its plain name.

    `numbers` reads a column by its spelling: shape (n,), float64 [base or quote].

    Raises DataFault when there is no volume, and when nothing decides between several.
    """
    base, _, quote = symbol.partition("/")
    bases = _present(columns, (*_BASE, *_of_currency(base)))
    quotes = _present(columns, (*_QUOTE, *_of_currency(quote)))
    plain = _present(columns, VOLUMES)
    others = [column for name, column in columns.items() if name.startswith("volume_") and column not in bases + quotes]
    money = [column for column in others if _is_money(_currency(column), quote)]
    quotes += money
    known = bool(bases or quotes or plain)  # then a volume in a third currency says nothing
    unknown = [column for column in others if column not in money and not (known and _currency(column) in QUOTES)]
    if given is not None:
        own = {"base": bases, "quote": quotes}[given] or plain or unknown or _present(columns, TICKS)
        if own:
            return _in_base(numbers(own[0]), own[0], prices, given, f"{given} (--volume)")
    if bases:
        _refuse_turned(bases[0], quotes, numbers, prices, file)
        return _in_base(numbers(bases[0]), bases[0], prices, "base", f"base ({bases[0]})")
    if plain and columns.keys() >= _COINMARKETCAP:
        return _in_base(numbers(plain[0]), plain[0], prices, "quote", "quote (CoinMarketCap's), divided by the close")
    amounts = _present(columns, _AMOUNTS)
    caps = _present(columns, _CAPS)
    if len(plain) == 1 and not (unknown or amounts or caps):
        return _plain(numbers, plain[0], quotes, prices, columns, file)
    if quotes and not (plain or unknown or amounts):
        return _in_base(numbers(quotes[0]), quotes[0], prices, "quote", f"quote ({quotes[0]}), divided by the close")
    several = plain + unknown + quotes + amounts
    if (pair := _proved(several, numbers, prices)) is not None:
        return _in_base(
            numbers(pair[0]), pair[0], prices, "base", f"base ({pair[0]}, since {pair[1]} is it times the price)"
        )
    if ticks := _present(columns, TICKS):
        raise _only_ticks(file, ticks[0])
    if not several:
        raise DataFault(
            f"{file} has no column for volume: it was not read; give a file with time, open, high, low, close and volume."
        )
    raise DataFault(
        f"{file} has {', '.join(several + caps)}, and neither their names nor their numbers show which volume is in "
        f"{base or 'coins'} and "
        "which in money: it was not read. Say the unit with --volume base or --volume quote, or leave one column in the file."
    )


def _is_money(currency: str, quote: str) -> bool:
    """Whether a volume in a currency is one in the quote of its market: the same, or a dollar beside a dollar."""
    return currency == quote or {currency, quote} <= set(DOLLARS)


def _refuse_turned(coins: str, money: list[str], numbers: Numbers, prices: Prices, file: str) -> None:
    """Raise DataFault when the numbers prove that the volume in coins, by its name, is that in money, and the other way round."""
    for other in money:
        if _is_price(numbers(coins), numbers(other), prices):
            raise DataFault(
                f"{file}: {coins} is {other} times the price, so what is called coins is money, and the other way round: it was "
                "not read. Give the two columns each other's names."
            )


def _plain(
    numbers: Numbers, column: str, quotes: list[str], prices: Prices, columns: Mapping[str, str], file: str
) -> Volume:
    """The only column that is called volume: proved by a volume in money beside it, or else taken as base."""
    values = numbers(column)
    for money in quotes:
        if _is_price(numbers(money), values, prices):
            return Volume(values, column, f"base ({money} is it times the price)")
        if _is_price(values, numbers(money) / prices.close, prices):
            return _in_base(values, column, prices, "quote", f"quote (it equals {money}), divided by the close")
    ticks = _present(columns, TICKS)
    if ticks and not (values > 0).any():
        raise _only_ticks(file, ticks[0])
    return Volume(values, column, "base assumed")


def _in_base(values: Floats, column: str, prices: Prices, unit: str, told: str) -> Volume:
    if unit == "base":
        return Volume(values, column, told)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Volume(values / prices.close, column, told)


def _proved(several: list[str], numbers: Numbers, prices: Prices) -> tuple[str, str] | None:
    """The column in base and the one in quote, if exactly one pair of columns is in that relation."""
    read = {column: numbers(column) for column in several}
    pairs = [(a, b) for a in several for b in several if a != b and _is_price(read[b], read[a], prices)]
    return pairs[0] if len(pairs) == 1 else None


def _is_price(money: Floats, coins: Floats, prices: Prices) -> bool:
    """Whether money divided by coins is a price of the bar, in nearly all bars that traded."""
    traded = (coins > 0) & (money > 0)
    if not traded.any():
        return False
    paid = money[traded] / coins[traded]
    inside = (paid >= prices.low[traded] * (1 - 1e-3)) & (paid <= prices.high[traded] * (1 + 1e-3))
    return bool(inside.mean() >= _PROVED)


def _present(columns: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(columns[name] for name in names if name in columns))


def _of_currency(currency: str) -> tuple[str, ...]:
    """The names of a volume in a currency."""
    names = (currency, *_OTHER_NAMES.get(currency, ()))
    return tuple(
        form.format(name.lower()) for name in names if name for form in ("volume_{}", "{}_volume", "volume{}", "vol_{}")
    )


def _currency(column: str) -> str:
    return column.replace("(", " ").replace(")", " ").replace("_", " ").split()[-1].upper()


def _only_ticks(file: str, column: str) -> DataFault:
    return DataFault(
        f"{file} has no volume but {column}, which counts changes of the price and no coins: it was not read. Give a file with "
        "volume, or say --volume base to take these counts as coins."
    )
