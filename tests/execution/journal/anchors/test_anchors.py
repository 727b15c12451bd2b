"""What is kept of a journal outside: a journal that was cut back or rewritten with its key is found out, an honest one is not."""

import json
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.errors import JournalFault, OutputFault, UsageFault
from execution.journal.anchors.folder import FolderAnchors
from execution.journal.anchors.keeping import AnchorKeeper, note_taking_back
from execution.journal.anchors.marks import Mark, agree, anchored_name
from execution.journal.chain import Head, Journal, read_rows, shorten
from execution.journal.rows import GENESIS, link
from execution.kill_switch.halting import HaltEvent

KEY = b"k" * 32
AT = datetime(2024, 3, 1, tzinfo=UTC)
EVERY = timedelta(seconds=60)


def event(number: int) -> HaltEvent:
    return HaltEvent(action="flat", look=number, as_of_utc=AT)


class Session:
    """A session's journal with a keeper, on a clock that is moved by hand."""

    def __init__(self, folder: Path, group: int = 1) -> None:
        (folder / "run").mkdir()
        (folder / "anchors").mkdir()
        self.path, self.place = folder / "run" / "journal.db", FolderAnchors(folder / "anchors")
        self.time, self.told = AT, list[str]()
        self.write(Journal(self.path, KEY, group))

    def now(self) -> datetime:
        return self.time

    def write(self, journal: Journal) -> None:
        self.journal = journal
        self.keeper = AnchorKeeper(self.place, EVERY, self, lambda: journal, self.path, "r1", self.told.append)

    def say(self, *numbers: int, after: timedelta = timedelta(seconds=20)) -> None:
        """Each event comes so long after the one before."""
        for number in numbers:
            self.time += after
            self.journal.append(event(number))
            self.keeper.hear(event(number), past=False)
            self.keeper._wait()

    def end(self) -> None:
        self.journal.close()
        self.keeper.finish()

    def marks(self) -> list[int]:
        return [mark.seq for mark in self.place.kept(anchored_name(self.path, "r1"))]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(tmp_path)
    yield made
    made.journal.abandon()


def rewrite(path: Path, last: int, *, other: int | None = None) -> None:
    """What somebody who has the key can do: end a journal with event `last`, and make `other` another event."""
    rows = [row for row in read_rows(path, KEY) if row.seq <= last]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "DROP TRIGGER IF EXISTS no_update; DROP TRIGGER IF EXISTS no_delete; DELETE FROM events"
        )
        previous = GENESIS
        for row in rows:
            payload = event(777).canonical() if row.seq == other else row.payload
            previous = link(KEY, previous, row.seq, row.kind, payload)
            connection.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (row.seq, row.kind, payload, previous))
        connection.commit()
    assert len(list(read_rows(path, KEY))) == last  # the chain itself is whole


def test_the_head_is_kept_at_the_beginning_then_at_each_interval_and_at_the_end(session: Session) -> None:
    session.say(*range(1, 9))
    session.end()
    assert session.marks() == [1, 4, 7, 8]
    found = agree(session.path, KEY, session.place, "r1")
    assert (found.events, found.marks) == (8, 4)
    assert found.until == Mark(8, list(read_rows(session.path, KEY))[-1].mac, AT + timedelta(seconds=160))
    assert "up to event 8 of 2024-03-01 00:02:40 UTC, which is its last" in found.words()


def test_only_what_is_durable_is_kept(tmp_path: Path) -> None:
    session = Session(tmp_path, group=3)
    session.say(1, 2)
    assert not list((tmp_path / "anchors").iterdir())
    session.say(3, 4, after=EVERY)
    assert session.marks() == [3]
    session.journal.abandon()  # killed: event 4 was never written
    assert agree(session.path, KEY, session.place, "r1").events == 3


@pytest.mark.parametrize("last", [2, 5, 7])
def test_a_journal_that_was_cut_back_is_named_with_what_it_still_agrees_with(session: Session, last: int) -> None:
    session.say(*range(1, 9))
    session.end()
    rewrite(session.path, last)
    good = max(seq for seq in (1, 4, 7) if seq <= last)
    with pytest.raises(
        JournalFault, match=rf"was cut back: it ends with event {last}, .* knows event 8 .* up to event {good} "
    ):
        agree(session.path, KEY, session.place, "r1")


def test_a_journal_that_was_rewritten_with_its_key_is_named(session: Session) -> None:
    session.say(*range(1, 9))
    session.end()
    rewrite(session.path, 8, other=5)
    with pytest.raises(JournalFault, match=r"was rewritten by somebody who has its key: its event 7 .* up to event 4 "):
        agree(session.path, KEY, session.place, "r1")


def test_what_was_changed_after_the_last_anchor_is_not_judged_and_the_words_say_so(session: Session) -> None:
    session.say(*range(1, 9))
    session.journal.close()
    rewrite(session.path, 8, other=8)
    found = agree(session.path, KEY, session.place, "r1")
    assert "up to event 7 " in found.words()
    assert "of the 1 events after it nobody outside knows" in found.words()


