"""The form of every version of every event is frozen, and the page of the journal is written out of the code."""

import json
from pathlib import Path
from typing import Any

import pytest
from kept_journals import JOURNALS

from agents.records.events import EVENTS
from agents.records.page import journal_page
from agents.records.record import CycleRecord
from agents.records.wire import forms_of, frozen_forms, main, wire_form
from config.frozen import Journaled
from config.version import version, version_order
from execution.reports import SentOrder
from risk.order import Order

WIRE = JOURNALS / "wire.json"
PAGE = Path(__file__).resolve().parents[3] / "docs" / "journal.md"


def differences(frozen: Any, now: Any, place: str = "") -> list[str]:
    """Where two forms part, in words."""
    if isinstance(frozen, dict) and isinstance(now, dict):
        gone = [f"{place}.{name} is gone" for name in frozen if name not in now]
        new = [f"{place}.{name} is new" for name in now if name not in frozen]
        both = [
            line for name in frozen if name in now for line in differences(frozen[name], now[name], f"{place}.{name}")
        ]
        moved = (
            [f"the fields of {place} stand in another order"] if not gone + new and list(frozen) != list(now) else []
        )
        return gone + new + both + moved
    return [] if frozen == now else [f"{place} was {frozen} and is {now}"]


@pytest.mark.parametrize("kind", EVENTS.kinds, ids=lambda kind: kind.event.event_kind)
def test_the_form_of_an_event_does_not_change_without_a_new_version(kind: Any) -> None:
    name = kind.event.written_kind()
    frozen = frozen_forms(json.loads(WIRE.read_text()))
    assert name in frozen, f"freeze the form of {name}: python -m agents.records.wire tests/journals/wire.json"
    found = differences(frozen[name], wire_form(kind.event), name)
    assert found == [], (
        f"The form of {name} has changed: {'; '.join(found)}. Journals of before would not be read any more. "
        f"Raise event_version of {kind.event.__name__}, and carry version {kind.event.event_version} up in events.py."
    )


def test_no_version_is_forgotten_and_none_is_made_up() -> None:
    kept = frozen_forms(json.loads(WIRE.read_text()))
    assert set(kept) == {spelling for kind in EVENTS.kinds for spelling in kind.written}


def test_the_version_of_tribunal_rises_with_each_version_of_an_event() -> None:
    history = json.loads(WIRE.read_text())
    first = {kind: version_order(wrote) or () for wrote, forms in history.items() for kind, form in forms.items()}
    assert max(first.values()) <= (version_order(version()) or ())
    for kind in EVENTS.kinds:
        since = [first[spelling] for spelling in kind.written]
        assert since == sorted(set(since)), f"raise the version in pyproject.toml: {kind.event.event_kind} has changed"


def test_what_is_read_of_an_order_has_the_form_of_what_is_written() -> None:
    assert wire_form(SentOrder) == wire_form(Order)


class Old(Journaled):
    event_kind = "thing"

    name: str
    size: int


class New(Journaled):
    event_kind = "thing"

    name: str | None
    size: int


def test_a_changed_form_is_told_field_by_field() -> None:
    assert differences(wire_form(Old), wire_form(New), "thing") == ["thing.name was string and is string | null"]
    assert differences({"a": "x", "b": "y"}, {"b": "y", "c": "z"}, "e") == ["e.a is gone", "e.c is new"]
    assert differences({"a": "x", "b": "y"}, {"b": "y", "a": "x"}, "e") == ["the fields of e stand in another order"]


@pytest.mark.slow
def test_a_form_that_stands_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wire.json"
    assert main([str(file)]) == 0
    assert json.loads(file.read_text()) == {version(): forms_of(EVENTS)}
    file.write_text(json.dumps({"0.1.0": forms_of(EVENTS) | {"routed": {"bar": "integer"}}}))
    before = file.read_text()
    assert main([str(file)]) == 1
    assert "The form of routed has changed" in capsys.readouterr().err
    assert file.read_text() == before


def test_a_form_that_is_new_is_added_under_the_version_that_writes_it(tmp_path: Path) -> None:
    file, old = tmp_path / "wire.json", forms_of(EVENTS)
    added = old.pop("routed")
    file.write_text(json.dumps({"0.1.0": old}))
    assert main([str(file)]) == 0
    assert json.loads(file.read_text()) == {"0.1.0": old, version(): {"routed": added}}


def test_a_form_says_what_may_be_left_out_and_what_is_exact() -> None:
    form = wire_form(CycleRecord)
    assert "detail?" in form["tape"]
    assert form["portfolio"]["cash"] == "decimal"
    assert form["exposure"]["drawdown"] == "number"


@pytest.mark.slow
def test_the_page_of_the_journal_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == journal_page(), (
        "write it again: python -m agents.records.page > docs/journal.md"
    )


@pytest.mark.slow
def test_the_page_tells_of_every_kind() -> None:
    page = journal_page()
    assert [kind.event.event_kind for kind in EVENTS.kinds if f"### Event {kind.event.event_kind}\n" not in page] == []
