"""Parts what a model thought aloud from its answer. The thinking is kept beside the answer, and nothing is read out of it.

Servers without a parser of their own leave it in the text, before the answer: `<think>...</think>{...}`. Templates that open the
tag in the prompt leave only its end. The text is parted at the first end of the tag, and what follows must then be the whole
answer: thinking that quotes another end leaves a text that is not one JSON object, and is refused.
"""

import re
from typing import NamedTuple

_NAMES = "think|thinking|thought|reasoning"
_BEGIN = re.compile(rf"\s*(?:<(?:{_NAMES})>|◁think▷|\[THINK\])", re.IGNORECASE)
_END = re.compile(rf"</(?:{_NAMES})>|◁/think▷|\[/THINK\]", re.IGNORECASE)


class Parted(NamedTuple):
    """`answer` is all that follows the thinking; `thinking` is None where there was none."""

    thinking: str | None
    answer: str


def begins_with_thought(text: str) -> bool:
    """Whether the text begins with the tag of thinking."""
    return _BEGIN.match(text) is not None


def parted(text: str) -> Parted:
    """The thinking and the answer. Thinking without an end stays in the answer, which is then no JSON."""
    begun, ended = _BEGIN.match(text), _END.search(text)
    if ended is None or (begun is None and text.lstrip().startswith(("{", "`"))):
        return Parted(None, text)
    start = begun.end() if begun is not None else 0
    return Parted(text[start : ended.start()].strip(), text[ended.end() :].strip())