def test_an_ending_that_a_resumed_session_takes_back_is_no_cut(session: Session) -> None:
    session.say(*range(1, 9))
    session.end()
    rows = list(read_rows(session.path, KEY))
    note_taking_back(session.place, session.path, "r1", Head(5, rows[4].mac), session.now())
    agree(session.path, KEY, session.place, "r1")  # killed before it was done: the journal holds more than it must
    shorten(session.path, KEY, 5)
    agree(session.path, KEY, session.place, "r1")
    session.write(Journal.reopen(session.path, KEY, 1, rows[4].mac, 5))
    session.say(16, 17, 18)
    session.end()
    assert session.marks() == [1, 4, 7, 8, 5, 6, 8]
    found = agree(session.path, KEY, session.place, "r1")
    assert (found.events, [mark.seq for mark in found.taken_back]) == (8, [5])
    assert "took an ending back 1 time." in found.words()
    rewrite(session.path, 6)
    with pytest.raises(JournalFault, match="was cut back"):
        agree(session.path, KEY, session.place, "r1")


def test_an_ending_is_not_taken_back_while_nobody_can_note_it(session: Session) -> None:
    session.say(1, 2)
    session.end()
    file = next(iter(Path(session.place.place).iterdir()))
    file.rename(file.with_suffix(".away"))
    file.mkdir()
    with pytest.raises(OutputFault, match="cannot be taken back"):
        note_taking_back(session.place, session.path, "r1", Head(1, "0"), AT)


def test_a_line_that_was_cut_off_is_left_and_the_next_one_stands_alone(session: Session) -> None:
    session.say(1, 2, 3, 4)
    file = next(iter(Path(session.place.place).iterdir()))
    file.write_bytes(file.read_bytes()[:-7])
    assert session.marks() == [1]
    session.say(5, 6, 7)
    assert session.marks() == [1, 7]
    assert len(file.read_bytes().splitlines()) == 3


@pytest.mark.parametrize("line", [b'{"seq": 1}', b"[]", b'{"seq": 1, "mac": "0", "at_utc": "now", "said": "head"}'])
def test_a_line_that_is_no_mark_is_told_and_not_passed_over(session: Session, line: bytes) -> None:
    session.say(1)
    file = next(iter(Path(session.place.place).iterdir()))
    file.write_bytes(file.read_bytes() + line + b"\n")
    with pytest.raises(JournalFault, match="cannot be read"):
        agree(session.path, KEY, session.place, "r1")


def test_the_file_is_only_appended_to_and_only_the_user_reads_it(session: Session) -> None:
    session.say(1, 2, 3, 4)
    file = next(iter(Path(session.place.place).iterdir()))
    before = file.read_bytes()
    session.say(5, 6, 7)
    assert file.read_bytes().startswith(before)
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert json.loads(before.splitlines()[0])["said"] == "head"


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="is no folder"):
        FolderAnchors(tmp_path / "not mounted")
    assert not (tmp_path / "not mounted").exists()


class Broken:
    """A place that fails, or is silent until it is let go on."""

    place = "the other machine"

    def __init__(self) -> None:
        self.fails, self.silent, self.held = False, threading.Event(), list[Mark]()
        self.silent.set()

    def keep(self, journal: str, mark: Mark) -> None:
        self.silent.wait(60)
        if self.fails:
            raise OSError(28, "No space left on device")
        self.held.append(mark)

    def kept(self, journal: str) -> Sequence[Mark]:
        return self.held

    def known(self, beginning: str) -> Sequence[str]:
        return [beginning]


def test_a_place_that_fails_is_told_once_and_tried_again(session: Session) -> None:
    broken = Broken()
    session.keeper = AnchorKeeper(
        broken, EVERY, session, lambda: session.journal, session.path, "r1", session.told.append
    )
    broken.fails = True
    session.say(1, 2, 3, after=EVERY)
    assert len(session.told) == 1
    assert "cannot be kept in the other machine (No space left on device)" in session.told[0]
    broken.fails = False
    session.say(4, after=EVERY)
    broken.fails = True
    session.say(5, after=EVERY)
    assert [mark.seq for mark in broken.held] == [4]
    assert len(session.told) == 2


def test_a_place_that_is_silent_holds_nothing_up(session: Session) -> None:
    broken = Broken()
    session.keeper = AnchorKeeper(
        broken, EVERY, session, lambda: session.journal, session.path, "r1", session.told.append
    )
    broken.silent.clear()
    before = time.perf_counter()
    for number in (1, 2, 3):
        session.time += EVERY
        session.journal.append(event(number))
        session.keeper.hear(event(number), past=False)
    assert time.perf_counter() - before < 30, "it says nothing for a minute"
    assert len(session.told) == 1
    assert "it does not answer" in session.told[0]
    broken.silent.set()
    session.end()
    assert [mark.seq for mark in broken.held] == [1, 3]


def test_what_was_there_before_a_session_went_on_is_not_kept_again(session: Session) -> None:
    session.journal.append(event(1))
    session.keeper.hear(event(1), past=True)
    session.keeper._wait()
    assert not list(Path(session.place.place).iterdir())


def test_an_equal_run_that_went_on_for_longer_is_no_witness_against_a_shorter_one(session: Session) -> None:
    session.say(*range(1, 9))
    session.end()
    rewrite(session.path, 3)
    with pytest.raises(JournalFault, match="was cut back"):
        agree(session.path, KEY, session.place, "r1")
    assert agree(session.path, KEY, session.place, "r2").until is None
    session.place.keep(anchored_name(session.path, "r2"), Mark(3, list(read_rows(session.path, KEY))[-1].mac, AT))
    assert agree(session.path, KEY, session.place, "r2").marks == 1
    found = agree(session.path, KEY, session.place, None)  # whose run it is was lost: one of the two is enough
    assert (found.events, found.marks) == (3, 1)
    rewrite(session.path, 2)
    with pytest.raises(JournalFault, match="was cut back"):
        agree(session.path, KEY, session.place, None)
