"""Values that are allowed alone but not together, as one error for which `config.reading.faults` can name the lines."""

from collections.abc import Sequence

from pydantic_core import PydanticCustomError

Clash = tuple[tuple[str, ...], str]
"""The fields that contradict each other, and the reason."""


def contradiction(clashes: Sequence[Clash]) -> PydanticCustomError:
    """One error for values that are allowed alone but not together. `config.reading.faults` finds the lines of the fields."""
    text = "; ".join(why for _, why in clashes)
    return PydanticCustomError("contradiction", "{text}", {"text": text, "clashes": tuple(clashes)})
