"""Which cases are alike: distances without a scale, unknown features left out, and an order that ties cannot shake."""

import numpy as np
import pytest
from court_support import book, case, signals
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.memory.likeness import cosines, distances, features, nearest
from agents.memory.narrative import CAP, narrative
from config.silence import Abstained
from market.timeframe import Timeframe
from sentiment.headline import Headline, SentimentData

NUMBERS = st.floats(-100.0, 100.0, allow_nan=False).map(lambda value: round(value, 3))
MATRIX = arrays(np.float64, st.tuples(st.integers(2, 8), st.just(6)), elements=NUMBERS)


@given(past=MATRIX, scale=st.sampled_from([0.01, 3.0, 1000.0]), shift=st.integers(-50, 50))
def test_distances_do_not_see_the_unit_of_a_feature(past: np.ndarray, scale: float, shift: int) -> None:
    one = past[0]
    plain = distances(one, past)
    other = distances(scale * one + shift, scale * past + shift)
    np.testing.assert_allclose(np.nan_to_num(other, posinf=-1.0), np.nan_to_num(plain, posinf=-1.0), atol=1e-6)


@given(past=MATRIX)
def test_a_case_is_nowhere_nearer_than_to_itself(past: np.ndarray) -> None:
    far = distances(past[0], past)
    assert far.shape == (len(past),)
    known = far[np.isfinite(far)]
    assert (known >= 0.0).all()
    if np.isfinite(far[0]):
        assert far[0] == pytest.approx(0.0, abs=1e-9)
        assert known.min() == pytest.approx(0.0, abs=1e-9)


@given(far=st.lists(st.integers(0, 9).map(float), min_size=1, max_size=12), k=st.integers(-1, 15))
def test_the_nearest_come_in_order_and_ties_in_the_order_given(far: list[float], k: int) -> None:
    found = nearest(np.array(far), None, k)
    assert list(found) == sorted(range(len(far)), key=lambda place: far[place])[: max(k, 0)]


def test_what_cannot_be_compared_is_no_neighbour() -> None:
    assert nearest(np.array([np.inf, 2.0, np.nan, 1.0]), None, 10) == (3, 1)


def test_where_both_measures_agree_the_nearest_is_first_and_where_they_contradict_both_count() -> None:
    far = np.array([1.0, 2.0, 3.0])
    assert nearest(far, np.array([0.9, 0.5, 0.1]), 3) == (0, 1, 2)
    assert nearest(far, np.array([0.1, 0.9, 0.5]), 3)[0] in (0, 1)


@given(angle=st.floats(0.0, 6.28))
def test_a_cosine_lies_between_minus_one_and_one_and_is_one_for_itself(angle: float) -> None:
    one = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
    found = cosines(one, [one, -one])
    assert found[0] == pytest.approx(1.0)
    assert found[1] == pytest.approx(-1.0)


def test_features_have_one_length_whatever_is_known() -> None:
    young = case(
        signals={Timeframe.H1: signals(sma_50=None, ema_26=None, adx_14=None, rsi_14=None, realized_volatility=None)}
    )
    assert len(features(case())) == len(features(young))
    assert np.isnan(features(young)).sum() > np.isnan(features(case())).sum()


def test_features_do_not_see_the_name_the_date_or_the_wealth() -> None:
    other = case(symbol="ETH/USDT", decision_id="another", book=book(equity=77_000.0))
    np.testing.assert_array_equal(features(case()), features(other))


def told(**changes: object) -> str:
    return narrative(case(signals={Timeframe.H1: signals(**changes)}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "1h uptrend"),
        ({"sma_50": 60_000.0, "sma_200": 60_000.0}, "1h downtrend"),
        ({"sma_50": 60_000.0}, "1h between its means"),
        ({"sma_50": None, "sma_200": None}, "1h young"),
        ({"adx_14": 25.0}, "strong trend"),
        ({"adx_14": 20.0}, "no trend to speak of"),
        ({"rsi_14": 70.0}, "overbought"),
        ({"rsi_14": 30.0}, "oversold"),
        ({"volume_ratio_20": 1.5}, "heavy volume"),
        ({"volume_ratio_20": 0.5}, "thin volume"),
    ],
)
def test_each_regime_has_its_words(changes: dict[str, object], words: str) -> None:
    assert words in told(**changes)


def test_what_is_usual_is_not_mentioned() -> None:
    usual = told(adx_14=22.0, rsi_14=50.0, volume_ratio_20=1.0)
    assert usual.startswith("Market: 1h uptrend. Votes:")


def with_news(score: float | Abstained, *texts: str, flags: tuple[str, ...] = ()) -> str:
    at = case().as_of_utc
    lines = tuple(Headline(text=text, source="wire", published_utc=at, first_seen_utc=at) for text in texts)
    said = SentimentData(symbol="BTC/USDT", as_of_utc=at, score=score, flags=flags, headlines=lines)
    return narrative(case(sentiment=said))


@pytest.mark.parametrize(
    ("score", "tone"),
    [
        (0.21, "Good news: "),
        (0.2, "Mixed news: "),
        (-0.2, "Mixed news: "),
        (-0.21, "Bad news: "),
        (Abstained(why="x"), "News: "),
    ],
)
def test_the_mood_is_told_beyond_a_fifth(score: float | Abstained, tone: str) -> None:
    assert f". {tone}" in with_news(score, "Fed meets")


def test_at_most_three_headlines_are_told_and_hard_events_after_them_and_silence_as_none() -> None:
    text = with_news(0.0, "one", "two", "three", "four", flags=("rug_pull", "hack"))
    assert text.endswith("Mixed news: one; two; three; rug pull, hack.")
    assert with_news(0.0).endswith("Mixed news: none.")


@given(texts=st.lists(st.text(min_size=1, max_size=500), max_size=5))
def test_a_narrative_is_capped_whatever_strangers_write(texts: list[str]) -> None:
    text = with_news(0.0, *texts)
    assert len(text) <= CAP
    assert text.isprintable()
