"""How an event is read: directly as its class if it has the present version, otherwise converted version by version.

A registry knows kinds and their versions. It refuses an unknown kind, a future version, an extra field and a missing field (which
a default of today would fill silently), each with one sentence. The table of all kinds is in `events.py`.
"""

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError

from config.errors import JournalFault
from config.frozen import Journaled
from config.version import version
from execution.journal.rows import Row

OLDEST = "0.1.0"
"""The first version of Tribunal whose journals are read."""

Tree = dict[str, Any]
"""An event as parsed JSON."""
Upcaster = Callable[[Tree], Tree]
"""Converts an event of one version to the next. Pure: it makes a new tree, and states every value that it adds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: the class of the present version, and the conversion of older versions."""

    event: type[Journaled]
    when: str
    """When it is written, in a few words."""
    upcasters: tuple[Upcaster, ...] = ()
    """From version 1 to 2, from 2 to 3, up to the present one."""
    changed: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """For each older version, the fields (as dotted paths) that a rule fills differently since then. Their new value does not
    follow from the old event, so a replay names these fields and compares all others."""

    @property
    def written(self) -> tuple[str, ...]:
        """How the journal spells the kind, by version, the oldest first."""
        return tuple(self.event.written_kind(number) for number in range(1, self.event.event_version + 1))

    def changed_since(self, number: int) -> tuple[str, ...]:
        """The fields that rules have filled differently since a version."""
        return tuple(path for older, paths in self.changed.items() if older >= number for path in paths)


class Recorded(NamedTuple):
    """An event as a journal holds it: its row in the chain, and the value in today's form."""

    row: Row
    event: Journaled
    changed: tuple[str, ...] = ()
    """Fields that are not compared, because a rule has changed."""

    @property
    def seq(self) -> int:
        return self.row.seq

    @property
    def mac(self) -> str:
        return self.row.mac

    @property
    def is_older(self) -> bool:
        """Whether it was written in an older version. Such an event is compared by its values, all others by their bytes."""
        return self.row.kind != self.event.written_kind()

    @property
    def payload(self) -> bytes:
        """The bytes to compare with: those that were written, or, for an older version, its values in today's form."""
        return self.event.canonical() if self.is_older else self.row.payload

    def says(self, event: Journaled) -> bool:
        """Whether this is what the journal holds."""
        if self.event.written_kind() != event.written_kind():
            return False
        then, now = self.payload, event.canonical()
        return then == now or (bool(self.changed) and self._rest(then) == self._rest(now))

    def _rest(self, payload: bytes) -> Any:
        """The payload without the fields that a changed rule fills."""
        tree = json.loads(payload)
        for path in self.changed:
            tree = _without(tree, path.split("."))
        return tree


class Registry:
    """All kinds that a reader knows. It is built once and never changed."""

    def __init__(self, *kinds: Kind) -> None:
        """Raises ValueError for a kind that is listed twice, and for an older version without an upcaster."""
        self.kinds = kinds
        self._known: dict[str, tuple[Kind, int]] = {}
        for kind in kinds:
            if len(kind.upcasters) != kind.event.event_version - 1:
                raise ValueError(f"{kind.event.event_kind} needs one upcaster for each version before its present one")
            for number, spelling in enumerate(kind.written, 1):
                if spelling in self._known:
                    raise ValueError(f"{spelling} stands in the table twice")
                self._known[spelling] = (kind, number)

    def spellings(self, event: type[Journaled]) -> frozenset[str]:
        """How a journal may spell the kind of a class, in all its versions."""
        return frozenset(spelling for kind in self.kinds if kind.event is event for spelling in kind.written)

    def read(self, row: Row, journal: str) -> Recorded:
        """The event of a row, in today's form. Raises JournalFault, with one sentence, if it cannot be read."""
        if row.kind not in self._known:
            raise JournalFault(_unknown(row, journal, {kind.event.event_kind: kind for kind in self.kinds}))
        kind, number = self._known[row.kind]
        try:
            event = _carried(row, kind, number) if kind.upcasters[number - 1 :] else _present(row, kind.event)
        except ValidationError as fault:
            raise JournalFault(_unreadable(row, journal, _first_of(fault))) from fault
        except (ValueError, LookupError, TypeError) as fault:
            raise JournalFault(_unreadable(row, journal, str(fault))) from fault
        return Recorded(row, event, kind.changed_since(number))


def _present(row: Row, shape: type[Journaled]) -> Journaled:
    event = shape.model_validate_json(row.payload)
    if event.canonical() != row.payload:
        raise ValueError(_unlike(json.loads(row.payload), json.loads(event.canonical())))
    return event


def _carried(row: Row, kind: Kind, number: int) -> Journaled:
    tree = json.loads(row.payload)
    for upcaster in kind.upcasters[number - 1 :]:
        tree = upcaster(tree)
    event = kind.event.model_validate_json(json.dumps(tree))
    if (now := json.loads(event.canonical())) != tree:
        raise ValueError(_unlike(tree, now))
    return event


def _without(value: Any, path: Sequence[str]) -> Any:
    """A JSON tree without the fields at a path; the path goes through every item of a list."""
    if isinstance(value, list):
        return [_without(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    name, *rest = path
    return {key: _without(item, rest) if key == name else item for key, item in value.items() if rest or key != name}


def _unlike(written: Any, read: Any) -> str:
    """The difference between what was written and what was read: a missing field, another spelling, or another order."""
    before, after = dict(leaves(written)), dict(leaves(read))
    missing = [path for path in after if path not in before]
    if missing:
        return f"its field {missing[0]} is missing"
    changed = [path for path, value in before.items() if path not in after or after[path] != value]
    return f"its field {changed[0]} is not spelt as it is written" if changed else "its fields are not in their order"


def leaves(value: Any, path: str = "") -> Generator[tuple[str, Any], None, None]:
    """The values of a JSON tree with their dotted paths. A list of plain values counts as one, and so does an empty object."""
    named: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        named = list(value.items())
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        named = list(enumerate(value))
    if not named:
        yield path, value
    for name, item in named:
        yield from leaves(item, f"{path}.{name}".lstrip("."))


def _first_of(fault: ValidationError) -> str:
    """The first fault of a payload, in words."""
    found = fault.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in found["loc"])
    told = {"extra_forbidden": f"it has a field too many, {place}", "missing": f"its field {place} is missing"}
    return told.get(found["type"], f"{place or 'it'}: {found['msg']}")


def _unreadable(row: Row, journal: str, why: str) -> str:
    return (
        f"Event {row.seq} ({row.kind}) of {journal} is not what any version of Tribunal from {OLDEST} to {version()} writes "
        f"({why}), so it was refused: open it with the version that wrote it."
    )


def _unknown(row: Row, journal: str, known: dict[str, Kind]) -> str:
    name, _, number = row.kind.partition("@")
    if name in known and number.isdecimal():
        newest = known[name].event.event_version
        return (
            f"Event {row.seq} of {journal} is version {number} of {name}, and Tribunal {version()} reads {name} up to version "
            f"{newest}, so it was refused: open it with a later version of Tribunal, the one that wrote it."
        )
    return (
        f"Event {row.seq} of {journal} is of the kind {row.kind!r}, which Tribunal {version()} does not know, so it was refused: "
        "open it with the version that wrote it."
    )
