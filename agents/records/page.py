"""Generates `docs/journal.md` from the table of events: each kind, version and field, with its type, unit and meaning.

`python -m agents.records.page` prints the page. The meaning of a field is its description, or else the text under it in its
class, or else its line in `agents/records/glossary.yaml`. A unit is in brackets at the end of the meaning. A field without a
meaning is an error.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, get_args

import yaml
from pydantic import BaseModel

from agents.records.events import EVENTS
from agents.records.registry import OLDEST, Kind, Registry
from agents.records.wire import plain_type, schema_of
from config.frozen import Frozen, Journaled

_GLOSSARY = Path(__file__).with_name("glossary.yaml")
_UNIT = re.compile(r" \[([^\]]+)\]$")
_SUFFIXES = {
    "_utc": "UTC", "_bps": "bps", "_ms": "ms", "_h": "hours", "_s": "seconds", "_usd": "USD", "_pct": "%", "_quote": "quote",
}  # fmt: skip

_HEAD = f"""# The journal

A run writes one file, `journal.db`: a SQLite database with one table, `events`. `python -m agents.records.page` generates this
page from the code that reads and writes the journal.

| column | type | meaning |
|---|---|---|
| `seq` | integer | number of the event, from 1, without a gap |
| `kind` | text | kind and version: `cycle` is version 1 of a cycle, `cycle@2` would be version 2 |
| `payload` | blob | the event as JSON in UTF-8: its fields in the order of the tables below |
| `mac` | text | HMAC-SHA256 in hexadecimal, under the key of the journal |

The MAC covers the `mac` of the event before (64 zeros before the first), `seq` and `kind`, each followed by the byte 0x1F, and
then `payload`. If somebody has changed the file, the first row that does not fit the chain shows where.

