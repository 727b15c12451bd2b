"""The regime of a market, which filters voters: `trend`, `range`, `turbulent` or `crash`.

The signals say it where they know it. Where they do not, a trend is an ADX of at least 25 (Wilder 1978), and turbulence a
volatility of at least 150 % a year.
"""

from market.signals import TechnicalSignals

TREND, RANGE, TURBULENT, CRASH = "trend", "range", "turbulent", "crash"
STORMY = (TURBULENT, CRASH)
_TREND_ADX = 25.0
_TURBULENT_VOLATILITY = 1.5


def regime_of(now: TechnicalSignals) -> str | None:
    """The regime at this close; None while the history is too short for it."""
    if now.regime is not None:
        return now.regime
    if now.adx_14 is None:
        return None
    if now.realized_volatility is not None and now.realized_volatility >= _TURBULENT_VOLATILITY:
        return TURBULENT
    return TREND if now.adx_14 >= _TREND_ADX else RANGE
