"""Every kind of event that a journal may hold, in one table, and the one reader of them all.

    session_started   Session        once, first: all that the run depended on
    warmup            Warmup         once: the closed bars before the first decision
    prompts           Prompts        once, where models sit: what each role is told, word for word
    transcript        Attempt        each attempt to get a word from a model, when the wave of its role is over; of an outlook
                                     at the close of the bar at which its answer had come
    alert             Alert          what a person should know at once: an outage of the models, or a budget near its end
    asked_ahead       AskedAhead     before the record of a bar, where outlooks are asked: of which markets
    intent            SentOrder      before an order leaves
    venue             VenueWord      what the venue answered: order states, fills and funding
    breaker           BreakerEvent   a latch that fell or lifted
    halt              HaltEvent      what was seen of the kill switch, and "flat" where it sold everything
    approval          Approval       what a human, or who stands for one, said of a large position, before its order leaves
    cycle             CycleRecord    one a bar, after everything else of that bar
    session_ended     SessionEnd     once, last; a journal without it was cut short

What is written once is read for ever. An event of the present version is read as its class; one of an older version is carried
from version to version by upcasters, which state what the older version implied and never ask today's defaults. The reader
refuses an unknown kind, a version to come, a field too many and a field that is missing, each in one sentence. Nothing else
decodes an event, and nothing else knows how a kind is spelt.

To change an event: change its class, raise its `event_version`, add an upcaster to its row here, raise the version in
`pyproject.toml`, and run `python -m agents.records.wire` and `python -m agents.records.page`.
"""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from agents.approval.petition import Approval
from agents.llm.attempt import Attempt
from agents.outages.alert import Alert
from agents.records.record import AskedAhead, CycleRecord, Prompts, Session, SessionEnd, Warmup
from config.errors import JournalFault
from config.frozen import Journaled
from config.version import version, version_order
from execution.journal.chain import Row, first_row, read_rows, written_kinds
from execution.kill_switch.halting import HaltEvent
from execution.reports import SentOrder, VenueWord
from risk.breakers import BreakerEvent

OLDEST = "0.1.0"
"""The first version of Tribunal whose journals are read."""

Tree = dict[str, Any]
"""An event as JSON has it."""
Upcaster = Callable[[Tree], Tree]
"""Carries an event of one version to the next. Pure: it makes a new tree, and states every value that it adds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: the class of the present version, and how older versions become it."""

    event: type[Journaled]
    upcasters: tuple[Upcaster, ...] = ()
    """From version 1 to 2, from 2 to 3, up to the present one."""

    @property
    def written(self) -> tuple[str, ...]:
        """How the journal spells the kind, by version, the oldest first."""
        return tuple(self.event.written_kind(number) for number in range(1, self.event.event_version + 1))


class Recorded(NamedTuple):
    """An event as a journal holds it: its row in the chain, and the value in today's form."""

    row: Row
    event: Journaled

    @property
    def seq(self) -> int:
        return self.row.seq

    @property
    def mac(self) -> str:
        return self.row.mac

    @property
    def is_older(self) -> bool:
        """Whether it was written in an older version: then it is compared by its values, and else by its bytes."""
        return self.row.kind != self.event.written_kind()

    @property
    def payload(self) -> bytes:
        """What has to come out again: the bytes that were written; of an older version, its values as written today."""
        return self.event.canonical() if self.is_older else self.row.payload

    def says(self, event: Journaled) -> bool:
        """Whether this is what the journal holds."""
        return self.event.written_kind() == event.written_kind() and self.payload == event.canonical()


class Registry:
    """All kinds that a reader knows. A value: it is built once, and never added to."""

    def __init__(self, *kinds: Kind) -> None:
        """Raises ValueError for a kind that stands there twice, or an older version that nothing carries up."""
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
        """A row as what it says, in today's form. Raises JournalFault, in one sentence, for what cannot be read."""
        if row.kind not in self._known:
            raise JournalFault(_unknown(row, journal, {kind.event.event_kind: kind for kind in self.kinds}))
        kind, number = self._known[row.kind]
        try:
            event = _carried(row, kind, number) if kind.upcasters[number - 1 :] else _present(row, kind.event)
        except ValidationError as fault:
            raise JournalFault(_unreadable(row, journal, _first_of(fault))) from fault
        except (ValueError, LookupError, TypeError) as fault:
            raise JournalFault(_unreadable(row, journal, str(fault))) from fault
        return Recorded(row, event)


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


