"""Values that are allowed alone but not together, as one error that `config.reading.faults` can place."""

from collections.abc import Sequence

from pydantic_core import PydanticCustomError

Clash = tuple[tuple[str, ...], str]
"""Fields that contradict each other, and how."""


def contradiction(clashes: Sequence[Clash]) -> PydanticCustomError:
    """One error for values that are allowed alone but not together; `config.reading.faults` finds the lines of its fields."""
    text = "; ".join(why for _, why in clashes)
    return PydanticCustomError("contradiction", "{text}", {"text": text, "clashes": tuple(clashes)})
