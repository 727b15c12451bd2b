"""Progress is a line each tenth in a pipe, a live line on a terminal, and silence on request."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ops.terminal.progress import SessionProgress

START = datetime(2024, 1, 1, tzinfo=UTC)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def _run(total: int, bars: int, stream: io.StringIO | None) -> None:
    with SessionProgress(total, stream) as progress:
        for bar in range(bars):
            progress.update(START + bar * timedelta(hours=1), Decimal("10023.4"), 2, "BTC/USDT approved")


@pytest.mark.parametrize(("total", "lines"), [(1, 1), (7, 7), (10, 10), (95, 10), (720, 10)])
def test_a_pipe_gets_a_line_each_tenth_and_ends_at_a_hundred(total: int, lines: int) -> None:
    stream = io.StringIO()
    _run(total, total, stream)
    written = stream.getvalue().splitlines()
    assert len(written) == lines
    assert written[-1].startswith("100%")
    assert "equity 10,023.40, 2 open, last ruling BTC/USDT approved" in written[0]


def test_a_session_that_stops_early_does_not_claim_the_rest() -> None:
    stream = io.StringIO()
    _run(100, 25, stream)
    assert [line[:4] for line in stream.getvalue().splitlines()] == [" 10%", " 20%"]


def test_nothing_is_written_when_nothing_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    _run(10, 10, None)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_live_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    stream = Terminal()
    _run(50, 50, stream)
    assert "equity 10,023.40" in stream.getvalue()
    assert "100%" in stream.getvalue()
    assert "bars/s" in stream.getvalue()


def test_what_is_printed_meanwhile_stays_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    with SessionProgress(10, Terminal()) as progress:
        progress.update(START, Decimal(1), 0, None)
        print("a result")
    assert capsys.readouterr().out == "a result\n"


def test_an_empty_session_shows_nothing_and_does_not_fail() -> None:
    stream = io.StringIO()
    _run(0, 0, stream)
    assert stream.getvalue() == ""
