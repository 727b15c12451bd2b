"""A trial in lines: what was struck out is crossed out, foreign words stay words, and nothing is wider than the terminal."""

import pytest
from kept_journals import KEY, RULES
from rich.text import Text
from run_support import events, said

from agents.court.hearing import Hearing
from agents.court.opinion import Evidence
from agents.records.record import CycleRecord
from config.silence import Abstained
from ops.tables.trial.judged import bounds_of, gate_lines, ruling_lines
from ops.tables.trial.paper import columns, figure, heading, told
from ops.tables.trial.said import proposed_lines, shown_lines, word_lines


@pytest.fixture(scope="module")
def hearing() -> Hearing:
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    found = [each for record in said(events(RULES), CycleRecord) for each in record.hearings]
    patch.undo()
    return next(each for each in found if each.verdict.order is not None)


def text(lines: list[Text]) -> str:
    return "\n".join(line.plain for line in lines)


def test_a_citation_that_was_struck_out_is_crossed_out_beside_what_the_case_says(hearing: Hearing) -> None:
    case = hearing.case
    close = case.signals[case.base_timeframe].close
    wrong = Evidence(field=f"signals.{case.base_timeframe}.close", value=1.5, claim="it is cheap")
    made_up = Evidence(field="signals.1h.no_such_thing", value=1.0, claim="a whim")
    lines = word_lines(case, "analyst", hearing.analyst, (wrong, made_up), 80)
    crossed = [line.plain for line in lines if any("strike" in str(span.style) for span in line.spans)]
    assert crossed == [
        f"  x signals.{case.base_timeframe}.close = 1.5: it is cheap",
        "  x signals.1h.no_such_thing = 1: a whim",
    ]
    assert f"struck out: the case says {figure(close)}" in text(lines)
    assert "struck out: the case does not say" in text(lines)


def test_words_of_a_model_cannot_command_a_terminal() -> None:
    for lines in (told("a\x1b[31mred\x07\nline\u202e", 80), heading("TITLE", "b\x1b]0;title\x07", 80)):
        for line in lines:
            assert all(each.isprintable() for each in line.plain)


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_is_wider_than_the_terminal(hearing: Hearing, width: int) -> None:
    case = hearing.case
    lines = [
        *proposed_lines(case, "No voter proposes anything here. It is heard as the purchase that it would be.", width),
        *shown_lines(case, width),
        *word_lines(case, "analyst", hearing.analyst, (), width, speaker="rules"),
        *ruling_lines(hearing, width),
        *gate_lines(hearing, "USDT", width),
    ]
    assert max(len(line.plain) for line in lines) <= width


def test_the_least_bound_is_the_one_that_counted(hearing: Hearing) -> None:
    assert hearing.risk_agent is not None
    bounds = dict(bounds_of(hearing))
    assert set(bounds) == {"risk agent", "supervisor"}
    assert hearing.ruling.scale == min(bounds.values())
    risk = hearing.risk_agent.model_copy(update={"scale_pct": 0})
    ruling = hearing.ruling.model_copy(update={"scale": 0.0})
    less = hearing.model_copy(update={"risk_agent": risk, "ruling": ruling})
    assert ": risk agent counted." in text(ruling_lines(less, 100))


def test_one_that_abstained_says_why(hearing: Hearing) -> None:
    lines = word_lines(hearing.case, "supervisor", Abstained(why="said nothing within 30 s"), (), 80)
    assert text(lines).strip() == "SUPERVISOR  abstained: said nothing within 30 s"


def test_the_gate_in_brief_is_what_cut_or_refused(hearing: Hearing) -> None:
    whole, brief = (text(gate_lines(hearing, "USDT", 80, brief=short)) for short in (False, True))
    assert "passed: " in whole
    assert "passed: " not in brief
    assert brief.count("<- cuts") == whole.count("<- cuts") >= 1
    assert len(brief) < len(whole)


def test_numbers_stand_under_each_other() -> None:
    lines = columns([("a", "1.00", "x"), ("long", "1,000.00", "y")], 80)
    assert [line.plain for line in lines] == ["  a         1.00  x", "  long  1,000.00  y"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(40_440.0, "40,440"), (0.333333333, "0.333333"), (True, "true"), ("up", "up"), (12_345.678, "12,345.68")],
)
def test_a_value_is_shown_as_a_reader_takes_it_in(value: object, shown: str) -> None:
    assert figure(value) == shown
