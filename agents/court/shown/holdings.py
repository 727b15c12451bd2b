"""What the risk agent is shown of the account beside its figures: their limits, and the positions that are held."""

from datetime import datetime

from pydantic import Field

from config.frozen import Frozen, absent
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
    """How far its mark is above its entry price, of that price."""
    stop_fraction: float | None = Field(default=None, exclude_if=absent)
    """How far the mark is above its stop, of the mark; None where no stop rests at the exchange."""
    age_h: float | None = Field(default=None, exclude_if=absent)
    """How long it has been held [hours]."""
    thesis: str | None = Field(default=None, exclude_if=absent)
    """The reasons for which it was opened; None where this session did not open it."""


def held_view(
    position: Position, equity: float, opened_utc: datetime | None, as_of: datetime, thesis: str | None
) -> HeldView:
    """A position at a moment, on an account of `equity` [quote]."""
    mark, entry, stop = float(position.mark_price), float(position.entry_price), position.stop_price
    return HeldView(
        symbol=position.symbol,
        equity_fraction=float(position.notional) / equity,
        profit_fraction=mark / entry - 1.0,
        stop_fraction=None if stop is None else 1.0 - float(stop) / mark,
        age_h=None if opened_utc is None else (as_of - opened_utc).total_seconds() / 3600,
        thesis=None if thesis is None else thesis[:THESIS_CAP],
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
