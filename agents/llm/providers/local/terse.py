"""A reduced answer schema that a model on a small machine can answer in time.

Such a model produces about ten tokens a second, and a grammar enforces all bounds. So strings and lists get lower
bounds, and evidence values are written as strings: when they are numbers, small models add digits up to the bound.
Any answer that passes the terse schema also passes the full schema; every required part of an answer stays.
"""

import json
from functools import cache
from typing import Any

LONGEST = 60
"""Longest free string without another limit [characters]."""
LONGEST_REASONING = 200
MOST = 2
"""Most items of evidence, attacks and other lists; horizons keep their four."""
VALUE = {"type": "string", "minLength": 1, "maxLength": 16}
_WHOLE = ("field", "horizons")


@cache
def terse(json_schema: str) -> str:
    """Return a stricter version of the schema, as canonical JSON."""
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
