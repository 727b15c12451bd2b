"""Steps of any kind are told the same way: a line every ten seconds in a pipe, a bar on a terminal."""

import io
import re
from datetime import UTC, datetime, timedelta

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


def told(seconds: list[float], stream: io.StringIO, what: str = "bars") -> list[str]:
    """The lines of a work whose steps end after these seconds."""
    clock = Hands()
    with Progress(len(seconds), what, stream, clock) as progress:
        for end in seconds:
            clock.seconds = end
            progress.advance()
    return stream.getvalue().splitlines()


def test_a_pipe_is_told_how_many_steps_of_what_are_done_and_about_which_subject() -> None:
    stream, clock = io.StringIO(), Hands()
    with Progress(2000, "forecasts", stream, clock) as progress:
        for subject, steps in (("BTC/USDT", 300), ("ETH/USDT", 1700)):
            progress.about(subject)
            clock.seconds += 12.5
            progress.advance(steps)
    assert stream.getvalue().splitlines() == [
        " 15%  300 of 2,000 forecasts, BTC/USDT  12 s",
        "100%  2,000 of 2,000 forecasts, ETH/USDT  25 s",
    ]


def test_a_pipe_gets_a_line_after_two_seconds_then_one_every_ten_and_one_at_the_end() -> None:
    lines = told([step / 2 for step in range(1, 66)], io.StringIO())
    assert [line.rpartition("  ")[2] for line in lines] == ["2 s", "12 s", "22 s", "32 s", "32 s"]
    assert lines[-1].startswith("100%  65 of 65 bars")


def test_work_of_less_than_two_seconds_is_not_told_of_in_a_pipe() -> None:
    assert told([0.5, 1.0, 1.9], io.StringIO()) == []


def test_the_last_line_is_not_written_twice() -> None:
    assert told([12.0], io.StringIO()) == ["100%  1 of 1 bars  12 s"]


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
    assert len(asked) == 11


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
    assert told([2.5, 13.0], Terminal()) == [" 50%  1 of 2 bars  2 s", "100%  2 of 2 bars  13 s"]


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
    if asked is not None:
        monkeypatch.setenv("COLUMNS", asked)
    assert (width_of(io.StringIO()), width_of(Terminal())) == (piped, shown)
