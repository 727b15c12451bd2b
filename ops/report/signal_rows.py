"""The signals of depth `full` of a case, in words: one row for each timeframe. A case of depth `core` has no rows."""

from typing import NamedTuple

from agents.court.case import Case
from market.signals import PatternSeen, TechnicalSignals
from ops.tables import plain

_ARROWS = {"up": "▲", "down": "▼", "none": "·"}


class SignalRow(NamedTuple):
    """What one timeframe says beside its averages."""

    timeframe: str
    regime: str
    supertrend: str
    support: str
    resistance: str
    returns: str
    volatility: str
    patterns: str


def signal_rows(case: Case) -> tuple[SignalRow, ...]:
    """The rows of a case, in the order of its timeframes."""
    return tuple(_row(now) for now in case.signals.values() if now.obv is not None)


def _row(now: TechnicalSignals) -> SignalRow:
    side = "rising above" if now.supertrend_rising else "falling below"
    moves = (now.return_1d, now.return_7d, now.return_30d)
    return SignalRow(
        timeframe=now.timeframe,
        regime=now.regime or plain.DASH,
        supertrend=plain.DASH if now.supertrend is None else f"{side} {plain.price(now.supertrend)}",
        support=_level(now.support, now.support_touches, now.support_distance_atr),
        resistance=_level(now.resistance, now.resistance_touches, now.resistance_distance_atr),
        returns=" / ".join(map(plain.signed_percent, moves)),
        volatility=" / ".join(map(plain.percent, (now.realized_volatility_20, now.realized_volatility_100))),
        patterns=", ".join(map(_pattern, now.patterns)) or plain.DASH,
    )


def _level(price: float | None, touches: int | None, distance: float | None) -> str:
    if price is None or touches is None or distance is None:
        return plain.DASH
    return f"{plain.price(price)} ({touches}×, {distance:.1f} ATR)"


def _pattern(seen: PatternSeen) -> str:
    return f"{_ARROWS[seen.direction]} {seen.name}" + (f", {seen.bars_ago} ago" if seen.bars_ago else "")
