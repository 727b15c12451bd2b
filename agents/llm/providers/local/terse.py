"""The schema of an answer, cut to what a model on a small machine can say in time.

Such a model speaks about ten tokens a second, and a grammar holds it to whatever bounds there are. So its strings and lists get
lower ones, and a value is written as a word: as a number, small models add digits until the bound. Whatever passes the terse
schema passes the whole one; nothing that a role must say is left out.
"""

import json
from functools import cache
from typing import Any

LONGEST = 60
"""Of any free string that no other cap names [characters]."""
LONGEST_REASONING = 200
MOST = 2
"""Items of evidence, attacks and the like; horizons keep their four."""
VALUE = {"type": "string", "minLength": 1, "maxLength": 16}
_WHOLE = ("field", "horizons")


@cache
def terse(json_schema: str) -> str:
    """A schema that allows less than the given one, as canonical JSON."""
    return json.dumps(_cut(json.loads(json_schema), ""), separators=(",", ":"), ensure_ascii=True)


def _cut(node: dict[str, Any], name: str) -> dict[str, Any]:
    if name == "value":
        return VALUE
    cut = dict(node)
    if "properties" in cut:
        cut["properties"] = {key: _cut(part, key) for key, part in cut["properties"].items()}
    if "items" in cut:
        cut["items"] = _cut(cut["items"], "")
    if name in _WHOLE:
        return cut
    cap = LONGEST_REASONING if name == "reasoning" else LONGEST
    for low, high, most in (("minLength", "maxLength", cap), ("minItems", "maxItems", MOST)):
        if high in cut:
            cut[high] = min(cut[high], max(most, cut.get(low, 0)))
    return cut
