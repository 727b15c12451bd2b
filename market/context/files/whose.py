"""Of which market of the session a row, a column or a file of figures is.

A pair means that market only. A coin alone (`BTC`, `btc`, `xbt`) means every market of the session in which it is the base.
"""

import re
from collections.abc import Sequence
from pathlib import PurePath

from market.symbols import normalise_symbol, symbol_from_name

_OTHER_NAMES = {"XBT": "BTC", "XDG": "DOGE", "BITCOIN": "BTC", "ETHEREUM": "ETH"}


def markets_named(spelling: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """The markets of `wanted` (BASE/QUOTE) that a cell names."""
    bare = spelling.strip().upper()
    coin = _OTHER_NAMES.get(bare, bare)
    of_coin = tuple(each for each in wanted if each.partition("/")[0] == coin)
    if of_coin:
        return of_coin
    pair = normalise_symbol(spelling, wanted)
    return (pair,) if pair is not None and pair in wanted else ()


def markets_of_name(path: PurePath, wanted: Sequence[str]) -> tuple[str, ...]:
    """The markets of `wanted` that the name of a file names; of one market alone, that one where the name names none."""
    stem = path.name.partition(".")[0]
    if (pair := symbol_from_name(stem, wanted)) is not None:
        return (pair,) if pair in wanted else ()
    tokens = [_OTHER_NAMES.get(token.upper(), token.upper()) for token in re.split(r"[^A-Za-z0-9]+", stem)]
    found = tuple(each for each in wanted if each.partition("/")[0] in tokens)
    return found or (tuple(wanted) if len(wanted) == 1 else ())
