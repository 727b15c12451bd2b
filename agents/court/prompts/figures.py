"""Numbers as a model reads and cites them: four significant digits, written so that a faithful citation always stands.

`agents.court.grounding` grants a citation half a unit of its last digit, or of its third where fewer were written. A
value that is rounded to four digits here lies within that, whatever zeros at its end a model drops.
"""

import re
from decimal import Decimal

from agents.court.case import Case, FieldValue, lookup

PATH = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+", re.ASCII)
"""What a path looks like. Anything else in its place is text in disguise."""


def written(value: FieldValue) -> str:
    """A field's value: a number with four significant digits and no exponent, true or false, or the word itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, float):
        return str(value)
    number = f"{Decimal(f'{value:.3e}'):f}"
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return "0" if number == "-0" else number


def cited(case: Case, path: str) -> str | None:
    """`path=value` of a field of the case, or None where nothing is known or `path` is none."""
    if not PATH.fullmatch(path):
        return None
    try:
        return f"{path}={written(lookup(case, path))}"
    except KeyError:
        return None


def line(case: Case, paths: tuple[str, ...]) -> str:
    """The known ones of these fields, on one line; empty when none is."""
    return " ".join(found for path in paths if (found := cited(case, path)) is not None)
