"""What the risk agent is shown of the account beside its figures: their limits, and the positions that are held."""

from datetime import datetime

from pydantic import Field

from config.frozen import Frozen, absent, empty
from config.sections.limits import RiskLimits
from risk.portfolio import Position

THESIS_CAP = 160
"""Longest thesis of a position [characters]."""


class HeldView(Frozen):
    """A position as models read it."""

    symbol: str
    equity_fraction: float
    """Its notional, of equity."""
    profit_fraction: float
    """How far its mark is above its entry price, of that price; of a short below it."""
    stop_fraction: float | None = Field(default=None, exclude_if=absent)
    """How far the mark is above its stop, of the mark, of a short below it; None where no stop rests at the exchange."""
    age_h: float | None = Field(default=None, exclude_if=absent)
    """How long it has been held [hours]."""
    thesis: str | None = Field(default=None, exclude_if=absent)
    """The reasons for which it was opened; None where this session did not open it."""
    short: bool = Field(default=False, exclude_if=empty)
    """Whether it is short; left out for a long one."""


def held_view(
    position: Position,
    equity: float,
    opened_utc: datetime | None,
    as_of: datetime,
    thesis: str | None,
    *,
    by_side: bool = True,
) -> HeldView:
    """A position at a moment, on an account of `equity` [quote]. Without `by_side` a short is told as versions before 0.8 did: by
    the figures of a long one, with a part of equity below zero."""
    mark, entry, stop = float(position.mark_price), float(position.entry_price), position.stop_price
    short = by_side and position.is_short
    sign = -1.0 if short else 1.0
    return HeldView(
        symbol=position.symbol,
        equity_fraction=sign * float(position.notional) / equity,
        profit_fraction=sign * (mark / entry - 1.0),
        stop_fraction=None if stop is None else sign * (1.0 - float(stop) / mark),
        age_h=None if opened_utc is None else (as_of - opened_utc).total_seconds() / 3600,
        thesis=None if thesis is None else thesis[:THESIS_CAP],
        short=short,
    )


def book_limits(limits: RiskLimits) -> dict[str, float]:
    """The limit of each figure of the book that has one, by the name of the figure and in its unit."""
    return {
        "deployed_fraction": limits.max_deployed_fraction,
        "drawdown": limits.max_drawdown,
        "day_return": -limits.max_daily_loss,
        "var_1d": limits.max_var_1d,
        "es_1d": limits.max_es_1d,
        "worst_correlation": limits.max_correlation,
        "losses_in_a_row": float(limits.loss_streak),
    }
