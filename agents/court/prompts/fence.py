"""Untrusted text for a prompt: cleaned, shortened, and enclosed in a tag that it cannot leave.

Strangers write headlines, and an earlier role may repeat a stranger's words. This module does not decide whether a
text is an attack: every text becomes one line of plain characters inside one tag. The markup of a prompt (tags, code
fences, braces, role markers) is removed, so that no text can look like the prompt around it. This does not make a
model immune: the schema, the ruling and the gate limit the effect of a lie that a model obeys.
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
    """Return one line of at most `cap` visible characters; empty when no readable text is left.

    The text is normalised (NFKC). Control, format (zero-width, bidi, tags), private, unassigned and lone surrogate
    characters are removed. At most two combining marks in a row are kept. Prompt markup is replaced. A second
    cleaning changes nothing.
    """
    flat = _visible(unicodedata.normalize("NFKC", _visible(text[: 20 * cap])))
    flat = _ROLE.sub(r"\1\2 -", flat.translate(_PLAIN))
    flat = " ".join(flat.split())
    if len(flat) > cap:
        flat = flat[: cap - len(_ELLIPSIS)].rstrip() + _ELLIPSIS
    return flat


def news(source: str, age_h: float, text: str) -> str:
    """Return one headline in its tag, on one line; `age_h` [hours]. Empty when no readable text is left."""
    words = clean(text, HEADLINE_CAP)
    if not words:
        return ""
    return f'<news source="{_name(source)}" age_h="{max(0, round(age_h))}">{words}</news>'


def argument(by: str, text: str, cap: int) -> str:
    """Return an earlier role's free text in its tag, on one line. `by` is the program's own name of the role."""
    return f'<argument by="{by}">{clean(text, cap)}</argument>'


def instruction(context: str, text: str, cap: int) -> str:
    """Return what the user's profile tells models about a context's cases, in its tag, on one line. It is the user's own text:
    the only one in a tag that may be followed, within the rules of the court."""
    return f'<instruction context="{_name(context)}">{clean(text, cap)}</instruction>'


def _visible(text: str) -> str:
    """Remove invisible characters, and replace line breaks by blanks."""
    if text.isascii() and text.isprintable():
        return text
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
    """Return a source's name as an attribute: letters, digits and a few signs."""
    return _NO_NAME.sub("_", clean(source, SOURCE_CAP)).strip("_.") or "unnamed"
