"""Numbers as a model reads and cites them: with four significant digits, so that an exact citation always matches.

`agents.court.grounding` accepts a difference of half a unit of the last cited digit, or of the third digit if fewer
were written. A value that is rounded to four digits is within that tolerance, even if the model drops zeros at its
end.
"""

import re
from decimal import Decimal

from agents.court.case import Case, FieldValue, lookup

PATH = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+", re.ASCII)
"""The form of a path. Any other text in its place is not a path."""


def written(value: FieldValue) -> str:
    """Return the text of a value: a number with four significant digits and no exponent, true, false, or the word
    itself.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, float):
        return str(value)
    number = f"{Decimal(f'{value:.3e}'):f}"
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return "0" if number == "-0" else number


def cited(case: Case, path: str) -> str | None:
    """Return `path=value` of a field of the case, or None if the value is unknown or `path` is not a field."""
    if not PATH.fullmatch(path):
        return None
    try:
        return f"{path}={written(lookup(case, path))}"
    except KeyError:
        return None


def line(case: Case, paths: tuple[str, ...]) -> str:
    """Return the known fields among these on one line; empty when none is known."""
    return " ".join(found for path in paths if (found := cited(case, path)) is not None)
