"""Values that are allowed alone but not together, as one error that `config.reading.faults` can place."""

from collections.abc import Sequence

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

BEGINS = {"begins": True}
"""The context in which settings are validated for a session that is to begin, and not read back from a journal."""

Clash = tuple[tuple[str, ...], str]
"""Fields that contradict each other, and how."""


def begins(info: ValidationInfo) -> bool:
    """Whether a session is to begin with these settings. What a journal holds was lived through, and is read as it is."""
    return info.context == BEGINS


def contradiction(clashes: Sequence[Clash]) -> PydanticCustomError:
    """One error for values that are allowed alone but not together; `config.reading.faults` finds the lines of its fields."""
    text = "; ".join(why for _, why in clashes)
    return PydanticCustomError("contradiction", "{text}", {"text": text, "clashes": tuple(clashes)})
