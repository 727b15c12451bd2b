"""Values that are allowed alone but not together, as one error for which `config.reading.faults` can name the lines."""

from collections.abc import Sequence

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

BEGINS = {"begins": True}
"""The context in which settings are validated for a session that is to begin, and not read back from a journal."""

Clash = tuple[tuple[str, ...], str]
"""The fields that contradict each other, and the reason."""


def begins(info: ValidationInfo) -> bool:
    """Whether a session begins with these settings. Settings in a journal belong to a finished run and are read unchanged."""
    return info.context == BEGINS


def contradiction(clashes: Sequence[Clash]) -> PydanticCustomError:
    """One error for values that are allowed alone but not together. `config.reading.faults` finds the lines of the fields."""
    text = "; ".join(why for _, why in clashes)
    return PydanticCustomError("contradiction", "{text}", {"text": text, "clashes": tuple(clashes)})
