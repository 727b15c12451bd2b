"""`--watch`: the debate stands on stderr as it is said; it decides nothing, and its troubles are its own."""

import io
import re
import threading
import time
from pathlib import Path

import pytest
from kept_journals import KEY as JOURNAL_KEY
from model_server import KEY, ModelServer
from run_support import events, run, said
from session_models import arguments

from agents.records.record import CycleRecord, Session
from agents.run import main
from ops.terminal.watching import Watch

ROLES = ("ANALYST", "RISK AGENT", "DEVIL'S ADVOCATE", "SUPERVISOR")


@pytest.fixture(autouse=True)
def _width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def watched(out: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The lines on stderr of a watched run."""
    assert run(out, "--watch", *arguments) == 0
    return capsys.readouterr().err.splitlines()


@pytest.mark.slow
def test_each_case_is_opened_argued_ruled_and_judged_in_this_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = watched(tmp_path / "run", capsys, "--days", "4")
    hearings = [each for record in said(events(tmp_path / "run"), CycleRecord) for each in record.hearings]
    assert len(hearings) > 2
    assert max(map(len, lines)) <= 80
    for hearing in hearings[:3]:
        symbol, at = hearing.case.symbol, f"{hearing.case.as_of_utc:%Y-%m-%d %H:%M}"
        start = lines.index(f"{symbol} before the court at {at} UTC")
        spoken = [
            next(n for n, line in enumerate(lines[start:]) if line.startswith(f"{symbol} {role} ")) for role in ROLES
        ]
        ruled = next(
            n for n, line in enumerate(lines[start:]) if line.startswith(f"{symbol} RULING  {hearing.ruling.outcome}")
        )
        gate = next(n for n, line in enumerate(lines[start:]) if n > ruled and line.startswith("GATE  "))
        assert max(spoken[:2]) < spoken[2] < spoken[3] < ruled < gate


@pytest.mark.slow
def test_a_review_is_watched_as_a_review_and_not_as_a_proposal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ("--profile", "paper", "--quiet", "--days", "12", "--set", "court.review_every=24")
    assert main([*settings, "--out", str(tmp_path / "run"), "--watch"]) == 0
    text = capsys.readouterr().err
    reviews = [each for record in said(events(tmp_path / "run"), CycleRecord) for each in record.reviews]
    hearings = [each for record in said(events(tmp_path / "run"), CycleRecord) for each in record.hearings]
    assert reviews
    assert text.count("\nREVIEW  of a position that is held, because ") == len(reviews)
    assert text.count("\nPROPOSED  buy") == len(hearings)
    assert text.count("\nPOSITION  kept: ") == sum(not each.sold for each in reviews)


@pytest.mark.slow
def test_a_watched_run_has_the_journal_of_one_that_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "one", "--days", "4") == 0
    quiet = capsys.readouterr()
    assert "RULING" not in quiet.err
    watched(tmp_path / "two", capsys, "--days", "4")
    one, two = ([each.payload for each in events(tmp_path / name)] for name in ("one", "two"))
    assert one[2:] == two[2:]


@pytest.mark.slow
def test_models_are_watched_with_what_they_have_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with ModelServer() as server:
        lines = watched(tmp_path / "run", capsys, *arguments(server, days="3"))
    costs = [line for line in lines if line.startswith("COST  ")]
    assert costs
    assert all(re.fullmatch(r"COST  [\d,]+ calls and 0\.\d+ USD so far, of 2 USD a day", line) for line in costs)
    assert any(line.startswith("  spoken by anthropic/") for line in lines)


class Gone(io.StringIO):
    """A terminal that was closed and can be written again later."""

    closed_now = True

    def write(self, text: str) -> int:
        if self.closed_now:
            self.closed_now = False
            raise BrokenPipeError("gone")
        return super().write(text)


class Slow(io.StringIO):
    """A terminal that takes nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()

    def write(self, text: str) -> int:
        self.open.wait(20)
        return super().write(text)


def a_watch(stream: io.StringIO, session: Session) -> Watch:
    return Watch(session.settings, "USDT", stream, lambda say: say(None), lambda: False)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, list[CycleRecord]]:
    folder = tmp_path_factory.mktemp("heard")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_JOURNAL_KEY", JOURNAL_KEY)
    assert run(folder / "run", "--days", "4") == 0
    found = events(folder / "run")
    patch.undo()
    return said(found, Session)[0], [record for record in said(found, CycleRecord) if record.hearings]


@pytest.mark.slow
def test_a_terminal_that_was_closed_ends_the_watching_and_nothing_else(
    heard: tuple[Session, list[CycleRecord]],
) -> None:
    session, records = heard
    stream = Gone()
    with a_watch(stream, session) as watch:
        for record in records * 50:
            watch.hear(record, past=False)
    assert stream.getvalue() == "The debate is not shown any more (BrokenPipeError); the session goes on.\n"


@pytest.mark.slow
def test_a_terminal_that_takes_nothing_delays_nothing_and_is_told_what_it_missed(
    heard: tuple[Session, list[CycleRecord]],
) -> None:
    session, records = heard
    stream = Slow()
    with a_watch(stream, session) as watch:
        began = time.monotonic()
        for record in (records * 600)[:600]:
            watch.hear(record, past=False)
        assert time.monotonic() - began < 2.0
        stream.open.set()
    text = stream.getvalue()
    assert "RULING" in text
    assert "of the debate not shown: it is faster than this terminal" in text


def test_what_a_resumed_run_repeats_is_not_shown_again(heard: tuple[Session, list[CycleRecord]]) -> None:
    session, records = heard
    stream = io.StringIO()
    past = True
    case = records[0].hearings[0].case
    word = records[0].hearings[0].analyst
    with Watch(session.settings, "USDT", stream, lambda say: say(None), lambda: past) as watch:
        watch.overheard(case, "analyst", word, ())
        watch.hear(records[0], past=True)
        past = False
        watch.overheard(case, "analyst", word, ())
    assert stream.getvalue().count("ANALYST") == 1
    assert "RULING" not in stream.getvalue()


@pytest.mark.slow
def test_no_watch_is_shown_where_it_is_not_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "run", "--days", "3", "--no-watch") == 0
    assert "before the court" not in capsys.readouterr().err
