"""Whole runs with figures beside the bars: journaled when they became known, replayed, resumed, and never known too early."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from broken_off import killed
from funded import funding_file
from run_support import events, payloads, run, said, write_bars

from agents.records.record import CycleRecord
from agents.replay import main as replay
from market.context.catalogue import FIGURES

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
WINDOW = ["--start", "2024-01-09", "--end", "2024-01-14"]


def macro(folder: Path, last: float = 15.0) -> Path:
    """The VIX of a fortnight, whose values count from the moment at which they were first seen."""
    rows = []
    for n in range(12):
        day = FIRST + timedelta(days=n)
        rows.append(f"vix,,{day:%Y-%m-%dT%H:%MZ},{day + timedelta(hours=9, minutes=30):%Y-%m-%dT%H:%MZ},{14 + n / 10}")
    day = FIRST + timedelta(days=11)
    rows.append(f"vix,,{day:%Y-%m-%dT%H:%MZ},2024-01-12T15:00Z,{last}")
    path = folder / "macro.csv"
    path.write_text("\n".join(["name,symbol,at_utc,first_seen,value", *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("bars")
    return ["--data", *map(str, write_bars(folder, ("BTC/USDT", "ETH/USDT"))), "--quiet", *WINDOW]


@pytest.mark.long
def test_a_run_with_figures_journals_them_when_they_are_known_and_replays_and_goes_on_after_a_kill(
    bars: list[str], tmp_path: Path
) -> None:
    times = [FIRST + timedelta(hours=8 * number) for number in range(60)]
    rates = funding_file(tmp_path, times, [0.0001 * (number % 3) for number in range(60)])
    asked = [*bars, "--funding", str(rates), "--facts", str(macro(tmp_path)), "--set", "court.call=every_bar"]
    whole = tmp_path / "run"
    assert run(whole, *asked) == 0
    records = said(events(whole), CycleRecord)
    _check_facts(records)
    _check_cases(records)
    assert replay([str(whole), "--quiet"]) == 0
    assert "Market context: " in (whole / "report.html").read_text()
    assert json.loads((whole / "request.json").read_text())["world"]["bars"]["facts"][0].endswith("macro.csv")
    broken = killed(whole, tmp_path / "broken", 60)
    assert run(broken, "--resume", str(broken), "--quiet") == 0
    assert payloads(broken, CycleRecord) == payloads(whole, CycleRecord)


def _check_facts(records: list[CycleRecord]) -> None:
    """Each fact is in the first slice that closes when it is known; the first one holds a week of rates."""
    found = [(record, fact) for record in records for fact in record.tape.facts]
    assert {fact.name for _, fact in found} == {"vix", "funding_rate"}
    for record, fact in found:
        assert fact.known_utc <= record.as_of_utc
        if record is not records[0]:
            assert fact.known_utc > record.as_of_utc - timedelta(hours=1)
    assert len([fact for fact in records[0].tape.facts if fact.name == "funding_rate"]) == 21


def _check_cases(records: list[CycleRecord]) -> None:
    """Each case has every figure or says why not, and none of them too early."""
    cases = [hearing.case for record in records for hearing in record.hearings]
    assert cases
    for case in cases:
        assert case.context is not None
        assert case.context.as_of_utc == case.as_of_utc
        assert {*case.context.values, *case.context.missing} == {figure.name for figure in FIGURES}
        seen = min((case.as_of_utc - FIRST - timedelta(hours=9.5)) // timedelta(days=1), 11)
        late = case.as_of_utc >= datetime(2024, 1, 12, 15, tzinfo=UTC)
        assert case.context.get("vix") == (15.0 if late else pytest.approx(14 + seen / 10))
        assert ("funding_rate" in case.context.values) is (case.symbol == "BTC/USDT")
        assert "beta_btc" in case.context.values
        assert "risk_on" in case.context.missing


@pytest.mark.slow
def test_what_became_known_later_changes_no_earlier_record(bars: list[str], tmp_path: Path) -> None:
    made = []
    for name, last in (("one", 15.0), ("other", 40.0)):
        (tmp_path / name).mkdir()
        facts = ["--facts", str(macro(tmp_path / name, last)), "--set", "court.call=every_bar"]
        assert run(tmp_path / name / "run", *bars, *facts) == 0
        made.append(payloads(tmp_path / name / "run", CycleRecord))
    records = said(events(tmp_path / "one" / "run"), CycleRecord)
    before = sum(record.as_of_utc < datetime(2024, 1, 12, 15, tzinfo=UTC) for record in records)
    assert made[0][:before] == made[1][:before]
    assert made[0][before] != made[1][before]


@pytest.mark.slow
def test_a_profile_that_asks_for_none_journals_none(bars: list[str], tmp_path: Path) -> None:
    rates = funding_file(tmp_path, [FIRST + timedelta(hours=8 * n) for n in range(60)], [0.0001] * 60)
    asked = [*bars, "--funding", str(rates), "--set", "market.context=none", "court.call=every_bar"]
    assert run(tmp_path / "run", *asked) == 0
    assert not any(b'"context":{' in raw or b'"facts":' in raw for raw in payloads(tmp_path / "run", CycleRecord))


def test_figures_need_recorded_bars_and_a_file_without_any_stops_the_start(
    bars: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "run", "--facts", "x.csv") == 2
    assert "--facts needs recorded bars" in " ".join(capsys.readouterr().err.split())
    unread = ["--facts", str(macro(tmp_path)), "--set", "market.context=none"]
    assert run(tmp_path / "run", *bars, *unread) == 2
    assert "says that no case reads any" in " ".join(capsys.readouterr().err.split())
    (tmp_path / "late.csv").write_text("date,vix\n2025-01-01,15\n2025-01-02,16\n")
    assert run(tmp_path / "run", *bars, "--facts", str(tmp_path / "late.csv")) == 3
    assert "holds no figure that was known" in " ".join(capsys.readouterr().err.split())