def _unlike(written: Any, read: Any) -> str:
    """What was filled in while reading, or is spelt otherwise than any version has written it."""
    before, after = dict(leaves(written)), dict(leaves(read))
    missing = [path for path in after if path not in before]
    if missing:
        return f"its field {missing[0]} is missing"
    changed = [path for path, value in before.items() if path not in after or after[path] != value]
    return f"its field {changed[0]} is not spelt as it is written" if changed else "its fields are not in their order"


def leaves(value: Any, path: str = "") -> Generator[tuple[str, Any], None, None]:
    """The values of a JSON tree with their dotted paths; empty objects and lists count as values."""
    named = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    if not named:
        yield path, value
    for name, item in named:
        yield from leaves(item, f"{path}.{name}".lstrip("."))


def _first_of(fault: ValidationError) -> str:
    """The first of the faults of a payload, in words."""
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


EVENTS = Registry(
    Kind(Session),
    Kind(Warmup),
    Kind(Prompts),
    Kind(Attempt),
    Kind(Alert),
    Kind(AskedAhead),
    Kind(SentOrder),
    Kind(VenueWord),
    Kind(BreakerEvent),
    Kind(HaltEvent),
    Kind(Approval),
    Kind(CycleRecord),
    Kind(SessionEnd),
)
"""The table from which everything else about kinds is derived."""


def read_events(path: Path, key: bytes, registry: Registry = EVENTS) -> Generator[Recorded, None, None]:
    """The events of a journal, each verified against the chain, and read in today's form, as it is drawn.

    Raises JournalFault at the first event that does not fit the chain or cannot be read, and for a journal of a newer version
    of Tribunal, or of one before the first whose journals are read.
    """
    for row in read_rows(path, key):
        if row.seq == 1:
            _refuse_other_versions(head_of(row, registry), path.name)
        yield registry.read(row, path.name)


def head_of(first: Row, registry: Registry = EVENTS) -> Tree | None:
    """The fields of a session's beginning as they stand, in whatever version; None of a row that is something else."""
    name = first.kind.partition("@")[0]
    if name not in {spelling.partition("@")[0] for spelling in registry.spellings(Session)}:
        return None
    try:
        tree = json.loads(first.payload)
    except ValueError:
        return None
    return tree if isinstance(tree, dict) else None


def _refuse_other_versions(head: Tree | None, journal: str) -> None:
    """Raise JournalFault for a session that another version of Tribunal has to read."""
    if head is None:
        return
    wrote = str(head.get("version", ""))
    order, oldest, present = version_order(wrote), version_order(OLDEST), version_order(version())
    assert oldest is not None
    if order is None or order < oldest or head.get("format") != 1:
        raise JournalFault(
            f"{journal} was written by Tribunal {wrote or 'of no version'}, and journals from before {OLDEST} are not read, so "
            "it was refused: open it with the version that wrote it."
        )
    if present is not None and order > present:
        raise JournalFault(
            f"{journal} was written by Tribunal {wrote} and this is {version()}, which cannot know all that it holds, so it was "
            f"refused: open it with Tribunal {wrote} or a later one."
        )


def key_named(path: Path) -> str | None:
    """The key that a journal names as its own, not verified; None where it names none. Raises JournalFault of no journal."""
    head = head_of(first_row(path)) or {}
    named = head.get("key_id")
    return named if isinstance(named, str) else None


def holds(path: Path, event: type[Journaled]) -> bool:
    """Whether a journal, verified or not, has an event of this class; no of a file that is no journal."""
    sought = EVENTS.spellings(event)
    return any(kind in sought for kind in written_kinds(path))