**In PostgreSQL.** If the profile names a database (`journal.url`), the same rows lie there, with the same MACs, in the table
`journal_events`, and the folder holds `journal.json`: the database, without a password, and the id of the run. Every command
reads such a folder as it reads any other. `tribunal journal --prepare URL` makes the tables with Alembic and brings them up
to date; `tribunal journal RUN --to URL` moves a run there. UPDATE, DELETE and TRUNCATE are refused. When a resumed run takes
an ending back, a row of `journal_parts` says after which event it goes on, and the rows of the ending stay beside the chain.
Which faults of a server a session outlives: [reliability](reliability.md#storage-the-journal-cannot-be-written).

**Anchors.** The chain does not show that its end was cut off, nor what somebody did who has the key. So the head of the
journal can be kept outside (`journal.anchor`, every `journal.anchor_every_s`): a line with number, MAC and time in a file
that is only appended to. `tribunal replay` and `tribunal journal` then say up to which event the journal agrees with that,
and name one that was cut back or rewritten; such a run is not resumed. What came after the last anchor, nobody outside knows.

Times are in UTC and in ISO 8601. A *decimal* is an exact number, written as a string. A *number* is a binary floating-point
number. *quote* is the currency in which a market is quoted, and *base* the currency that is traded in it. A field with "?" is
omitted if it has no value. All other fields are always there.

**Versions.** Tribunal reads journals of version {OLDEST} and later. It refuses a journal of a newer version and names the version
that is needed. It converts an event of an older version to today's form when it reads it. `tests/journals/wire.json` holds the
form of every version of every kind, and a test fails when one of them changes.
"""


class Field(NamedTuple):
    """One line of a table."""

    name: str
    type: str
    unit: str
    meaning: str


_EVENTS = {kind.event.__name__: f"event-{kind.event.event_kind}" for kind in EVENTS.kinds}
"""Where an event stands that lies inside another one."""


def journal_page(registry: Registry = EVENTS) -> str:
    """The whole page. Raises LookupError for a field without a meaning, and for a line of the glossary that no field uses."""
    glossary = read_glossary()
    used: set[str] = set()
    events = [kind.event for kind in registry.kinds]
    inner = [value for value in values_in(events) if value not in events]
    parts = [_HEAD, "## Events\n", _contents(registry.kinds)]
    parts += [_section(kind.event, glossary, used, _versions(kind)) for kind in registry.kinds]
    parts += ["## Values inside events\n"]
    parts += [_section(value, glossary, used) for value in sorted(inner, key=lambda value: value.__name__)]
    if idle := glossary.keys() - used:
        raise LookupError(f"the glossary explains what no event holds: {', '.join(sorted(idle))}")
    return "\n".join(parts)


def read_glossary() -> dict[str, str]:
    """The meanings of fields that their classes do not explain, by `field` or `Class.field`."""
    glossary: dict[str, str] = yaml.safe_load(_GLOSSARY.read_text(encoding="utf-8"))
    return glossary


def values_in(roots: Iterable[type[Frozen]]) -> tuple[type[Frozen], ...]:
    """These classes and all classes inside them, each once."""
    found: dict[type[Frozen], None] = {}

    def walk(annotation: Any) -> None:
        if isinstance(annotation, type) and issubclass(annotation, Frozen) and annotation not in found:
            found[annotation] = None
            for field in annotation.model_fields.values():
                walk(field.annotation)
        for part in get_args(annotation):
            walk(part)

    for root in roots:
        walk(root)
    return tuple(found)


def fields_of(value: type[Frozen], glossary: dict[str, str], used: set[str]) -> tuple[Field, ...]:
    """The fields of one class. Raises LookupError for one without a meaning."""
    bases = [base for base in value.__mro__ if issubclass(base, Frozen)]
    texts, schema = _texts(value), schema_of(value)
    lines = []
    for name, node in schema["properties"].items():
        own = f"{value.__name__}.{name}"
        spelled = (f"{base.__name__}.{name}" for base in bases)
        key = next((each for each in spelled if each in glossary), name)
        meaning = value.model_fields[name].description or texts.get(name)
        if meaning is None:
            if key not in glossary:
                raise LookupError(f"{own} has no meaning: give the field a description, or the glossary a line")
            meaning = glossary[key]
            used.add(key)
        unit = _UNIT.search(meaning)
        suffix = next((words for end, words in _SUFFIXES.items() if name.endswith(end)), "")
        lines.append(
            Field(
                f"{name}{'?' * ('left_out' in node)}",
                _type(node, schema.get("$defs", {})),
                unit[1] if unit else suffix,
                " ".join(_UNIT.sub("", meaning).split()),
            )
        )
    return tuple(lines)


def _contents(kinds: Iterable[Kind]) -> str:
    rows = [
        f"| [`{kind.event.event_kind}`](#event-{kind.event.event_kind}) | {kind.event.event_version} | {_cell(kind.when)} |"
        for kind in kinds
    ]
    return "\n".join(["| kind | version | when it is written |", "|---|---|---|", *rows, ""])


def _section(value: type[Frozen], glossary: dict[str, str], used: set[str], versions: str = "") -> str:
    title = f"Event {value.event_kind}" if versions and issubclass(value, Journaled) else value.__name__
    rows = [
        f"| `{line.name}` | {line.type} | {line.unit} | {_cell(line.meaning)} |"
        for line in fields_of(value, glossary, used)
    ]
    text = inspect.cleandoc(value.__doc__ or "")
    return "\n".join(
        [f"### {title}\n", text, versions, "| field | type | unit | meaning |", "|---|---|---|---|", *rows, ""]
    )


def _versions(kind: Kind) -> str:
    """The version of a kind, and the differences of its older versions, from the docstrings of their upcasters."""
    older = [
        f"Version {number}: {inspect.cleandoc(upcaster.__doc__ or '')}\n"
        for number, upcaster in enumerate(kind.upcasters, 1)
    ]
    return "\n".join([f"\nVersion {kind.event.event_version}.\n", *older])


def _type(node: dict[str, Any], named: dict[str, Any]) -> str:
    """A type in words, with links to the values inside."""
    if "$ref" in node:
        inner = named[node["$ref"].rpartition("/")[2]]
        if "properties" not in inner:
            return _type(inner, named)
        title = inner["title"]
        return f"[{title}](#{_EVENTS.get(title, title.lower())})"
    if (plain := plain_type(node)) is not None:
        return plain.replace("|", "\\|")
    if (choices := node.get("anyOf") or node.get("oneOf")) is not None:
        return " or ".join(_type(choice, named) for choice in choices)
    if "prefixItems" in node:
        return f"({', '.join(_type(part, named) for part in node['prefixItems'])})"
    if node.get("type") == "array":
        return f"list of {_type(node['items'], named)}"
    key = _type(node.get("propertyNames", {"type": "string"}), named)
    return f"object: by {key}, {_type(node['additionalProperties'], named)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _texts(value: type[Frozen]) -> dict[str, str]:
    """The texts under the fields of a class and of its base classes."""
    texts: dict[str, str] = {}
    for owner in reversed(value.__mro__):
        if issubclass(owner, BaseModel) and owner.__module__ in sys.modules:
            texts |= _texts_under(owner.__module__).get(owner.__name__, {})
    return texts


def _texts_under(module: str) -> dict[str, dict[str, str]]:
    """The texts under fields, by class, of one module."""
    file = sys.modules[module].__file__
    tree = ast.parse(Path(file).read_text(encoding="utf-8")) if file else ast.Module([], [])
    return {
        node.name: {
            field.target.id: inspect.cleandoc(text.value.value)
            for field, text in zip(node.body, node.body[1:], strict=False)
            if isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


if __name__ == "__main__":
    sys.stdout.write(journal_page())
