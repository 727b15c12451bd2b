"""The factors of the rules mind: each with the field that it rests on, each in [-1, 1], none without history."""

import pytest
from court_support import case, downtrend, signals
from hypothesis import given
from hypothesis import strategies as st

from agents.court.grounding import is_grounded
from agents.court.minds.factors import Factor, factors, outlook
from agents.court.opinion import Evidence
from market.timeframe import Timeframe

FIELDS = ("sma_50", "ema_12", "macd_hist", "rsi_14", "sma_200")
NEEDS = {
    "sma_50": ("sma_50", "atr_14_quote"),
    "ema_12": ("ema_12", "ema_26"),
    "macd_hist": ("macd_hist", "atr_14_quote"),
    "rsi_14": ("rsi_14",),
    "sma_200": ("sma_200",),
}
NUMBER = st.none() | st.floats(1e-6, 1e6)


def score(field: str, **changes: float) -> float:
    (found,) = [one for one in factors(signals(**changes), "reversal") if one.evidence.field.endswith(f".{field}")]
    return found.score


def factor(score: float, weight: float) -> Factor:
    return Factor(score, weight, Evidence(field="signals.1h.rsi_14", value=50.0, claim="so it is"))


def test_with_all_history_there_are_five_factors_each_on_its_own_field() -> None:
    assert [one.evidence.field for one in factors(signals(), "reversal")] == [f"signals.1h.{field}" for field in FIELDS]


@pytest.mark.parametrize("timeframe", [Timeframe.H4, Timeframe.D1, Timeframe.W1])
def test_a_factor_cites_the_timeframe_that_it_read(timeframe: Timeframe) -> None:
    assert {one.evidence.field.split(".")[1] for one in factors(signals(timeframe), "reversal")} == {timeframe.value}


@pytest.mark.parametrize("field", FIELDS)
def test_a_factor_without_its_history_is_left_out_and_the_others_stay(field: str) -> None:
    for lacking in NEEDS[field]:
        there = {one.evidence.field.rpartition(".")[2] for one in factors(signals(**{lacking: None}), "reversal")}
        assert field not in there
        assert there == {other for other in FIELDS if lacking not in NEEDS[other]}


def test_every_factor_stands_in_the_case() -> None:
    heard = case()
    for timeframe in heard.signals:
        for one in factors(heard.signals[timeframe], "reversal"):
            assert is_grounded(heard, one.evidence)


@given(
    st.fixed_dictionaries(
        dict.fromkeys(("sma_50", "sma_200", "ema_12", "ema_26", "atr_14_quote"), NUMBER)
        | {"macd_hist": st.none() | st.floats(-1e6, 1e6), "rsi_14": st.none() | st.floats(0.0, 100.0)}
    )
)
def test_no_signals_make_a_factor_leave_its_range_and_their_mean_stays_between_them(
    values: dict[str, float | None],
) -> None:
    found = factors(signals(**values), "reversal")
    assert all(-1.0 <= one.score <= 1.0 and one.weight > 0 for one in found)
    assert all(len(one.evidence.claim) <= 200 for one in found)
    scores = [one.score for one in found] or [0.0]
    assert min(scores) - 1e-12 <= outlook(found) <= max(scores) + 1e-12


def test_an_uptrend_looks_up_and_a_downtrend_down() -> None:
    assert outlook(factors(signals(), "reversal")) > 0.3
    assert outlook(factors(downtrend(), "reversal")) < -0.3


@pytest.mark.parametrize(
    ("rsi", "expected"),
    [(50.0, 0.0), (60.0, 0.5), (70.0, 1.0), (40.0, -0.5), (30.0, -1.0)],
)
def test_between_thirty_and_seventy_the_rsi_is_momentum(rsi: float, expected: float) -> None:
    assert score("rsi_14", rsi_14=rsi) == pytest.approx(expected)


@given(rsi=st.floats(70.01, 100.0))
def test_a_stretched_rsi_speaks_less_than_one_at_the_edge(rsi: float) -> None:
    assert abs(score("rsi_14", rsi_14=rsi)) < score("rsi_14", rsi_14=70.0)
    assert score("rsi_14", rsi_14=76.0) == pytest.approx(0.375)


@pytest.mark.parametrize(("rsi", "reversal", "momentum"), [(82.0, 0.0, 0.0), (86.0, -0.25, 0.25), (95.0, -0.5, 0.5)])
def test_an_extreme_rsi_speaks_against_the_move_or_as_it_did_before_the_setting(
    rsi: float, reversal: float, momentum: float
) -> None:
    assert score("rsi_14", rsi_14=rsi) == pytest.approx(reversal)
    assert score("rsi_14", rsi_14=100.0 - rsi) == pytest.approx(-reversal)
    older = [one.score for one in factors(signals(rsi_14=rsi), "momentum") if one.evidence.field.endswith("rsi_14")]
    assert older == pytest.approx([momentum])


@given(rsi=st.floats(0.0, 100.0))
def test_the_rsi_speaks_of_falls_as_of_rises(rsi: float) -> None:
    assert score("rsi_14", rsi_14=rsi) == pytest.approx(-score("rsi_14", rsi_14=100.0 - rsi), abs=1e-9)


@pytest.mark.parametrize(
    ("rsi", "claim"),
    [(75.0, "overbought"), (25.0, "oversold"), (60.0, "buyers in control"), (40.0, "sellers in control")],
)
def test_the_claim_says_in_words_what_the_number_means(rsi: float, claim: str) -> None:
    (found,) = [one for one in factors(signals(rsi_14=rsi), "reversal") if one.evidence.field.endswith("rsi_14")]
    assert claim in found.evidence.claim


@pytest.mark.parametrize(("close", "expected"), [(49_800.0, 0.0), (50_250.0, 0.5), (50_700.0, 1.0), (48_900.0, -1.0)])
def test_the_distance_from_the_mean_is_counted_in_atr_up_to_three(close: float, expected: float) -> None:
    assert score("sma_50", close=close, high=60_000.0, low=40_000.0) == pytest.approx(expected)


def test_factors_are_weighed_and_none_at_all_say_nothing() -> None:
    assert outlook((factor(1.0, 3.0), factor(-1.0, 1.0))) == pytest.approx(0.5)
    assert outlook(()) == 0.0
