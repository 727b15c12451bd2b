"""Opening a run to read it: the session at its head, with the key that it was written with."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from agents.records.folder import JOURNAL
from agents.records.record import Session, Warmup
from config.errors import JournalFault
from execution.journal.chain import Event, first_event, key_id, read_events

AnyRecord = TypeVar("AnyRecord", Session, Warmup)


def open_run(folder: Path, key: bytes) -> tuple[Session, Warmup, Iterator[Event]]:
    """A run's session, its warm-up, and all later events, verified as they are drawn.

    Raises JournalFault for a folder without a journal, another key, or a journal that does not begin as it should.
    """
    path = folder / JOURNAL
    _check_key(path, key)
    events = read_events(path, key)
    session = _parsed(path, next(events, None), Session, "session_started")
    return session, _parsed(path, next(events, None), Warmup, "warmup"), events


def _check_key(path: Path, key: bytes) -> None:
    first = first_event(path)
    try:
        written_with = Session.model_validate_json(first.payload).key_id
    except ValidationError:
        return
    if written_with != key_id(key):
        raise JournalFault(
            f"{path} was written with another key (it names {written_with}, yours is {key_id(key)}), so nothing in it can be "
            "verified. Set TRIBUNAL_JOURNAL_KEY to the key of the machine that wrote it."
        )


def _parsed(path: Path, event: Event | None, record: type[AnyRecord], kind: str) -> AnyRecord:
    if event is None or event.kind != kind:
        raise JournalFault(f"{path} does not begin with a session and its warm-up: the run was killed before it began.")
    try:
        return record.model_validate_json(event.payload)
    except ValidationError as fault:
        raise JournalFault(
            f"Event {event.seq} ({kind}) of {path} verifies, but this version cannot read it: it was written by another one."
        ) from fault
