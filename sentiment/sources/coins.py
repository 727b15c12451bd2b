"""Reads what a file of headlines says about its coins: "BTC", "BTC/USDT", "$btc", "Bitcoin", "BTC,ETH", "['BTC', 'ETH']".

A pair means its base: news on BTC/USDT is news on BTC. What names no coin ("", "[]", "crypto", "none", a
stablecoin) gives None, and the coins are then taken from the text.
"""

import re
from collections.abc import Iterable, Mapping

from market.symbols import QUOTES
from sentiment.bases import base_named, bases_in
from sentiment.coins import no_coins, tickers

_NOBODY = frozenset(
    ("", "none", "null", "nan", "n/a", "na", "-", "--", "all", "any", "crypto", "market", "general", "other", "unknown")
)
_MARKS = str.maketrans(dict.fromkeys("[](){}'\"", " "))
_PART = re.compile(r"[,;|\n\t]+")
_WITHIN = re.compile(r"[/_-]")
_VENDORS = re.compile(r"(?<=[A-Z0-9])(?:\.X|=F)$")
"""How StockTwits marks a coin (BTC.X), and Yahoo a future (BTC=F)."""
_CONTRACTS = frozenset(("PERP", "SWAP", "FUTURES", "SPOT", "PERPETUAL", *QUOTES))
_OTHER_NAMES = {"XBT": "BTC", "XXBT": "BTC", "XETH": "ETH", "XDG": "DOGE"}
_COINS_PRICED_IN = frozenset(("BTC", "ETH", "BNB"))
_KEYS = ("code", "symbol", "ticker", "base", "name")


def coins_of(value: object) -> tuple[str, ...] | None:
    """The bases in one cell, each once, in its order. None when it names none."""
    if isinstance(value, str):
        parts: Iterable[str] = _PART.split(value.translate(_MARKS))
    elif isinstance(value, Mapping):
        parts = [str(value[key]) for key in _KEYS if key in value][:1]
    elif isinstance(value, Iterable):
        return tuple(dict.fromkeys(base for part in value for base in coins_of(part) or ())) or None
    else:
        return None
    return tuple(dict.fromkeys(base for part in parts for base in _bases(part))) or None


def base_of_market(symbol: str) -> str:
    """The coin of a market (BASE/QUOTE) as headlines name it: BTC for XBT/USD."""
    base = symbol.partition("/")[0]
    return _OTHER_NAMES.get(base, base)


def _bases(part: str) -> list[str]:
    text = part.strip().lstrip("$#").strip()
    if text.lower() in _NOBODY or text.upper() in no_coins("stable"):
        return []
    named = base_named(text)
    if named is not None:
        return [named]
    if " " in text:  # "BTC ETH", "Bitcoin (BTC)"; a name of several words that nobody knows stays whole
        words = text.split()
        return [base for word in words for base in _bases(word)] if _all_short(words) else _mentioned(text)
    return _base_of_pair(_VENDORS.sub("", _without_exchange(text.upper())))


def _all_short(words: list[str]) -> bool:
    return all(word.lstrip("$#").upper() in tickers() for word in words)


def _mentioned(text: str) -> list[str]:
    return list(bases_in(text)) or [" ".join(text.upper().split())]


def _without_exchange(text: str) -> str:
    """ "BTCUSDT" for "BINANCE:BTCUSDT", and "BTC/USDT" for "BTC/USDT:USDT"."""
    left, _, right = text.partition(":")
    return left if not right or right in QUOTES or "/" in left else right


def _base_of_pair(text: str) -> list[str]:
    """The base of "BTC/USDT", "BTC-USD-PERP" and "BTCUSDT"; both coins of "BTC/SOL"; any other text as it is."""
    parts = [part for part in _WITHIN.split(text) if part]
    if len(parts) > 1:
        firsts = [parts[0], *(part for part in parts[1:] if part not in _CONTRACTS and not part.isdigit())]
        return [base for part in firsts for base in _base_of_pair(part)]
    return [_split(_OTHER_NAMES.get(text, text))]


def _split(text: str) -> str:
    """The base of a pair without a separator, if there is one reading, or one whose base is a known coin."""
    if text in tickers() or text in QUOTES:
        return text
    splits = {text.removesuffix(quote): quote for quote in QUOTES if text.endswith(quote)}
    known = [base for base in splits if len(base) > 1 and _OTHER_NAMES.get(base, base) in tickers()]
    readings = known or [base for base, quote in splits.items() if base and quote not in _COINS_PRICED_IN]
    return _OTHER_NAMES.get(readings[0], readings[0]) if len(readings) == 1 else text
