"""Evidence that does not stand in the case is struck out, and counted."""

import pytest
from court_support import analyst, book, case, evidence, signals

from agents.court.case import lookup
from agents.court.grounding import ground, is_grounded
from market.signals import PatternSeen, Regime
from market.timeframe import Timeframe


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("signals.1h.rsi_14", 61.25),
        ("signals.1h.rsi_14", 61.3),
        ("signals.1h.ema_cross_up", False),
        ("signals.4h.sma_50", 49_800),
        ("book.equity", 10_000.0),
        ("proposal.direction", "long"),
        ("sentiment.flags.hack", False),
    ],
)
def test_a_citation_that_matches_stands(field: str, value: object) -> None:
    assert is_grounded(case(), evidence(field, value))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("signals.1h.rsi_14", 62.0),
        ("signals.1h.rsi_14", 61),
        ("signals.1h.rsi_14", "61.25"),
        ("signals.1h.rsi_14", None),
        ("signals.1w.rsi_14", 61.25),
        ("signals.1h.rsi_99", 61.25),
        ("book.drawdown", 0.0049),
        ("signals.1h.ema_cross_up", True),
        ("signals.1h.ema_cross_up", 0),
        ("sentiment.score", 0.0),
        ("book.worst_correlation", 0.0),
        ("book.__class__", "x"),
        ("", 1.0),
        ("signals", 1.0),
    ],
)
def test_a_citation_that_does_not_match_is_struck_out(field: str, value: object) -> None:
    claim = evidence().model_copy(update={"field": field, "value": value})
    assert not is_grounded(case(), claim)


def test_matching_evidence_is_kept_and_the_rest_is_returned_as_struck() -> None:
    good, bad = evidence(), evidence("signals.1h.adx_14", 99.0)
    kept, struck = ground(case(), analyst(evidence=(bad, good)))
    assert kept.evidence == (good,)
    assert struck == (bad,)


def test_a_field_that_is_not_known_yet_cannot_be_looked_up() -> None:
    with pytest.raises(KeyError):
        lookup(case(), "book.worst_correlation")


def test_a_cited_zero_is_zero_and_not_anything_small() -> None:
    assert not is_grounded(case(book=book(drawdown=0.0049)), evidence("book.drawdown", 0))
    assert is_grounded(case(), evidence("book.drawdown", 0))


FULL = signals(
    regime=Regime.CRASH, supertrend_rising=False, support_touches=3, return_7d=-0.2, vwap_day=50_500.0,
    patterns=(PatternSeen(name="doji", direction="none", bars_ago=0),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("regime", "crash"),
        ("supertrend_rising", False),
        ("support_touches", 3),
        ("return_7d", -0.2),
        ("vwap_day", 50_500.0),
    ],
)
def test_the_signals_of_depth_full_can_be_cited(name: str, value: object) -> None:
    what = case(signals={Timeframe.H1: FULL})
    assert lookup(what, f"signals.1h.{name}") == value
    assert is_grounded(what, evidence(f"signals.1h.{name}", value))
    assert not is_grounded(case(), evidence(f"signals.1h.{name}", value)), "a case of depth core does not hold it"


@pytest.mark.parametrize("name", ["patterns", "obv", "resistance"])
def test_a_list_and_what_is_unknown_cannot_be_cited(name: str) -> None:
    with pytest.raises(KeyError):
        lookup(case(signals={Timeframe.H1: FULL}), f"signals.1h.{name}")
