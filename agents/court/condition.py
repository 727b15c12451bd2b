"""What would change the analyst's mind: one condition on a field of the case, which a program can watch.

A condition is read as evidence is: by the path of a field that can be cited. It never fires on what is not known.
"""

from typing import Annotated, Literal

from pydantic import Field

from agents.court.case import Case, FieldValue, lookup
from config.frozen import Frozen

Comparison = Literal["above", "below", "is"]


class Condition(Frozen):
    """`field` compared with `value`: a number above or below it, or a number, flag or word that is it."""

    field: Annotated[str, Field(min_length=1, max_length=80)]
    comparison: Comparison
    value: float | int | bool | Annotated[str, Field(max_length=80)]

    @property
    def told(self) -> str:
        """The condition in words: "signals.1h.close below 49800"."""
        value = self.value
        spelled = str(value).lower() if isinstance(value, bool) else f"{value:.6g}" if _is_number(value) else str(value)
        return f"{self.field} {self.comparison} {spelled}"


def holds(case: Case, condition: Condition) -> bool | None:
    """Whether the condition is true in this case; None where the case does not know the field, or they cannot be compared.

    None is silence, not a no: who watches a condition may act on True alone.
    """
    try:
        actual = lookup(case, condition.field)
    except KeyError:
        return None
    return compare(actual, condition)


def compare(actual: FieldValue, condition: Condition) -> bool | None:
    """Whether a known value meets the condition; None where the two cannot be compared: a word or a flag is above nothing."""
    wanted = condition.value
    if condition.comparison == "is":
        if _is_number(actual) and _is_number(wanted):
            return actual == wanted
        if isinstance(actual, bool) or isinstance(wanted, bool):
            return actual is wanted if isinstance(actual, bool) and isinstance(wanted, bool) else None
        return actual == wanted if isinstance(actual, str) and isinstance(wanted, str) else None
    if not isinstance(actual, int | float) or not isinstance(wanted, int | float):
        return None
    if isinstance(actual, bool) or isinstance(wanted, bool):
        return None
    return actual > wanted if condition.comparison == "above" else actual < wanted


def can_be_watched(case: Case, condition: Condition) -> bool:
    """Whether the condition can turn true after this case: its field is known and comparable, and it does not hold yet."""
    return holds(case, condition) is False


def _is_number(value: FieldValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
