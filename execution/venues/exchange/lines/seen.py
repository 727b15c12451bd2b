"""How the lines to one exchange do, for whoever measures them: numbers that were noted anyway, read without asking anything."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

_BINANCE: Final = "x-mbx-used-weight-1m"
_BINANCE_A_MINUTE: Final = {"spot": 6000, "perpetuals": 2400}
"""Weight that one address may use in a minute, by Binance's documents."""
_BYBIT_LEFT, _BYBIT_LIMIT = "x-bapi-limit-status", "x-bapi-limit"


class LinesNow(NamedTuple):
    """The lines of one account."""

    clock_ahead_s: float
    """How far this machine's clock was ahead of the exchange's when it was measured last [s]."""
    asked: int
    """Requests that were sent and have ended, since the lines were opened."""
    failed: int
    """Of them, those without an answer that can be used."""
    used: float | None
    """What the exchange said last of its rate limit that is used [fraction]; None where it does not tell."""


Connected = Callable[[Mapping[str, Callable[[], LinesNow]]], None]
"""Is told how to read the lines of each exchange of a session, by its name; that of the only one is empty."""


def rate_used(headers: Mapping[str, Any] | None, *, perpetual: bool) -> float | None:
    """The part of its rate limit that an exchange says is used, out of the headers of an answer [fraction]; None without a word.

    Binance tells the weight of the last minute, Bybit what is left of the endpoint's limit.
    """
    if not headers:
        return None
    told = {str(name).lower(): value for name, value in headers.items()}
    try:
        if _BINANCE in told:
            return float(told[_BINANCE]) / _BINANCE_A_MINUTE["perpetuals" if perpetual else "spot"]
        return 1.0 - float(told[_BYBIT_LEFT]) / float(told[_BYBIT_LIMIT])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
