"""Reads a model's reply as strict JSON. Nothing is repaired, because a repair is a guess.

A lenient parser reads a cut `"conviction": 7` of 70 as 7, and of two contradicting objects it keeps one by its own
rule. So the text must be exactly one JSON object, in at most one ```json fence; otherwise it is refused. Where a profile says
that a provider wraps its answers (`reply: fenced`), prose around the one fence is cut off first (`fenced_object`). Size and
depth are limited before the parser runs. Duplicate keys, NaN and infinities, which Python's parser would accept, are
refused too.
"""

import json
import re
from collections.abc import Sequence
from math import isfinite
from typing import Any, Never

from agents.llm.asking import Unacceptable
from agents.llm.attempt import AttemptOutcome

MAX_BYTES = 64 * 1024
MAX_DEPTH = 12
"""Deepest nesting of brackets; the outermost object is 1."""
_SPACE = " \t\r\n"
_FENCE = "```"
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
"""Matches strings, complete or cut, and brackets: one pass over any text."""


def parse_strict(text: str) -> dict[str, Any]:
    """Return the one JSON object of `text`.

    Raises Unacceptable(MALFORMED), with what to correct, for everything else; never another exception.
    """
    size = len(text.encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        raise _malformed(f"the answer has {size} bytes; at most {MAX_BYTES} are read")
    body = _unfenced(text)
    if _depth(body) > MAX_DEPTH:
        raise _malformed(f"the answer is nested more than {MAX_DEPTH} deep")
    try:
        found = json.loads(body, object_pairs_hook=_object, parse_constant=_constant, parse_float=_number)
    except json.JSONDecodeError as fault:
        raise _malformed(
            f"the answer is not one JSON object: {fault.msg} at line {fault.lineno} column {fault.colno}"
        ) from None
    except ValueError:
        raise _malformed("the answer holds a number with too many digits") from None
    if not isinstance(found, dict):
        raise _malformed(f"the answer is a JSON {_KIND[type(found)]}, and an object was asked for")
    _check_text(found)
    return found


def fenced_object(text: str) -> str:
    """Return the one fenced block of `text`, which may stand in prose; the text itself where it has no fence.

    Raises Unacceptable(MALFORMED) for more than one fence, and for a brace outside it: of two objects none is chosen.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES or _FENCE not in text:
        return text
    before, _, rest = text.partition(_FENCE)
    inside, closed, after = rest.partition(_FENCE)
    if not closed:
        raise _malformed("the fence around the JSON object is never closed")
    if _FENCE in after:
        raise _malformed("there is more than one fenced block, and one object was asked for")
    if any(brace in part for part in (before, after) for brace in "{}"):
        raise _malformed("there is a brace outside the fenced object, and one object was asked for")
    return f"{_FENCE}{inside}{_FENCE}"


_KIND = {list: "array", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


def _malformed(why: str) -> Unacceptable:
    return Unacceptable(AttemptOutcome.MALFORMED, why)


def _unfenced(text: str) -> str:
    """Return the text without the one fence around it, if there is one."""
    body = text.strip(_SPACE)
    if not (body.startswith(_FENCE) and body.endswith(_FENCE) and len(body) >= 2 * len(_FENCE)):
        return body
    first, newline, rest = body[len(_FENCE) : -len(_FENCE)].partition("\n")
    return rest if newline and first.strip(_SPACE).lower() in ("", "json") else body


def _depth(body: str) -> int:
    deepest = depth = 0
    for token in _TOKENS.finditer(body):
        match token[0]:
            case "[" | "{":
                depth += 1
                deepest = max(deepest, depth)
            case "]" | "}":
                depth -= 1
    return deepest


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _malformed(f"the key {twice[:80]!r} is there twice")
    return found


def _constant(name: str) -> Never:
    raise _malformed(f"{name} is no JSON number")


def _number(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise _malformed(f"the number {text[:40]} is too large")
    return value


def _check_text(found: dict[str, Any]) -> None:
    """Refuse half of a surrogate pair: it can be neither journaled nor shown."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _malformed("the answer holds half of a surrogate pair, which is no character") from None
