"""Steps of any kind are told the same way: a line each tenth and every ten seconds in a pipe, a bar on a terminal."""

import io
import re
from datetime import UTC, datetime, timedelta
from threading import Event, active_count

import pytest

from config.progress import Progress, width_of

ESCAPE = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Hands:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)


def told(seconds: list[float], stream: io.StringIO, total: int = 1000, after_s: float = 0.0) -> list[str]:
    """The lines of a work of which these steps end after these seconds."""
    clock = Hands()
    with Progress(total, "bars", stream, clock, after_s=after_s) as progress:
        for end in seconds:
            clock.seconds = end
            progress.advance()
    return stream.getvalue().splitlines()


def test_a_pipe_is_told_how_many_steps_of_what_are_done_and_about_which_subject() -> None:
    stream = io.StringIO()
    with Progress(2000, "forecasts", stream) as progress:
        progress.about("BTC/USDT")
        progress.advance(300)
        progress.about("ETH/USDT")
        progress.advance(1700)
    lines = stream.getvalue().splitlines()
    assert [line.rpartition("  ")[0] for line in lines] == [
        " 15%  300 of 2,000 forecasts, BTC/USDT",
        "100%  2,000 of 2,000 forecasts, ETH/USDT",
    ]
    assert all(line.endswith(" s") for line in lines)


def test_a_pipe_gets_no_second_line_within_a_tenth_of_quick_work() -> None:
    assert len(told([0.0] * 19, io.StringIO(), total=100)) == 1


def test_a_pipe_gets_a_line_every_ten_seconds_of_slow_work() -> None:
    lines = told([step / 2 for step in range(1, 66)], io.StringIO())
    assert lines == ["  2%  20 of 1,000 bars  10 s", "  4%  40 of 1,000 bars  20 s", "  6%  60 of 1,000 bars  30 s"]


def test_the_ten_seconds_are_those_since_the_last_line() -> None:
    lines = told([8.0, 12.0, 17.0, 18.0, 27.0, 28.0], io.StringIO(), total=20)
    assert [line.rpartition("  ")[2] for line in lines] == ["12 s", "18 s", "28 s"]


def test_short_work_may_be_left_untold_in_a_pipe() -> None:
    assert told([0.5, 1.0, 1.9], io.StringIO(), total=3, after_s=2.0) == []
    assert told([0.5, 1.0, 2.1], io.StringIO(), total=3, after_s=2.0) == ["100%  3 of 3 bars  2 s"]


class Heard(io.StringIO):
    """A stream that says when it was written to."""

    def __init__(self) -> None:
        super().__init__()
        self.written = Event()

    def flush(self) -> None:
        self.written.set()


def test_a_step_that_takes_long_is_told_of_before_it_ends() -> None:
    stream, clock = Heard(), Hands()
    with Progress(3, "parameter sets", stream, clock, look_s=0.001):
        clock.seconds = 12.0
        assert stream.written.wait(10)
        assert stream.getvalue() == "  0%  0 of 3 parameter sets  12 s\n"


def test_a_bar_is_not_drawn_again_while_a_step_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    before = active_count()
    with Progress(3, "bars", Terminal(), look_s=0.001):
        assert active_count() == before
    with Progress(3, "bars", io.StringIO(), look_s=0.001):
        assert active_count() == before + 1


class Closed(io.StringIO):
    """A stream whose reader has gone."""

    def __init__(self) -> None:
        super().__init__()
        self.tried = Event()

    def write(self, text: str) -> int:
        self.tried.set()
        raise BrokenPipeError(text)


def test_a_stream_that_cannot_be_written_does_not_end_a_long_step() -> None:
    stream, clock = Closed(), Hands()
    with Progress(3, "bars", stream, clock, look_s=0.001):
        clock.seconds = 12.0
        assert stream.tried.wait(10)


def test_what_stands_beside_the_steps_is_worked_out_only_when_it_is_drawn() -> None:
    asked: list[int] = []

    def tell() -> str:
        asked.append(1)
        return "told"

    clock = Hands()
    with Progress(1000, "bars", io.StringIO(), clock) as progress:
        for _ in range(1000):
            clock.seconds += 0.1
            progress.advance(1, tell)
    assert len(asked) == 10


@pytest.mark.parametrize("width", ["40", "60", "80", "140"])
def test_a_terminal_sees_the_percentage_and_the_time_left_however_narrow_it_is(
    width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", width)
    stream, clock = Terminal(), Hands()
    with Progress(8, "parameter sets", stream, clock) as progress:
        progress.about("a subject with a name that is longer than would fit beside all that a narrow terminal shows")
        clock.seconds = 3.0
        progress.advance(2)
        drawn = stream.getvalue()
    line = ESCAPE.sub("", drawn).replace("\r", "\n").splitlines()[-1]
    assert line.lstrip().startswith("25%")
    assert "0:09 left" in line
    assert len(line) <= int(width)


def test_a_terminal_sees_the_last_state_and_how_fast_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    stream = Terminal()
    with Progress(3, "parameter sets", stream) as progress:
        progress.advance(3)
    assert "3 of 3 parameter sets" in stream.getvalue()
    assert "0:00 left" in stream.getvalue()
    assert "parameter sets/s" in stream.getvalue()


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert told([2.5, 13.0], Terminal(), total=2) == [" 50%  1 of 2 bars  2 s", "100%  2 of 2 bars  13 s"]


def test_nobody_is_told_anything_without_a_stream(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(3, "bars", None) as progress:
        progress.advance(3)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("asked", "piped", "shown"),
    [(None, 100, 80), ("80", 80, 80), ("140", 140, 140), ("5", 40, 40), ("100000", 240, 240), ("9" * 5000, 240, 240)]
    + [(odd, 100, 80) for odd in ("", " ", "0", "-1", "abc", "8.5", "\u00b2", "000")],
)
def test_columns_is_heeded_in_a_pipe_and_on_a_terminal_unless_it_is_absurd(
    asked: str | None, piped: int, shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    if asked is not None:
        monkeypatch.setenv("COLUMNS", asked)
        monkeypatch.setenv("LINES", asked)
    assert told([1.0], Terminal(), total=1)
    assert (width_of(io.StringIO()), width_of(Terminal())) == (piped, shown)
