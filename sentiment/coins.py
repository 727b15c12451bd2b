"""The coins that are known by name (`lexicons/coins.csv`), and what looks like a coin and is none (`lexicons/no_coins.csv`).

The list cannot be complete. A coin that is not on it is still told by how headlines write tickers (`sentiment/bases.py`).
Stablecoins are left out on purpose, because a depeg concerns the whole market.
"""

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Coin(NamedTuple):
    """One coin. `names` are its own; `words` are also words of everyday language; `alone`: its ticker needs no sign."""

    base: str
    names: tuple[str, ...]
    words: tuple[str, ...]
    alone: bool
    edition: int


@cache
def coins() -> tuple[Coin, ...]:
    """All coins of the list, by ticker."""
    return tuple(
        Coin(row["ticker"], _parts(row["names"]), _parts(row["words"]), row["alone"] == "yes", int(row["edition"]))
        for row in _rows("coins.csv")
    )


@cache
def base_of_name() -> dict[str, str]:
    """The ticker of each name and word, in lower case."""
    return {name: coin.base for coin in coins() for name in (*coin.words, *coin.names)}


@cache
def tickers() -> frozenset[str]:
    """All tickers of the list."""
    return frozenset(coin.base for coin in coins())


@cache
def no_coins(*kinds: str) -> frozenset[str]:
    """The terms of these kinds that are no coins: `stable`, `money` and `acronym` in capitals, `word` in lower case."""
    return frozenset(row["term"] for row in _rows("no_coins.csv") if row["kind"] in kinds)


def _rows(name: str) -> list[dict[str, str]]:
    lines = files("sentiment").joinpath(f"lexicons/{name}").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split(";") if part)
