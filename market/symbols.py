"""What a market is called: BASE/QUOTE, however a file or an exchange spells it.

Spellings without a separator are split by known quote currencies; what cannot be split for certain gives None, never
a guess.
"""

import re

QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "GBP", "BTC", "ETH", "BNB")
"""Quote currencies by which an unseparated spelling is split, longest first."""

_COIN = re.compile(r"(?=.*[A-Z])[A-Z0-9]{1,15}")
_SEPARATOR = re.compile(r"[/\-_ ]")
_COINS_PRICED_IN = frozenset({"BTC", "ETH", "BNB"})


def normalise_symbol(spelling: str) -> str | None:
    """BASE/QUOTE for "BTCUSDT", "BTC-USDT", "btc_usdt" or "BTC/USDT:USDT"; None when it cannot be told."""
    text = spelling.strip().upper().partition(":")[0]
    parts = _SEPARATOR.split(text)
    if len(parts) == 2 and all(_COIN.fullmatch(part) for part in parts):
        return f"{parts[0]}/{parts[1]}"
    return _split(text) if len(parts) == 1 else None


def symbol_from_name(stem: str) -> str | None:
    """The market that a file name tells of: "binance_BTCUSDT_1h" and "BTC_USDT-1h-futures" are both BTC/USDT."""
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
