"""Foreign text made plain: no markup, no control or invisible characters, one line, bounded length.

Headlines come from strangers and end in prompts, tables and pages. What is left here is text to be read; whether it is
true, or meant to be obeyed, this room cannot know, and nobody downstream may treat it as an instruction.
"""

import html
import re
import unicodedata

MAX_HEADLINE = 500
_MAX_RAW = 10_000
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z!?][^<>]*>", re.DOTALL)
_PUNCTUATION = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": " - ", "…": "..."})


def plain(raw: str) -> str:
    """The text of a headline, at most 500 characters; empty when nothing is left.

    Tags are removed before and after entities are resolved, so that markup which was escaped once does not survive;
    typographic quotes and dashes become plain ones. Only the first 10,000 characters are looked at.
    """
    text = _TAG.sub(" ", html.unescape(_TAG.sub(" ", raw[:_MAX_RAW])))
    visible = "".join(map(_visible, text.translate(_PUNCTUATION)))
    return " ".join(visible.split())[:MAX_HEADLINE].rstrip()


def _visible(character: str) -> str:
    """The character; a space for a control character; nothing for an invisible, unassigned or half one."""
    category = unicodedata.category(character)
    if category[0] != "C":
        return character
    return " " if category == "Cc" else ""
