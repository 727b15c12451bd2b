"""The progress of a live session: a line for each new bar in a pipe, one line on a terminal, and the time to the next close."""

import io
from datetime import timedelta

import pytest
from kept_journals import KEY, RULES
from run_support import events, said

from agents.records.record import CycleRecord
from ops.terminal.progress import FeedProgress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> list[CycleRecord]:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    return said(events(RULES), CycleRecord)[:4]


def told(stream: io.StringIO | None, records: list[CycleRecord], left: timedelta | None, past: int = 0) -> None:
    with FeedProgress(stream, lambda: left) as progress:
        for number, record in enumerate(records):
            progress.hear(record, past=number < past)


def test_a_pipe_gets_a_line_for_each_bar_and_none_for_those_that_a_resumed_run_repeats(
    records: list[CycleRecord],
) -> None:
    stream = io.StringIO()
    told(stream, records, timedelta(hours=1, minutes=2, seconds=3.4), past=2)
    lines = stream.getvalue().splitlines()
    assert [line.split("  ")[0] for line in lines] == ["bar 3", "bar 4"]
    assert all(line.endswith("; next close in 1:02:03") for line in lines)
    assert "equity 10," in lines[0] or "equity 9," in lines[0]


def test_a_close_that_is_overdue_is_not_in_the_past_and_a_feed_that_is_not_open_yet_has_none(
    records: list[CycleRecord],
) -> None:
    stream = io.StringIO()
    told(stream, records[:1], timedelta(seconds=-9))
    assert stream.getvalue().endswith("; next close in 0:00:00\n")
    stream = io.StringIO()
    told(stream, records[:1], None)
    assert "next close" not in stream.getvalue()


def test_a_terminal_keeps_one_line_and_leaves_none_behind(
    records: list[CycleRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    with FeedProgress(stream, lambda: timedelta(minutes=1)) as progress:
        progress.hear(records[0], past=False)
        progress._draw(progress.text())
    drawn = stream.getvalue().split("\r\x1b[2K")
    assert drawn[-1] == ""
    assert "\n" not in stream.getvalue()
    assert max(map(len, drawn)) == 59


def test_nothing_is_written_when_nothing_is_wanted(
    records: list[CycleRecord], capsys: pytest.CaptureFixture[str]
) -> None:
    told(None, records, timedelta(minutes=1))
    assert capsys.readouterr() == ("", "")


def test_what_is_printed_above_the_line_takes_its_place_and_the_line_follows_below(records: list[CycleRecord]) -> None:
    stream = Terminal()
    with FeedProgress(stream, lambda: timedelta(minutes=1)) as progress:
        progress.hear(records[0], past=False)
        progress._draw(progress.text())
        progress.above(lambda bar: print("a ruling" if bar is None else "a bar", file=stream))
        progress._draw(progress.text())
    before, after = stream.getvalue().split("a ruling\n")
    assert before.endswith("\r\x1b[2K"), "the line is wiped first"
    assert after.startswith("\r\x1b[2Kbar 1 ")
