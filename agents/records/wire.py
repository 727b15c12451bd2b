"""The wire form of events: the fields of an event in JSON, with their order and types. It is frozen.

`tests/journals/wire.json` holds the form of each version of each kind, under the version of Tribunal that first wrote it.
`python -m agents.records.wire tests/journals/wire.json` adds the missing forms. It refuses to change a form that is there: the
form of a version never changes, and another form needs another version. A form has no class names, because a journal has none.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from agents.records.events import EVENTS
from agents.records.registry import Registry
from config.files import write_whole
from config.frozen import Frozen
from config.version import version

Form = Any
"""A type in words ("decimal", "[string]"), or an object of forms by field. "?" after a field: omitted if it has no value."""
History = dict[str, dict[str, Form]]
"""Forms by kind, under the version of Tribunal that was the first to write them."""
_PLAIN = ("string", "integer", "number", "boolean", "null")
_FORMATS = {"date-time": "time", "decimal": "decimal"}


class WireSchema(GenerateJsonSchema):
    """JSON schema that tells exact decimals from other strings, and says which fields may be left out."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        return {"type": "string", "format": "decimal"}

    def model_field_schema(self, schema: core_schema.ModelField) -> JsonSchemaValue:
        found = super().model_field_schema(schema)
        return found | {"left_out": True} if "serialization_exclude_if" in schema else found


def schema_of(value: type[Frozen]) -> dict[str, Any]:
    """The JSON schema of a value as it is written."""
    return value.model_json_schema(mode="serialization", schema_generator=WireSchema)


def wire_form(value: type[Frozen]) -> Form:
    """The fields of a value, and of all values inside, in the order in which they are written."""
    schema = schema_of(value)
    return _form(schema, schema.get("$defs", {}))


def plain_type(node: dict[str, Any]) -> str | None:
    """The name of a JSON type without parts, or its allowed values. None for a type with parts."""
    if "const" in node:
        return json.dumps(node["const"])
    if "enum" in node:
        return " | ".join(json.dumps(value) for value in node["enum"])
    kind = node.get("type")
    return _FORMATS.get(node.get("format", ""), kind) if kind in _PLAIN else None


def _form(node: dict[str, Any], named: dict[str, Any]) -> Form:
    if "$ref" in node:
        return _form(named[node["$ref"].rpartition("/")[2]], named)
    if (plain := plain_type(node)) is not None:
        return plain
    if (choices := node.get("anyOf") or node.get("oneOf")) is not None:
        forms = [_form(choice, named) for choice in choices]
        return " | ".join(forms) if all(isinstance(form, str) for form in forms) else {"one of": forms}
    if "properties" in node:
        return {f"{name}{'?' * ('left_out' in part)}": _form(part, named) for name, part in node["properties"].items()}
    if "prefixItems" in node:
        return {"list of": [_form(part, named) for part in node["prefixItems"]]}
    if node.get("type") == "array":
        return {"each": _form(node["items"], named)}
    if isinstance(node.get("additionalProperties"), dict):
        key = plain_type(node.get("propertyNames", {"type": "string"}))
        return {"by": key, "each": _form(node["additionalProperties"], named)}
    raise ValueError(f"a form that is not known yet: {node}")


def forms_of(registry: Registry) -> dict[str, Form]:
    """The forms of the present versions, by kind as the journal spells it."""
    return {kind.event.written_kind(): wire_form(kind.event) for kind in registry.kinds}


def frozen_forms(history: History) -> dict[str, Form]:
    """All forms of a file, by kind as the journal spells it."""
    return {kind: form for forms in history.values() for kind, form in forms.items()}


def main(argv: Sequence[str]) -> int:
    """Add the missing forms to a file of forms. Returns 1, and writes nothing, if a form in the file has changed."""
    path = Path(argv[0])
    history: History = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    frozen, forms = frozen_forms(history), forms_of(EVENTS)
    changed = [kind for kind, form in forms.items() if json.dumps(frozen.get(kind, form)) != json.dumps(form)]
    if changed:
        sys.stderr.write(
            f"The form of {', '.join(changed)} has changed, and nothing was written. Raise event_version of its class, and add "
            "an upcaster to agents/records/events.py.\n"
        )
        return 1
    added = {kind: form for kind, form in forms.items() if kind not in frozen}
    if added:
        history[version()] = history.get(version(), {}) | added
    write_whole(path, (json.dumps(history, indent=1, ensure_ascii=False) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
