"""One table knows all kinds, and one reader refuses what it does not know, in one sentence."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from kept_journals import KEY, MODELS, RULES
from older_versions import at, compact, without
from run_support import events
from session_models import rewritten

from agents.llm.attempt import Attempt
from agents.records.events import EVENTS, holds, read_events
from agents.records.folder import JOURNAL
from agents.records.record import CycleRecord
from agents.records.registry import Kind, Registry, Tree
from agents.replay import main as replay
from config.errors import JournalFault
from config.frozen import Journaled
from config.secrets import journal_key
from config.version import version
from evidence.attribution import main as attribution
from execution.account.routing.routed import Routed
from execution.journal.rows import Row
from execution.reports import SentOrder
from ops.story.story import read_story
from risk.order import Order

ROOT = Path(__file__).resolve().parents[3]
Change = Callable[[Tree], Tree]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def changed(target: Path, seq: int, change: Change = lambda tree: tree, kind: str | None = None) -> Path:
    """The kept journal with one event changed by somebody who has the key."""

    def at_its_place(row: Row) -> Row:
        return (
            row._replace(kind=kind or row.kind, payload=compact(change(json.loads(row.payload))))
            if row.seq == seq
            else row
        )

    return rewritten(RULES, target, at_its_place)


def refusal(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The sentence with which each reader refuses a journal."""
    told = []
    for command in (lambda: replay([str(folder), "--quiet"]), lambda: attribution([str(folder)])):
        assert command() == 4
        captured = capsys.readouterr()
        assert captured.out == ""
        told.append(captured.err.strip())
    with pytest.raises(JournalFault) as fault:
        read_story(folder, journal_key())
    assert len({*told, str(fault.value)}) == 1
    assert told[0].count(". ") == 0
    return told[0]


def subclasses(base: type[Journaled]) -> set[type[Journaled]]:
    return {each for direct in base.__subclasses__() for each in (direct, *subclasses(direct))}


def test_every_class_that_can_be_journaled_stands_in_the_table() -> None:
    rooms = ("agents.", "execution.", "risk.", "rl.")
    kinds = {found.event_kind for found in subclasses(Journaled) if found.__module__.startswith(rooms)}
    assert kinds == {kind.event.event_kind for kind in EVENTS.kinds}


def test_nobody_but_the_reader_takes_rows_out_of_a_journal() -> None:
    taking = re.compile(r"\b(read_rows|first_row|last_row|written_kinds)\b")
    rooms = (
        file for room in ("agents", "evidence", "execution", "ops", "notebooks") for file in (ROOT / room).rglob("*.py")
    )
    found = {str(file.relative_to(ROOT)) for file in rooms if taking.search(file.read_text())}
    kinds_alone = {"agents/recorded/resumed.py"}  # where an ending begins: it reads no payload
    numbers_alone = {  # which rows stand in the journal, and with which MAC: they read no payload
        "agents/records/folder.py",
        "execution/journal/anchors/marks.py",
        "execution/journal/moving.py",
        "execution/journal/rescue.py",
        "ops/backups/snapshot.py",
        "ops/commands/operate/journal.py",
        "ops/live/following/tail.py",
    }
    assert found - kinds_alone - numbers_alone == {"agents/records/events.py", "execution/journal/chain.py"}


def test_an_order_is_read_as_one_that_no_venue_takes() -> None:
    sent = [found.event for found in events(RULES) if isinstance(found.event, SentOrder)]
    assert sent
    assert list(SentOrder.model_fields) == list(Order.model_fields)
    assert not any(type(order) is Order for order in sent)


def test_a_kind_stands_in_a_table_once_and_every_older_version_is_carried_up() -> None:
    with pytest.raises(ValueError, match="twice"):
        Registry(Kind(Routed, "once"), Kind(Routed, "again"))
    with pytest.raises(ValueError, match="upcaster"):
        Registry(Kind(Routed, "once", (lambda tree: tree,)))


def test_whether_a_journal_holds_an_event_is_asked_by_its_class() -> None:
    assert holds(MODELS / JOURNAL, Attempt)
    assert not holds(RULES / JOURNAL, Attempt)


def test_an_unknown_kind_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(changed(tmp_path / "run", 3, kind="cicle"), capsys)
    assert said.startswith("Event 3 of journal.db is of the kind 'cicle', which Tribunal")


def test_a_version_to_come_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(changed(tmp_path / "run", 3, kind="cycle@8"), capsys)
    assert said.startswith("Event 3 of journal.db is version 8 of cycle, and Tribunal")
    assert "open it with a later version" in said


@pytest.mark.parametrize("kind", [None, "session_started@9"])
def test_a_journal_of_a_newer_version_is_refused_with_the_version_that_is_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str | None
) -> None:
    said = refusal(changed(tmp_path / "run", 1, lambda tree: tree | {"version": "7.1.0"}, kind), capsys)
    assert said.startswith(f"journal.db was written by Tribunal 7.1.0 and this is {version()}")
    assert said.endswith("open it with Tribunal 7.1.0 or a later one.")


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree | {"version": "0.0.9"},
        lambda tree: tree | {"version": "recorded"},
        lambda tree: without(tree, "format"),
    ],
    ids=["version", "no version", "format"],
)
def test_a_journal_from_before_the_first_version_is_refused(
    change: Change, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "journals from before 0.1.0 are not read" in refusal(changed(tmp_path / "run", 1, change), capsys)


@pytest.mark.parametrize("seq", [2, 3], ids=["warmup", "cycle"])
def test_a_field_too_many_is_refused(seq: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(changed(tmp_path / "run", seq, lambda tree: tree | {"mood": 1}), capsys)
    assert "it has a field too many, mood" in said


def test_a_field_too_many_deep_inside_is_refused_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(changed(tmp_path / "run", 3, lambda tree: at(tree, ("portfolio", "mood"), 1)), capsys)
    assert "it has a field too many, portfolio.mood" in said


def test_a_field_that_is_missing_is_not_filled_with_a_default_of_today(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert CycleRecord.model_fields["exits"].default == ()
    said = refusal(changed(tmp_path / "run", 3, lambda tree: without(tree, "exits")), capsys)
    assert "its field exits is missing" in said


def test_a_value_that_is_spelt_otherwise_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(changed(tmp_path / "run", 3, lambda tree: tree | {"bar": "1"}), capsys)
    assert "its field bar is not spelt as it is written" in said


def test_what_is_no_event_at_all_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = rewritten(RULES, tmp_path / "run", lambda row: row._replace(payload=b"\xff[") if row.seq == 3 else row)
    assert "Event 3 (cycle) of journal.db" in refusal(folder, capsys)


def test_events_are_drawn_one_by_one(tmp_path: Path) -> None:
    folder = changed(tmp_path / "run", 5, kind="cicle")
    drawn = read_events(folder / JOURNAL, journal_key())
    assert [next(drawn).seq for _ in range(4)] == [1, 2, 3, 4]
    with pytest.raises(JournalFault, match="Event 5"):
        next(drawn)
