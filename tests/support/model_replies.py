"""The replies of a model server: bodies of both protocols, and answers that match the schema of any request.

`fill` is deterministic: the first value of an enum unless a preferred one is allowed, short strings, and for evidence
the fields and values of the prompt (`signals.1h.rsi_14=61.2`), so that the evidence is valid.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

CITABLE = re.compile(r"\b((?:signals|book|proposal|sentiment)\.[A-Za-z0-9_.]*[A-Za-z0-9_])\s*=\s*(-?\d+(?:\.\d+)?)")
SOUND = {"conviction_pct": 60, "scale_pct": 100, "strength_pct": 20, "direction": "long", "ruling": "approve"}
"""Values of a court that approves a purchase."""
AT_ODDS = {"conviction_pct": 0, "scale_pct": 100, "strength_pct": 100, "direction": "long", "ruling": "reject"}
"""Values that are allowed one by one, but contradict each other."""


@dataclass
class Filler:
    """Fills one schema for one prompt. `wild` ignores every enum and numeric bound."""

    schema: dict[str, Any]
    prompt: str = ""
    prefer: dict[str, Any] = field(default_factory=lambda: SOUND)
    nested_direction: str | None = None
    wild: bool = False
    _cited: int = 0

    def answer(self) -> Any:
        return self._fill(self.schema, "", 0)

    def _fill(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        if "$ref" in schema:
            return self._fill(self.schema["$defs"][schema["$ref"].rsplit("/", 1)[1]], name, depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choose(schema["enum"], name, depth)
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return self._fill(schema[union][0], name, depth)
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return [self._fill(schema["items"], name, depth + 1) for _ in range(max(1, schema.get("minItems", 1)))]
        return self._plain(kind, schema, name)

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        filled = {name: self._fill(part, name, depth + 1) for name, part in schema.get("properties", {}).items()}
        shown = CITABLE.findall(self.prompt)
        if {"field", "value"} <= filled.keys() and shown:
            filled["field"], value = shown[self._cited % len(shown)]
            filled["value"] = json.loads(value) if not isinstance(filled["value"], str) else value
            self._cited += 1
        return filled

    def _choose(self, values: list[Any], name: str, depth: int) -> Any:
        if self.wild and isinstance(values[0], int | float):
            return 5000
        wanted = self.nested_direction if depth > 1 and name == "direction" else None
        wanted = wanted or self.prefer.get(name)
        return wanted if wanted in values else values[0]

    def _plain(self, kind: str | None, schema: dict[str, Any], name: str) -> Any:
        if kind in ("number", "integer"):
            return 10**15 if self.wild else self.prefer.get(name, schema.get("minimum", 0))
        if kind == "boolean":
            return True
        return None if kind == "null" else f"said of {name or 'it'}"[: schema.get("maxLength", 40)]


def asked(path: str, request: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    """Return the schema's name (Anthropic sends none), the schema and the prompt of a request of either protocol."""
    user = str(request["messages"][-1]["content"])
    if path.endswith("/messages"):
        schema = request.get("output_config", {}).get("format", {}).get("schema", {})
        return "", schema or schema_in_words("".join(block["text"] for block in request.get("system", ()))), user
    described = request.get("response_format", {}).get("json_schema", {})
    return (
        described.get("name", ""),
        described.get("schema") or schema_in_words(request["messages"][0]["content"]),
        user,
    )


def schema_in_words(system: str) -> dict[str, Any]:
    """The schema that stands in a prompt, on a line of its own; empty without one."""
    lines = (line for line in str(system).splitlines() if line.startswith('{"'))
    return json.loads(next(lines, "{}"))  # type: ignore[no-any-return]


CHECK = "check"
"""The one question before a session, which no role asks."""
ROLE_OF_PROPERTY = {
    "horizons": "analyst",
    "concerns": "risk_agent",
    "attacks": "devils_advocate",
    "concedes": "rebuttal",
    "ruling": "supervisor",
    "check_answer": CHECK,
}


def role_of(name: str, schema: dict[str, Any]) -> str:
    """Return the role of a schema, by the property that only its schema has; otherwise the name of the schema."""
    found = [role for key, role in ROLE_OF_PROPERTY.items() if key in schema.get("properties", {})]
    return found[0] if found else name


def body(path: str, text: str, stop: str = "end", prompt_bytes: int = 400) -> dict[str, Any]:
    """Return a whole reply. `stop` is end, length or refusal; four bytes count as a token."""
    tokens_in, tokens_out = prompt_bytes // 4 + 1, len(text) // 4 + 1
    if path.endswith("/messages"):
        reason = {"end": "end_turn", "length": "max_tokens", "refusal": "refusal"}[stop]
        return {
            "id": "msg_loopback", "type": "message", "role": "assistant", "model": "loopback",
            "content": [{"type": "text", "text": text}] if text else [],
            "stop_reason": reason, "stop_sequence": None,
            "usage": {
                "input_tokens": tokens_in, "output_tokens": tokens_out,
                "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0,
            },
        }  # fmt: skip
    message = {"role": "assistant", "content": text, "refusal": None}
    if stop == "refusal":
        message |= {"content": None, "refusal": text or "I cannot help with that."}
    return {
        "id": "chatcmpl-loopback", "object": "chat.completion", "created": 0, "model": "loopback",
        "choices": [{"index": 0, "message": message, "finish_reason": "length" if stop == "length" else "stop"}],
        "usage": {
            "prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }  # fmt: skip


def error(path: str, status: int, name: str, message: str) -> dict[str, Any]:
    """An error body: Anthropic names the kind in `type`, OpenAI the cause in `code`."""
    if path.endswith("/messages"):
        return {"type": "error", "error": {"type": name, "message": message}, "request_id": "req_loopback"}
    return {"error": {"message": message, "type": name, "param": None, "code": name}, "status": status}
