"""What a run has taught enters a later one only through a file, and only if it knew it then."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kept_journals import KEY, RULES
from run_support import voters

from agents.court.record import NOTHING_LEARNT, ArgumentRecord, Arguments, Learnt
from agents.records.known import RecordFile, read_known, record_of_runs
from agents.records.reading import open_run
from agents.records.record import SessionEnd
from agents.run import main as run
from config.errors import UsageFault
from config.secrets import journal_key
from evidence.calibrate import main as calibrate
from risk.record import VotersRecord

END = datetime(2024, 1, 20, tzinfo=UTC)
ONE = Learnt(
    voters={"one": VotersRecord(cases=3, wins=1, gain=1.4, loss=2.2, squares=4.4)},
    arguments={"one": Arguments(analyst=ArgumentRecord(cases=1, said=0.7, said_squares=0.49))},
)
FEW = [
    *voters(),
    "--set",
    "market.scenario=weather",
    "market.history_days=0",
    "market.warmup_bars=200",
    "limits.min_conviction=0",
]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def written(path: Path, until: datetime = END) -> Path:
    path.write_text(RecordFile(runs=("a",), known_until_utc=until, learnt=ONE).model_dump_json())
    return path


def traded(folder: Path, *more: str) -> Path:
    assert run(["--days", "12", "--symbols", "BTC/USDT", "--quiet", "--out", str(folder), *FEW, *more]) == 0
    return folder


def test_a_record_of_the_future_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "record.json")
    assert read_known(path, END).learnt == ONE
    with pytest.raises(UsageFault, match="would know its future"):
        read_known(path, END - timedelta(seconds=1))


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 2}'])
def test_a_file_of_another_kind_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(UsageFault, match="is not a file that `tribunal calibrate RUN --record FILE` wrote"):
        read_known(tmp_path / "record.json", END)
    with pytest.raises(UsageFault, match="cannot be read"):
        read_known(tmp_path / "none.json", END)


def test_a_run_that_kept_no_record_is_refused() -> None:
    with pytest.raises(UsageFault, match="kept no record of its voters"):
        record_of_runs([RULES], journal_key())


def test_what_two_runs_have_taught_adds_up() -> None:
    both = ONE + ONE + NOTHING_LEARNT + Learnt(voters={"two": VotersRecord(cases=1)})
    assert (both.voters["one"].cases, both.voters["two"].cases) == (6, 1)
    assert both.arguments["one"].analyst.said == pytest.approx(1.4)


@pytest.mark.slow
def test_a_run_begins_with_the_file_names_it_in_its_first_event_and_ends_with_its_own_cases_alone(
    tmp_path: Path,
) -> None:
    first = traded(tmp_path / "first")
    path = tmp_path / "record.json"
    assert calibrate([str(first), "--record", str(path)]) == 0
    known = RecordFile.model_validate_json(path.read_bytes())
    assert sum(record.cases for record in known.learnt.voters.values()) > 0
    moved = known.model_copy(update={"known_until_utc": datetime(2023, 12, 1, tzinfo=UTC)})
    path.write_text(moved.model_dump_json())
    second = traded(tmp_path / "second", "--record", str(path))
    session, _, events = open_run(second, journal_key())
    recorded = [found.event for found in events]
    assert session.record is not None
    assert session.record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert session.record.learnt == known.learnt
    end = next(event for event in recorded if isinstance(event, SessionEnd))
    assert end.learnt == known.learnt  # the same bars and votes have the same outcomes: own cases, not the file's too
    hearings = [heard for event in recorded for heard in getattr(event, "hearings", ())]
    assert json.loads(hearings[0].case.record.voters.model_dump_json())["cases"] > 0
