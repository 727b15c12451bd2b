"""Converts the names that files and exchanges use for a market to BASE/QUOTE.

A name without a separator is split at a known quote currency. A name that cannot be split with certainty gives None, never a
guess.
"""

import re

QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "GBP", "BTC", "ETH", "BNB")
"""Quote currencies at which a name without a separator is split, longest first."""

_COIN = re.compile(r"(?=.*[A-Z])[A-Z0-9]{1,15}")
_SEPARATOR = re.compile(r"[/\-_ ]")
_COINS_PRICED_IN = frozenset({"BTC", "ETH", "BNB"})


def normalise_symbol(spelling: str) -> str | None:
    """BASE/QUOTE for "BTCUSDT", "BTC-USDT", "btc_usdt" or "BTC/USDT:USDT"; None when the name is not clear."""
    text = spelling.strip().upper().partition(":")[0]
    parts = _SEPARATOR.split(text)
    if len(parts) == 2 and all(_COIN.fullmatch(part) for part in parts):
        return f"{parts[0]}/{parts[1]}"
    return _split(text) if len(parts) == 1 else None


def symbol_from_name(stem: str) -> str | None:
    """The market in a file name: "binance_BTCUSDT_1h" and "BTC_USDT-1h-futures" give BTC/USDT; None when there is none."""
    tokens = [token for token in re.split(r"[^A-Z0-9]+", stem.upper()) if token]
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if pair := _split(token):
            return pair
        if following in QUOTES and _COIN.fullmatch(token) and (token in QUOTES or following not in _COINS_PRICED_IN):
            return f"{token}/{following}"
    return None


def _split(text: str) -> str | None:
    if text in QUOTES:
        return None
    for quote in QUOTES:
        base = text.removesuffix(quote)
        if base != text and _COIN.fullmatch(base):
            return f"{base}/{quote}"
    return None
