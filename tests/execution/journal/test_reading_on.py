"""A journal is read on after a head of it, in a file and in a database, and what does not follow from that head is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from config.errors import JournalFault
from execution.journal.chain import NOTHING, Head, Journal, head_at, read_rows, shorten
from execution.journal.stores.pointer import POINTER
from execution.kill_switch.halting import HaltEvent

KEY = b"k" * 32


class Place(NamedTuple):
    path: Path
    url: str | None


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(tmp_path / "journal.db", None)
    return Place(tmp_path / POINTER, request.getfixturevalue("database").url)


def event(number: int) -> HaltEvent:
    return HaltEvent(action="flat", look=number, as_of_utc=datetime(2024, 3, 1, tzinfo=UTC))


def written(place: Place, events: int) -> Path:
    journal = Journal(place.path, KEY, 1, place.url)
    for number in range(events):
        journal.append(event(number))
    journal.close()
    return place.path


def test_the_rest_is_what_the_whole_has_after_it(place: Place) -> None:
    path = written(place, 7)
    whole = list(read_rows(path, KEY))
    for events in range(8):
        head = head_at(path, events)
        assert head is not None
        assert head == (NOTHING if events == 0 else Head(events, whole[events - 1].mac))
        assert list(read_rows(path, KEY, head)) == whole[events:]


def test_a_head_beyond_the_end_is_none(place: Place) -> None:
    assert head_at(written(place, 3), 4) is None


def test_rows_that_do_not_follow_from_the_head_are_refused(place: Place) -> None:
    path = written(place, 3)
    with pytest.raises(JournalFault, match=r"Event 2 .* does not fit the chain"):
        list(read_rows(path, KEY, Head(1, "0" * 64)))


def test_what_was_taken_back_is_not_read_on(place: Place) -> None:
    path = written(place, 6)
    before = list(read_rows(path, KEY))
    shorten(path, KEY, 4)
    again = Journal.reopen(path, KEY, 1, before[3].mac, 4)
    for number in (10, 11, 12):
        again.append(event(number))
    again.close()
    for events in (2, 4, 5):
        head = head_at(path, events)
        assert head is not None
        assert [row.seq for row in read_rows(path, KEY, head)] == list(range(events + 1, 8))
    with pytest.raises(JournalFault, match="Event 7"):
        list(read_rows(path, KEY, Head(6, before[5].mac)))
