"""The table of what was taken: eighty columns, every throttle, one sentence that names the largest."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evidence.rulings.taken import ALL, Side, Taken, TakenReport
from evidence.statistics.totals import Interval
from ops.report.page import render_report
from ops.story.story import read_story
from ops.story.summary import summarise
from ops.story.voters import whole
from ops.tables.voters.taken import taken_grid, taken_key, taken_part, taken_sentence

Maker = Callable[..., Path]


def side(cases: int, won: float | None = 0.5, mean: float = -12.5) -> Side:
    if won is None:
        return Side(cases=cases, settled=0, won=None, mean_bps=None)
    share = Interval(value=won, low=max(0.0, won - 0.1), high=min(1.0, won + 0.1))
    return Side(cases=cases, settled=cases, won=share, mean_bps=mean)


def row(by: str, voter: str, growth: float = 0.0, **changes: Any) -> Taken:
    values: dict[str, Any] = {
        "kept": side(165), "rejected": side(444), "difference_bps": Interval(value=12.3, low=-4.0, high=28.0),
    }  # fmt: skip
    return Taken(by=by, voter=voter, growth=growth, **(values | changes))


def report(*rows: Taken) -> TakenReport:
    return TakenReport(horizon_bars=72, cases=609, settled=600, rows=rows)


def printed(found: TakenReport, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(taken_part(found))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


TWO = report(
    row("court", ALL, 0.0121),
    row("court", "momentum_breakout", 0.01),
    row("court", "ema_cross", 0.0021),
    row("breaker loss_streak", ALL, -0.002, kept=side(1_059, 0.37, -124.0), rejected=side(1_235, 1.0, 1_234.0)),
    row("kelly", ALL, 0.003, rejected=side(0, None), difference_bps=None),
)


@pytest.mark.parametrize("width", [80, 100, 140])
def test_nothing_is_cut_on_eighty_columns(width: int) -> None:
    text = printed(TWO, width)
    assert "…" not in text
    lines = text.splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width
    for shown in (
        "165: 50% -12",
        "1,235: 100% +1,234",
        "+12 [-4,+28]",
        "+1.21%",
        " momentum_breakout",
        "loss streak",
    ):
        assert any(shown in line for line in lines), shown


def test_a_long_name_of_a_voter_is_wrapped_and_no_number_is_cut() -> None:
    text = printed(report(row("court", ALL), row("court", "AVeryLongNameOfAStrategyOfOnesOwn")), 80)
    assert "…" not in text
    assert "StrategyOf" in text


def test_the_sentence_names_what_changed_the_account_most() -> None:
    assert taken_sentence(TWO) == (
        "The court rejected 444 of 609 cases (won 50%, the kept ones 50%); without it the account would have gained 1.21% more."
    )
    breaker = report(
        row("court", "a", 0.001), row("breaker turbulence", "a", -0.05, kept=side(3, None), difference_bps=None)
    )
    assert taken_sentence(breaker) == (
        "The breaker turbulence rejected 444 of 447 cases; without it the account would have lost 5.00% more."
    )
    cap = report(row("kelly", "a", 0.02, rejected=side(0, None), difference_bps=None))
    assert taken_sentence(cap) == (
        "The rule kelly made purchases smaller; without it the account would have gained 2.00% more."
    )
    assert taken_sentence(report()) == "Nothing was taken from a voter that would have changed the account."


def test_many_voters_are_shown_together_and_each_in_the_report() -> None:
    many = report(*(row(by, voter) for by in ("court", "kelly") for voter in (ALL, *(f"v{n}" for n in range(20)))))
    text = printed(many, 100)
    assert "v3" not in text
    assert "Each voter by itself is in report.html." in text
    assert [each.voter for each in whole(many)] == [ALL, ALL]
    assert len(taken_grid(many).rows) == 42


def test_a_single_voter_is_named_in_the_title() -> None:
    assert "What was taken from ema_cross" in printed(report(row("court", "ema_cross")), 80)
    assert taken_grid(TWO).title == "What was taken from each voter"
    assert "600 of 609 ended" in taken_key(TWO)


def test_the_report_of_a_run_holds_every_row(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(bars=300), key)
    summary = summarise(story)
    assert summary.taken.cases == summary.hearings > 0
    assert {each.by for each in summary.taken.rows} >= {"court"}
    page = render_report(story, summary)
    assert '<section id="taken">' in page
    for cells in taken_grid(summary.taken).rows:
        assert f"<td>{cells[0]}</td><td>{cells[1]}</td>" in page


def test_where_nothing_was_taken_one_sentence_says_so() -> None:
    assert taken_part(report()) == "Nothing was taken from any voter."
    assert taken_grid(report()).rows == ()
