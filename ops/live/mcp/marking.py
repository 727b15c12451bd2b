"""Answers for a model that somebody else runs: bounded, and with every foreign text marked as data.

A headline or a model's argument may hold an instruction. Whoever reads the answer is a model too, so every text that is more than
a name stands between two marks that no text can hold, on one line, without invisible characters and without markup. This does not
make the reader immune; the tools can change nothing.
"""

import json
import re
from collections.abc import Collection
from typing import Any, Final

from agents.court.prompts.fence import clean

OPENING, CLOSING = "⟦untrusted: ", "⟧"
LONGEST_TEXT = 600
"""Characters of one text."""
LARGEST = 60_000
"""Characters of one answer as JSON."""
_LISTS: Final = (100, 40, 15, 5)
"""Items that are left of each list: the first number with which the answer is small enough counts."""
_NAME = re.compile(r"[\w./:@+%-]{0,64}", re.ASCII)
_MARKS = str.maketrans({"⟦": "(", "⟧": ")"})


class TooLarge(ValueError):
    """An answer that cannot be made small enough."""


def bounded(value: Any, own: Collection[str] = ()) -> Any:
    """A JSON value with its texts marked and its lists cut. `own`: names of fields that hold this program's own words.

    A list that was cut ends with how many items are left out. Raises TooLarge.
    """
    marked = _marked(value, own, is_own=False)
    for items in _LISTS:
        cut = _cut(marked, items)
        if len(json.dumps(cut, ensure_ascii=False, separators=(",", ":"))) <= LARGEST:
            return cut
    raise TooLarge(f"the answer is larger than {LARGEST:,} characters")


def untrusted(text: str) -> str:
    """A foreign text between the marks; a name of one word, a number or a time stays as it is."""
    if _NAME.fullmatch(text):
        return text
    return f"{OPENING}{clean(text, LONGEST_TEXT).translate(_MARKS)}{CLOSING}"


def _marked(value: Any, own: Collection[str], *, is_own: bool) -> Any:
    match value:
        case str():
            return value if is_own else untrusted(value)
        case dict():
            return {untrusted(key): _marked(item, own, is_own=key in own) for key, item in value.items()}
        case list() | tuple():
            return [_marked(item, own, is_own=is_own) for item in value]
        case _:
            return value


def _cut(value: Any, items: int) -> Any:
    match value:
        case dict():
            return {key: _cut(item, items) for key, item in value.items()}
        case list():
            kept = [_cut(item, items) for item in value[:items]]
            return kept if len(value) <= items else [*kept, f"and {len(value) - items} more"]
        case _:
            return value
