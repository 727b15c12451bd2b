"""Steps of any kind are told the same way: a line each tenth in a pipe, a bar on a terminal."""

import io

import pytest

from config.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


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


def test_a_pipe_gets_no_second_line_within_a_tenth() -> None:
    stream = io.StringIO()
    with Progress(100, "bars", stream) as progress:
        for _ in range(19):
            progress.advance()
    assert len(stream.getvalue().splitlines()) == 1


def test_what_stands_beside_the_steps_is_worked_out_only_when_it_is_drawn() -> None:
    asked: list[int] = []

    def tell() -> str:
        asked.append(1)
        return "told"

    with Progress(1000, "bars", io.StringIO()) as progress:
        for _ in range(1000):
            progress.advance(1, tell)
    assert len(asked) == 10


def test_a_terminal_sees_the_last_state_and_how_fast_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    stream = Terminal()
    with Progress(3, "parameter sets", stream) as progress:
        progress.advance(3)
    assert "3 of 3 parameter sets" in stream.getvalue()
    assert "parameter sets/s, 0:00 left" in stream.getvalue()


def test_nobody_is_told_anything_without_a_stream(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(3, "bars", None) as progress:
        progress.advance(3)
    assert capsys.readouterr() == ("", "")
