"""Untrusted text on its way into a prompt: cleaned, capped, and shut in a tag that it cannot leave.

Headlines are written by strangers, and what an earlier role said may carry a stranger's words on. Nothing here judges whether
a text is an attack: whatever it is, it becomes one line of plain characters inside one tag. What a prompt is built with
(tags, code fences, braces, role markers) does not survive, so that no text can look like the prompt around it. It does not
make a model immune: what an obeyed lie can do is bounded by the schema, the ruling and the gate.
"""

import re
import unicodedata

HEADLINE_CAP = 200
"""Longest headline [characters]."""
SOURCE_CAP = 24
"""Longest name of a source [characters]."""

_ELLIPSIS = "..."
_MARKS_IN_A_ROW = 2
_PLAIN = str.maketrans(
    {
        "<": "‹",
        ">": "›",
        "{": "(",
        "}": ")",
        "[": "(",
        "]": ")",
        "`": "'",
        '"': "'",
        "\\": "/",
        "|": "/",
        "#": " ",
        "=": "-",
    }
)
_ROLE = re.compile(
    r"\b(system|assistant|user|human|developer|tool|function|model|analyst|supervisor|instructions?)(\s*)[:：∶]",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"[^\w./-]+")


def clean(text: str, cap: int) -> str:
    """One line of at most `cap` visible characters; empty when nothing readable is left.

    NFKC; control, format (zero-width, bidi, tags), private, unassigned and lone surrogate characters go; of combining marks two
    in a row stay; what prompts are marked up with is replaced. Cleaning twice changes nothing more.
    """
    flat = _visible(unicodedata.normalize("NFKC", _visible(text[: 20 * cap])))
    flat = _ROLE.sub(r"\1\2 -", flat.translate(_PLAIN))
    flat = " ".join(flat.split())
    if len(flat) > cap:
        flat = flat[: cap - len(_ELLIPSIS)].rstrip() + _ELLIPSIS
    return flat


def news(source: str, age_h: float, text: str) -> str:
    """One headline in its tag, on one line; `age_h` in hours. Empty when nothing readable is left of it."""
    words = clean(text, HEADLINE_CAP)
    if not words:
        return ""
    return f'<news source="{_name(source)}" age_h="{max(0, round(age_h))}">{words}</news>'


def argument(by: str, text: str, cap: int) -> str:
    """What an earlier role said in free words, in its tag, on one line. `by` is the program's own name of the role."""
    return f'<argument by="{by}">{clean(text, cap)}</argument>'


def _visible(text: str) -> str:
    """Without characters that cannot be seen, and with blanks for those that break lines."""
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category[0] == "M" else 0
        if category[0] == "Z" or character in "\t\n\r\v\f":
            kept.append(" ")
        elif category[0] != "C" and marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def _name(source: str) -> str:
    """A source's name as an attribute: letters, digits and a few signs."""
    return _NO_NAME.sub("_", clean(source, SOURCE_CAP)).strip("_.") or "unnamed"
