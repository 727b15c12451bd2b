"""Journals that earlier versions wrote are read, replayed and judged by this one."""

import json
from decimal import ROUND_HALF_UP, localcontext
from pathlib import Path

import pytest
from kept_journals import JOURNALS, KEY, MODELS, RULES, RUNS
from run_support import events

from agents.records.events import EVENTS
from agents.records.reading import open_run
from agents.replay import main as replay
from config.secrets import journal_key
from config.version import version
from evidence.attribution import main as attribution
from evidence.calibrate import main as calibrate
from ops.conclusion.finish import leave

each = pytest.mark.parametrize("kept", RUNS, ids=lambda folder: folder.name)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def test_they_are_those_that_the_readme_tells_of() -> None:
    assert {RULES, MODELS} <= set(RUNS)
    text = (JOURNALS / "README.md").read_text()
    assert [folder.name for folder in RUNS if f"`{folder.name}`" not in text] == []


@pytest.mark.slow
def test_together_they_hold_every_kind_and_each_version_that_is_carried_up() -> None:
    found = [recorded for folder in RUNS for recorded in events(folder)]
    history = json.loads((JOURNALS / "wire.json").read_text(encoding="utf-8"))
    earlier = {spelling for wrote, forms in history.items() if wrote != version() for spelling in forms}
    assert {recorded.event.event_kind for recorded in found} == {spelling.partition("@")[0] for spelling in earlier}
    written = {recorded.row.kind for recorded in found}
    assert {spelling for kind in EVENTS.kinds for spelling in kind.written[:-1]} <= written


@pytest.mark.slow
@each
def test_every_decision_is_recomputed(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay([str(kept), "--quiet"]) == 0
    assert "identical" in capsys.readouterr().out


def test_a_library_that_changes_the_rounding_of_decimals_changes_no_digit() -> None:
    with localcontext() as context:
        context.rounding = ROUND_HALF_UP  # as ccxt does for its whole thread
        assert replay([str(JOURNALS / "exchange-0.5.0"), "--quiet"]) == 0


@pytest.mark.slow
@each
def test_other_limits_are_asked(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limits = tmp_path / "limits.yaml"
    limits.write_text("max_position_fraction: 0.0001\n")
    assert replay([str(kept), "--limits", str(limits), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["changed"]


@each
def test_summary_and_report_are_made_of_them(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes((kept / "journal.db").read_bytes())
    story, summary = leave(tmp_path, journal_key())
    assert summary.bars == len(story.columns.close_ms)
    assert open_run(kept, journal_key())[0].bars in (summary.bars, None), "a live feed has no last bar"
    assert story.end is not None
    assert story.ledger.realised == story.end.realised
    assert "report" in (tmp_path / "report.html").read_text()[:5000].lower()


@each
def test_convictions_are_calibrated_on_them(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert calibrate([str(kept), "--out", str(tmp_path / "maps.json")]) == 0
    assert "voters" in json.loads((tmp_path / "maps.json").read_text())["speakers"]


@each
def test_roles_are_attributed_on_them(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert attribution([str(kept)]) == 0
    assert "advocate" in capsys.readouterr().out
