"""What an older version wrote is carried up to today's form, by values that the upcaster states, and compared by its values."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from kept_journals import KEY, RULES
from older_versions import at, compact, knowing, lacking
from session_models import rewritten

from agents.records.events import EVENTS, read_events
from agents.records.folder import JOURNAL
from agents.records.reading import open_run
from agents.records.record import CycleRecord, Session
from agents.records.registry import Registry, Tree
from agents.replay import parser
from config.errors import JournalFault
from config.secrets import journal_key
from config.sections.venue import VenueSettings
from execution.journal.rows import Row
from ops.commands.trade.replay import replay_command

UP = next(kind.upcasters for kind in EVENTS.kinds if kind.event is Session)
"""The upcasters of a session that there are."""

LATENCY = ("settings", "venue", "latency_ms")
DOUBTFUL = ("tape", "doubtful")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def replayed(folder: Path, registry: Registry, *options: str) -> int:
    return replay_command(parser().parse_args([str(folder), "--quiet", *options]), registry)


def adding(*path: str, value: object) -> Callable[[Tree], Tree]:
    return lambda tree: at(tree, path, value)


@pytest.fixture
def later_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Today's session is one version later, and the versions before had no latency."""
    monkeypatch.setattr(Session, "event_version", Session.event_version + 1)


@pytest.fixture
def cycle_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Today's cycle is version 2, and version 1 had no doubtful bars."""
    monkeypatch.setattr(CycleRecord, "event_version", 2)


@pytest.mark.usefixtures("later_session")
@pytest.mark.parametrize("stated", [0.0, 250.0])
def test_a_setting_that_came_later_has_the_value_that_the_older_version_implied_and_not_todays_default(
    stated: float, tmp_path: Path
) -> None:
    assert VenueSettings.model_fields["latency_ms"].default == 0.0
    folder = lacking(tmp_path / "older", "session_started", *LATENCY)
    session, _, _ = open_run(folder, journal_key(), knowing(Session, *UP, adding(*LATENCY, value=stated)))
    assert session.settings.venue.latency_ms == stated


@pytest.mark.usefixtures("later_session")
def test_an_upcaster_that_leaves_a_value_to_todays_default_is_refused(tmp_path: Path) -> None:
    folder = lacking(tmp_path / "older", "session_started", *LATENCY)
    with pytest.raises(JournalFault, match=r"its field settings\.venue\.latency_ms is missing"):
        open_run(folder, journal_key(), knowing(Session, *UP, lambda tree: tree))


@pytest.mark.usefixtures("later_session")
def test_a_run_whose_settings_were_carried_up_replays_to_the_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lacking(tmp_path / "older", "session_started", *LATENCY)
    assert replayed(folder, knowing(Session, *UP, adding(*LATENCY, value=0.0))) == 0
    assert "identical" in capsys.readouterr().out


@pytest.mark.usefixtures("cycle_2")
def test_events_of_an_older_version_are_compared_by_value_and_the_replay_says_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, registry = (
        lacking(tmp_path / "older", "cycle", *DOUBTFUL),
        knowing(CycleRecord, adding(*DOUBTFUL, value={})),
    )
    assert replayed(folder, registry) == 0
    assert "of which every value is the same (96 of cycle version 1" in capsys.readouterr().out
    assert replayed(folder, registry, "--json") == 0
    assert json.loads(capsys.readouterr().out)["by_value"]["cycle"] == 96


@pytest.mark.usefixtures("cycle_2")
def test_a_value_that_comes_out_otherwise_than_it_was_carried_up_is_a_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lacking(tmp_path / "older", "cycle", *DOUBTFUL)
    wrong = knowing(CycleRecord, lambda tree: at(tree, DOUBTFUL, {}) | {"data_hash": "0" * 64})
    assert replayed(folder, wrong) == 1
    assert '- "data_hash": "0000' in capsys.readouterr().out.replace("-  ", "- ")


@pytest.mark.usefixtures("cycle_2")
def test_what_a_changed_rule_says_is_named_and_the_rest_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A version in which the rules of the gate had other notes."""

    def older(row: Row) -> Row:
        tree = json.loads(row.payload)
        for hearing in tree.get("hearings", ()):
            for rule in hearing["verdict"]["rules"]:
                rule["note"] = "as it was said then"
        return row._replace(payload=compact(tree))

    folder = rewritten(RULES, tmp_path / "older", older)
    changed = {1: ("hearings.verdict.rules.note",)}
    assert replayed(folder, knowing(CycleRecord, dict, changed=changed)) == 0
    assert (
        "Of cycle version 1 not compared, since a rule has changed: hearings.verdict.rules.note.\n"
        in capsys.readouterr().out
    )
    assert replayed(folder, knowing(CycleRecord, dict, changed={1: ("hearings.verdict.notional",)})) == 1
    assert replayed(folder, knowing(CycleRecord, dict, changed=changed), "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["left_out"] == {"cycle": list(changed[1])}


@pytest.mark.usefixtures("cycle_2")
def test_an_upcaster_that_does_not_know_what_it_is_given_refuses_in_words(tmp_path: Path) -> None:
    folder = lacking(tmp_path / "older", "cycle", *DOUBTFUL)
    with pytest.raises(JournalFault, match=r"Event 3 \(cycle\) of journal.db"):
        list(read_events(folder / JOURNAL, journal_key(), knowing(CycleRecord, lambda tree: at(tree, ("a", "b"), 1))))


def test_versions_are_carried_up_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CycleRecord, "event_version", 3)
    folder = lacking(tmp_path / "older", "cycle", *DOUBTFUL)

    def second(tree: Tree) -> Tree:
        assert tree["tape"]["doubtful"] == {}
        return tree | {"exits": [{"decision_id": "d", "symbol": "s", "why": "w"}]}

    registry = knowing(CycleRecord, adding(*DOUBTFUL, value={}), second)
    found = list(read_events(folder / JOURNAL, journal_key(), registry))
    cycles = [each for each in found if isinstance(each.event, CycleRecord)]
    assert all(each.is_older and each.event.exits[0].why == "w" for each in cycles)
    assert all(each.is_older == (each.event.event_version > 1) for each in found)
