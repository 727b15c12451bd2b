"""Every kind of event that a journal may hold, in one table, and the one reader of them all.

What is written once is read for ever. Nothing else decodes an event, and nothing else knows how a kind is spelt: whoever reads
matches on classes.

To change an event, or a rule that puts other words into it: change its class, raise its `event_version`, add an upcaster to its
row in this table, raise the version in `pyproject.toml`, and run `python -m agents.records.wire tests/journals/wire.json` and
`python -m agents.records.page > docs/journal.md`. The upcaster states what the older version implied. It never asks a default
of today, which may change once more.
"""

import json
from collections.abc import Generator
from pathlib import Path

from agents.approval.petition import Approval
from agents.llm.attempt import Attempt
from agents.outages.alert import Alert
from agents.records.record import AskedAhead, CycleRecord, Prompts, Session, SessionEnd, Warmup
from agents.records.registry import OLDEST, Kind, Recorded, Registry, Tree
from config.errors import JournalFault
from config.frozen import Journaled
from config.version import version, version_order
from execution.journal.chain import Row, first_row, read_rows, written_kinds
from execution.kill_switch.halting import HaltEvent
from execution.reports import SentOrder, VenueWord
from risk.breakers import BreakerEvent


def _session_without_policies(tree: Tree) -> Tree:
    """No policy could be named then: `settings.rl` is mode off, without a model."""
    return tree | {"settings": tree["settings"] | {"rl": {"mode": "off", "model": None}}}


EVENTS = Registry(
    Kind(Session, "once, first", (_session_without_policies,)),
    Kind(Warmup, "once, second"),
    Kind(Prompts, "once, third, where models sit"),
    Kind(
        Attempt,
        "for each attempt to get a word from a model, when the wave of its role is over; of an outlook at the close of the bar "
        "at which its answer had come",
    ),
    Kind(Alert, "at a bar close, when there is something to tell at once"),
    Kind(AskedAhead, "before the record of a bar, where outlooks are asked"),
    Kind(SentOrder, "before an order leaves"),
    Kind(VenueWord, "when the venue has answered or has traded"),
    Kind(BreakerEvent, "when a latch falls, is extended or lifts"),
    Kind(HaltEvent, "when the session sees a change of the kill switch, and when everything is sold for it"),
    Kind(Approval, "when a human, or who stands for one, has answered about a large position; before its order leaves"),
    Kind(CycleRecord, "once a bar, after everything else of that bar"),
    Kind(SessionEnd, "once, last; a journal without it was cut short"),
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
