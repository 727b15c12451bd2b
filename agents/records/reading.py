"""Opening a run to read it, with the key that it was written with."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from agents.records.events import EVENTS, key_named, read_events
from agents.records.folder import journal_of
from agents.records.record import Session, Warmup
from agents.records.registry import Recorded, Registry
from config.errors import JournalFault
from execution.journal.rows import key_id

AnyRecord = TypeVar("AnyRecord", Session, Warmup)


def open_run(
    folder: Path, key: bytes, registry: Registry = EVENTS
) -> tuple[Session, Warmup, Iterator[Recorded]]:  # fmt: skip
    """A run's session, its warm-up, and an iterator over all later events, which verifies each event before it gives it out.

    Raises JournalFault for a folder without a journal, another key, or a journal that does not begin as it should.
    """
    path = journal_of(folder)
    refuse_other_key(path, key)
    events = read_events(path, key, registry)
    session = _head(path, next(events, None), Session)
    return session, _head(path, next(events, None), Warmup), events


def refuse_other_key(path: Path, key: bytes) -> None:
    """Raise JournalFault if a journal names another key, or is none."""
    written_with = key_named(path)
    if written_with is not None and written_with != key_id(key):
        raise JournalFault(
            f"{path} was written with another key (it names {written_with}, yours is {key_id(key)}), so nothing in it can be "
            "verified. It was not read. Set TRIBUNAL_JOURNAL_KEY to the key of the machine that wrote it."
        )


def _head(path: Path, found: Recorded | None, record: type[AnyRecord]) -> AnyRecord:
    if found is None or not isinstance(found.event, record):
        raise JournalFault(f"{path} does not begin with a session and its warm-up: the run was killed before it began.")
    return found.event
