"""Cleans foreign text: no markup, no control or invisible characters, one line, limited length.

Headlines come from unknown authors and appear in prompts, tables and pages. This module cannot know whether a text is true or
is an attempted instruction, so no other module may treat it as an instruction.
"""

import html
import re
import unicodedata

MAX_HEADLINE = 500
_MAX_RAW = 10_000
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z!?][^<>]*>", re.DOTALL)
_PUNCTUATION = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": " - ", "…": "..."})


def plain(raw: str) -> str:
    """The cleaned text of a headline, at most 500 characters; empty when nothing is left.

    Tags are removed before and after entities are resolved, so that markup that was escaped once is removed too. Typographic
    quotes and dashes become plain ones. Only the first 10,000 characters are read.
    """
    text = _TAG.sub(" ", html.unescape(_TAG.sub(" ", raw[:_MAX_RAW])))
    visible = "".join(map(_visible, text.translate(_PUNCTUATION)))
    return " ".join(visible.split())[:MAX_HEADLINE].rstrip()


def _visible(character: str) -> str:
    """The character; a space for a control character; "" for an invisible or unassigned character or half a surrogate pair."""
    category = unicodedata.category(character)
    if category[0] != "C":
        return character
    return " " if category == "Cc" else ""
