"""A trial in lines: what was struck out is crossed out, foreign words stay words, and nothing is wider than the terminal."""

import itertools
from datetime import timedelta

import pytest
from kept_journals import KEY, RULES
from rich.text import Text
from run_support import events, said
from shown_support import whole_case

from agents.court.hearing import Hearing
from agents.court.opinion import AnalystOpinion, Evidence
from agents.court.shown.trade import Trade
from agents.records.record import CycleRecord
from config.silence import Abstained
from ops.tables.trial.judged import bounds_of, gate_lines, ruling_lines
from ops.tables.trial.paper import columns, figure, heading, told
from ops.tables.trial.said import proposed_lines, shown_lines, word_lines
from ops.tables.trial.terms import trade_lines
from risk.limits.catalogue import told_once


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
    assert "  risk agent   at most 0%  <- counts" in text(ruling_lines(less, 100)).splitlines()
    assert text(ruling_lines(less, 100)).count("<- counts") == 1
    whole = hearing.model_copy(
        update={
            "risk_agent": risk.model_copy(update={"scale_pct": 100}),
            "supervisor": hearing.supervisor.model_copy(update={"scale_pct": 100}),
        }
    )
    assert "<- counts" not in text(ruling_lines(whole, 100))


def test_what_models_are_shown_is_told_in_sentences_at_every_width() -> None:
    case = whole_case()
    for width in (40, 60, 80, 100):
        assert max(len(line.plain) for line in shown_lines(case, width)) <= width
    words = " ".join(text(shown_lines(case, 100)).split())
    for part in (
        "trade enters at 50,612.37; stop at 49,853.18, 1.50% below, 2.4 ATR; target at 52,130.74, 3.00% above, where "
        "50% is sold; reward to risk 2.00; then a stop that follows 2.00% below the highest price",
        "costs 10.0 bps of fee and 1.0 bps of slippage a side, 22.1 for the round trip; the way to the target is 13.6 times that",
        "left whole, the gate would buy 151.84, 1.50% of equity, of which 2.28 is lost at the stop; the size is set by record",
        "chance to win 43%; it pays its costs from 38% on; 17 cases that this court let through, of which 35% reached "
        "their target",
        "path 24 bars from 49,754.24 to 50,612.37 (+1.72%); 14 days from 45,260.27 to 50,612.37 (+11.83%)",
        "macro next release: CPI in 110 h",
    ):
        assert part in words


def test_terms_that_are_not_known_are_left_out() -> None:
    lines = text(trade_lines(Trade(entry=100.0), 80))
    assert lines == "  trade  enters at 100.00; no target"
    refused = text(trade_lines(Trade(entry=100.0, usual_quote=0.0, bound_by="kelly"), 80))
    assert "left whole, the gate would refuse it by kelly" in refused
    assert "left whole" not in text(trade_lines(Trade(entry=100.0, usual_quote=5.0), 80, held=True))


def test_horizons_of_a_model_are_told_together(hearing: Hearing) -> None:
    word = hearing.analyst
    assert isinstance(word, AnalystOpinion)
    together = word.alignment()
    assert together is not None
    lines = word_lines(hearing.case, "analyst", word, (), 100)
    assert f"; together {(1 + together) / 2:.0%} for a rise" in " ".join(text(lines).split())
    assert "together" not in text(word_lines(hearing.case, "analyst", word, (), 100, speaker="rules"))


def test_the_gate_lists_the_tightest_rules_first_and_names_those_beyond_a_position(hearing: Hearing) -> None:
    caps = {each.code: each.notional_cap for each in told_once(hearing.verdict.rules) if each.notional_cap is not None}
    lines = text(gate_lines(hearing, "USDT", 80)).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("  rule "))
    listed = [
        line.split()[0] for line in itertools.takewhile(lambda line: "allow more" not in line, lines[start + 1 :])
    ]
    assert listed == sorted(listed, key=lambda code: caps[code])
    words = " ".join(" ".join(lines).split())
    for code, cap in caps.items():
        assert (code in listed) == (cap <= caps["position"])
        assert code in words


def test_a_ruling_that_came_later_says_when_the_gate_judged(hearing: Hearing) -> None:
    assert "when the ruling was there" not in text(gate_lines(hearing, "USDT", 100))
    later = hearing.verdict.model_copy(update={"as_of_utc": hearing.case.as_of_utc + timedelta(hours=1)})
    told_late = text(gate_lines(hearing.model_copy(update={"verdict": later}), "USDT", 100))
    assert (
        f"at {hearing.case.as_of_utc + timedelta(hours=1):%Y-%m-%d %H:%M} UTC, when the ruling was there" in told_late
    )


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
