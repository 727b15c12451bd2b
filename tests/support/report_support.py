"""Rule reports of the gate, written out for an account of ten thousand."""

from decimal import Decimal
from typing import Any

from risk.verdict import Reaction, RuleReport


def passed(code: str, number: float | None = None, limit: float | None = None, unit: str = "", note: str = "") -> Any:
    return RuleReport(code=code, number=number, limit=limit, unit=unit, reaction=Reaction.PASS, note=note)


def refused(code: str, number: float | None = None, limit: float | None = None, unit: str = "", note: str = "") -> Any:
    return passed(code, number, limit, unit, note).model_copy(update={"reaction": Reaction.REFUSE})


def room(code: str, fraction: float, number: float | None = None, limit: float | None = None, note: str = "") -> Any:
    """Return a cap of this fraction of the ten thousand."""
    cap = Decimal(10_000) * Decimal(repr(fraction))
    found = passed(code, fraction if number is None else number, limit, "of equity", note)
    return found.model_copy(update={"notional_cap": cap})


def unbound(code: str, number: float | None = None, limit: float | None = None, note: str = "") -> Any:
    """A cap that is off, or that a position of the largest size keeps."""
    return passed(code, number, limit, "of equity", note)
