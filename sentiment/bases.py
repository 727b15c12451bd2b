"""Finds the coins that a headline mentions, by name or ticker.

Names count in any case. Tickers count in capitals or after a dollar sign; tickers that are English words ("LINK", "NEAR") only
after a dollar sign. Stablecoins are left out on purpose, because a depeg concerns the whole market.
"""

import re

_NAMES: dict[str, tuple[str, ...]] = {
    "AAVE": ("aave",),
    "ADA": ("cardano",),
    "ALGO": ("algorand",),
    "APT": ("aptos",),
    "ARB": ("arbitrum",),
    "ATOM": ("cosmos hub", "cosmos network"),
    "AVAX": ("avalanche",),
    "BCH": ("bitcoin cash",),
    "BNB": ("bnb chain", "binance coin"),
    "BTC": ("bitcoin", "bitcoins"),
    "DOGE": ("dogecoin",),
    "DOT": ("polkadot",),
    "ETC": ("ethereum classic",),
    "ETH": ("ethereum", "ether"),
    "FIL": ("filecoin",),
    "FTT": ("ftx token",),
    "ICP": ("internet computer",),
    "LINK": ("chainlink",),
    "LTC": ("litecoin",),
    "LUNA": ("terra luna",),
    "MATIC": ("polygon",),
    "NEAR": ("near protocol",),
    "OP": ("optimism network",),
    "PEPE": ("pepe coin",),
    "SHIB": ("shiba inu",),
    "SOL": ("solana",),
    "SUI": ("sui network",),
    "TON": ("toncoin",),
    "TRX": ("tron network",),
    "UNI": ("uniswap",),
    "XLM": ("stellar lumens",),
    "XMR": ("monero",),
    "XRP": ("ripple",),
    "ZEC": ("zcash",),
}
_WORDS = frozenset({"APT", "ATOM", "DOT", "LINK", "NEAR", "OP", "SUI", "TON", "UNI"})

_BASE_OF = {name: base for base, names in _NAMES.items() for name in names}
_LONGEST_FIRST = sorted(_BASE_OF, key=len, reverse=True)
_TICKERS = "|".join(base for base in _NAMES if base not in _WORDS)
_PATTERN = re.compile(
    rf"(?P<name>\b(?i:{'|'.join(_LONGEST_FIRST)})\b)|\$(?P<cash>{'|'.join(_NAMES)})\b|\b(?P<ticker>{_TICKERS})\b",
    re.ASCII,  # so that a name is also found between letters of other scripts
)


def bases_in(text: str) -> tuple[str, ...]:
    """The coins that a plain text mentions, sorted, each once. An empty result means the whole market."""
    found = set()
    for match in _PATTERN.finditer(text):
        name = match["name"]
        found.add(_BASE_OF[name.lower()] if name else match["cash"] or match["ticker"])
    return tuple(sorted(found))
