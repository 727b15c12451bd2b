"""What the name of a market proves about its contract: spot, a perpetual, and whether that is linear or inverse.

Binance writes BTCUSDT_PERP files and BTCUSD_PERP for its coin-margined contract, OKX BTC-USDT-SWAP and BTC-USD-SWAP, Kraken PF_
(linear) and PI_ (inverse), ccxt BTC/USDT:USDT with the currency of settlement last, freqtrade BTC_USDT_USDT for the same. A name
that proves nothing is None; nothing is guessed.
"""

import re
from enum import StrEnum
from itertools import pairwise


class Contract(StrEnum):
    """What a name proves. `perpetual`: a perpetual of which the name does not say in what it is settled."""

    SPOT = "spot"
    PERPETUAL = "perpetual"
    LINEAR = "linear"
    INVERSE = "inverse"


_PERPETUAL = {"PERP", "PERPS", "PERPETUAL", "SWAP", "P", "FUTURES"}
_LINEAR, _INVERSE = {"PF"}, {"PI"}
_STABLE = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD")
_SETTLED = re.compile(r"([A-Z0-9]+)[/\-_]([A-Z0-9]+):([A-Z0-9]+)")


def contract_of(name: str) -> Contract | None:
    """What a symbol, or the name of a file without its ending, proves; None for nothing."""
    text = name.upper()
    if settled := _SETTLED.search(text):
        _, quote, settle = settled.groups()
        return Contract.LINEAR if settle == quote else Contract.INVERSE
    words = [word for word in re.split(r"[^A-Z0-9]+", text) if word]
    if words[:1] and words[0] in _LINEAR | _INVERSE:
        return Contract.LINEAR if words[0] in _LINEAR else Contract.INVERSE
    if any(one == two and one in (*_STABLE, "USD") for one, two in pairwise(words)):
        return Contract.LINEAR
    if any(word in _PERPETUAL or (len(word) > 4 and word.endswith("PERP")) for word in words):
        bare = [word.removesuffix("PERP") for word in words]
        stable = any(word.endswith(_STABLE) for word in bare)
        coin = any(word.endswith("USD") for word in bare)
        return Contract.INVERSE if coin and not stable else Contract.PERPETUAL
    return Contract.SPOT if "SPOT" in words else None


def told_mark(name: str) -> bool:
    """Whether the name of a file or a column says that it holds mark prices."""
    words = re.split(r"[^A-Z0-9]+", name.upper())
    return any(word.startswith("MARK") and not word.startswith("MARKET") for word in words)


def unsettled(symbol: str) -> str:
    """A market as BASE/QUOTE, without the currency of settlement that ccxt writes behind it."""
    return symbol.partition(":")[0]
