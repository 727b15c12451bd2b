"""Where the bars of one market and timeframe lie in a store, and which of them a command means.

A store is a folder in Hive's layout: `exchange=binance/symbol=BTC-USDT/timeframe=1h/year=2024/bars.parquet`. pandas, polars and
DuckDB read it as one table with these four columns beside its own. What is asked for and is not there is refused with what is.
"""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from config.errors import DataFault, UsageFault
from config.files import behind_links
from market.symbols import normalise_symbol
from market.timeframe import Timeframe

_LEVELS = ("exchange", "symbol", "timeframe")
_NAME = re.compile(r"[a-z0-9_]{1,40}")
_SYMBOL = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}")
_MOST_NAMED = 12


class Shelf(NamedTuple):
    """The bars of one market of an exchange, in one timeframe. `symbol` is BASE/QUOTE."""

    exchange: str
    symbol: str
    timeframe: Timeframe

    def folder(self, store: Path) -> Path:
        """Its folder in a store."""
        values = (self.exchange, self.symbol.replace("/", "-"), self.timeframe.value)
        return store.joinpath(*(f"{level}={value}" for level, value in zip(_LEVELS, values, strict=True)))

    def __str__(self) -> str:
        return f"{self.exchange} {self.symbol} {self.timeframe}"


def shelf(exchange: str, symbol: str, timeframe: Timeframe) -> Shelf:
    """A shelf by its names. Raises UsageFault for names that cannot be folders of a store."""
    if not _NAME.fullmatch(exchange):
        raise UsageFault(
            f"{exchange!r} is no name for an exchange in a store: small letters, digits and _ are. Nothing was written; give "
            "another --exchange."
        )
    if not _SYMBOL.fullmatch(symbol):
        raise UsageFault(
            f"{symbol!r} is no spot market: a store holds markets like BTC/USDT. Nothing was written for it; name others."
        )
    return Shelf(exchange, symbol, timeframe)


def shelf_of(folder: Path) -> Shelf | None:
    """The shelf whose folder this is; None for any other folder."""
    parts = behind_links(folder).parts[-3:]
    values = [part.partition("=")[2] for part in parts if part.partition("=")[0] in _LEVELS]
    if len(values) != len(_LEVELS) or values[2] not in list(Timeframe):
        return None
    found = Shelf(values[0], values[1].replace("-", "/", 1), Timeframe(values[2]))
    return found if found.folder(Path()).parts == parts else None


def shelves_in(folder: Path) -> list[tuple[Shelf, Path]]:
    """All shelves of a folder that hold bars, in the order of their names, each with its own folder."""
    leaves = [folder] if shelf_of(folder) else sorted(folder.glob("**/timeframe=*"))
    return [(held, leaf) for leaf in leaves if (held := shelf_of(leaf)) and any(leaf.glob("year=*/*.parquet"))]


def meant(store: Path, symbols: Sequence[str] | None, timeframe: Timeframe | None, exchange: str | None) -> list[Path]:
    """The folders of the shelves that a command reads: each market of `symbols` (None: all) in one timeframe.

    Without `timeframe` the store must hold the markets in one only; with it, where it is missing, the coarsest finer one is
    taken. Raises DataFault for a store that holds no bars, a market that is not there and timeframes or exchanges that leave
    a choice; UsageFault for an exchange that is not there.
    """
    held = [(one, folder) for one, folder in shelves_in(store)] if store.is_dir() else []
    if not held:
        raise DataFault(
            f"{store} holds no bars: nothing was started. Fill it with tribunal download or tribunal ingest, or give another "
            "--store."
        )
    held = _of_exchange(held, exchange)
    by_symbol: dict[str, dict[Timeframe, Path]] = {}
    for one, folder in held:
        by_symbol.setdefault(one.symbol, {})[one.timeframe] = folder
    wanted = [_known(symbol, by_symbol) for symbol in symbols] if symbols else sorted(by_symbol)
    return [_folder(symbol, by_symbol[symbol], timeframe) for symbol in dict.fromkeys(wanted)]


def _of_exchange(held: list[tuple[Shelf, Path]], exchange: str | None) -> list[tuple[Shelf, Path]]:
    names = sorted({one.exchange for one, _ in held})
    if exchange is not None and exchange not in names:
        raise UsageFault(
            f"The store has no bars of {exchange!r}, but of {_listed(names)}. Nothing was started; choose one of these."
        )
    if exchange is None and len(names) > 1:
        raise DataFault(
            f"The store has bars of {_listed(names)}, and bars of several exchanges do not mix. Nothing was started; choose "
            "with --exchange."
        )
    return [(one, folder) for one, folder in held if exchange in (None, one.exchange)]


def _known(spelled: str, by_symbol: Iterable[str]) -> str:
    symbol, known = normalise_symbol(spelled) or spelled, sorted(by_symbol)
    if symbol in known:
        return symbol
    near = get_close_matches(symbol, known, n=1)
    more = f"did you mean {near[0]}?" if near else "download it, or choose one of these."
    raise DataFault(f"{symbol} is not in the store, which has {_listed(known)}: nothing was started; {more}")


def _folder(symbol: str, held: dict[Timeframe, Path], timeframe: Timeframe | None) -> Path:
    by_length = sorted(held, key=lambda each: each.seconds)
    if timeframe is None:
        if len(by_length) > 1:
            raise DataFault(
                f"The store has {symbol} in bars of {_listed(by_length)}, and a session has one timeframe. Nothing was started; "
                "choose with --timeframe."
            )
        return held[by_length[0]]
    fitting = [each for each in by_length if each.seconds <= timeframe.seconds]
    if not fitting:
        raise DataFault(
            f"The store has {symbol} in bars of {_listed(by_length)}, and {timeframe} cannot be made of coarser ones. Nothing "
            "was started; download finer bars, or choose another --timeframe."
        )
    return held[fitting[-1]]


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
