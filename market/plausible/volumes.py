"""Tells a volume that nobody can have traded: most often the volume in the quote currency, read as one in the base.

A volume that is 42,000 times too large makes every limit on liquidity 42,000 times too wide, and looks like any other number. Two
things give it away: more money than the largest market there is, and more coins than there are. What it does not tell is a
quote volume of a small coin: 1,000,000 USDT a day read as 1,000,000 DOGE looks sound.
"""

from typing import Any

import numpy as np

from config.clock import from_ms
from market.bar import Finding
from market.candles import Floats, RawCandles

MOST_A_DAY_USD = 5e10
"""Notional of the middle day above which a volume is not believed [USD]. Binance's BTC perpetual, the largest market on record
here, has 1.2e10."""
MOST_OF_SUPPLY = 0.05
"""Share of all coins, traded on the middle day, above which a volume is not believed. The same market has 0.016."""
_USD_PER_QUOTE = {
    **dict.fromkeys(("USD", "USDT", "USDC", "BUSD", "TUSD", "FDUSD", "DAI", "EUR", "GBP"), 1.0),
    "JPY": 0.007, "KRW": 0.0008, "TRY": 0.03, "BRL": 0.2, "BTC": 50_000.0, "ETH": 2_500.0,
}  # fmt: skip
"""About what a quote is worth [USD]: only the order of magnitude counts."""
_SUPPLY = {"BTC": 21e6, "XBT": 21e6, "ETH": 120e6}
"""All coins that exist, of the two coins whose volume is often published in USD."""


def implausible_volume(candles: RawCandles) -> Finding | None:
    """The finding for a volume that nobody can have traded; None for one that can be."""
    sound = candles.sound()
    if not sound.any():
        return None
    base, _, quote = candles.symbol.partition("/")
    coins = _middle_day(candles, sound, candles.volume)
    money = _middle_day(candles, sound, candles.volume * candles.close)
    wrong = ""
    if money * _USD_PER_QUOTE.get(quote, 0.0) > MOST_A_DAY_USD:
        wrong = f"{money:,.0f} {quote}, which is more than any market trades"
    elif coins > MOST_OF_SUPPLY * _SUPPLY.get(base, np.inf):
        wrong = f"{coins:,.0f} {base}, which is {coins / _SUPPLY[base]:.0%} of all there are"
    if not wrong:
        return None
    return Finding(
        symbol=candles.symbol,
        at_utc=from_ms(int(candles.close_ms[0])),
        kind="volume",
        detail=f"on the middle day {wrong}: the volume is probably in {quote} and was read as {base}, so that no limit on "
        "liquidity holds; say which with --volume base or --volume quote",
    )


def _middle_day(candles: RawCandles, sound: Any, amounts: Floats) -> float:
    """The median of the sums of days, from bars that are `sound`, shape (n,), bool.

    `amounts`: shape (n,), float64 [any unit]. Days with less than half of their bars do not count; without another, the mean of
    all bars stands for them.
    """
    days = (candles.close_ms[sound] - 1) // 86_400_000
    _, which, bars = np.unique(days, return_inverse=True, return_counts=True)
    sums = np.bincount(which, weights=amounts[sound])
    a_day = max(1.0, 86_400 / candles.timeframe.seconds)
    whole = bars >= a_day / 2
    return float(np.median(sums[whole])) if whole.any() else float(amounts[sound].mean() * a_day)
