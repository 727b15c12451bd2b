"""Headlines of the simulated market: of jumps, of the mood, and of nothing; none changes when a day or a symbol is added."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import from_ms
from config.seeds import generator
from config.silence import Abstained
from market.news import NewsRow
from market.simulated.headlines import Jumps, chatter, told_of_jumps
from sentiment.scoring import HeadlineScorer

START_MS = 1_700_000_000_000
DAY_MS = 86_400_000
BASE = st.sampled_from(["BTC", "ETH", "PEPE", None])


def jumps(n: int, size: float = 0.05) -> Jumps:
    return Jumps(START_MS + DAY_MS * np.arange(n, dtype=np.int64), np.full(n, size))


def of_jumps(n: int, size: float = 0.05, base: str | None = "BTC", seed: int = 1) -> list[NewsRow]:
    return list(told_of_jumps(generator(seed, "news"), base, jumps(n, size)))


def of_days(mood: float, days: int = 200, base: str | None = "BTC", per_day: float = 3.0) -> list[NewsRow]:
    return list(chatter(generator(2, "news"), base, START_MS, np.full(days, mood), per_day=per_day))


def tone(rows: list[NewsRow]) -> float:
    scorer = HeadlineScorer()
    scores = [scorer.score(row.text) for row in rows]
    return float(np.mean([score for score in scores if not isinstance(score, Abstained)]))


@given(base=BASE, n=st.integers(0, 30), seed=st.integers(0, 1000), size=st.sampled_from([-0.1, 0.1]))
def test_a_headline_is_seen_a_little_after_it_was_published_and_names_its_coin(
    base: str | None, n: int, seed: int, size: float
) -> None:
    for row in of_jumps(n, size, base, seed):
        assert timedelta(minutes=1) <= row.first_seen_utc - row.published_utc <= timedelta(minutes=15)
        assert row.bases == (() if base is None else (base,))
        assert "{" not in row.text


def test_one_more_jump_changes_no_headline_of_those_before() -> None:
    short, long = of_jumps(20), of_jumps(21)
    assert long[: len(short)] == short


def test_one_more_day_changes_no_headline_of_those_before() -> None:
    short = list(chatter(generator(2, "n"), "BTC", START_MS, np.zeros(30), per_day=2.0))
    long = list(chatter(generator(2, "n"), "BTC", START_MS, np.zeros(31), per_day=2.0))
    assert long[: len(short)] == short


def test_headlines_of_a_jump_lie_around_it_before_it_or_after_it() -> None:
    rows = list(told_of_jumps(generator(3, "n"), "BTC", Jumps(np.array([START_MS] * 400), np.full(400, 0.05))))
    offsets = [row.published_utc - from_ms(START_MS) for row in rows]
    assert min(offsets) >= -timedelta(minutes=180)
    assert max(offsets) <= timedelta(minutes=165)
    before = sum(offset < timedelta(0) for offset in offsets)
    assert before / 400 == pytest.approx(0.30, abs=0.06)
    assert (len(rows) - before) / 400 == pytest.approx(0.85 * 1.4, abs=0.12)


@pytest.mark.parametrize("base", ["BTC", None])
def test_most_headlines_of_a_rise_are_good_and_of_a_fall_bad_and_some_are_wrong(base: str | None) -> None:
    up, down = of_jumps(300, 0.05, base), of_jumps(300, -0.05, base)
    assert tone(up) > 0.15
    assert tone(down) < -0.15
    assert {row.text for row in up} & {row.text for row in down}, "a few tell the opposite of what happened"


@pytest.mark.parametrize("base", ["BTC", None])
def test_the_mood_leans_the_tone_of_what_is_told_of_nothing(base: str | None) -> None:
    assert tone(of_days(-0.8, base=base)) < tone(of_days(0.0, base=base)) < tone(of_days(0.8, base=base))


@pytest.mark.parametrize("per_day", [0.0, 1.0, 4.0])
def test_there_are_as_many_headlines_a_day_as_asked(per_day: float) -> None:
    rows = of_days(0.0, days=400, per_day=per_day)
    assert len(rows) / 400 == pytest.approx(per_day, abs=0.2)


def test_a_coin_without_a_name_of_its_own_is_called_by_its_ticker() -> None:
    assert any("PEPE" in row.text for row in of_jumps(50, base="PEPE"))
    assert any("Bitcoin" in row.text for row in of_jumps(50))


def test_without_jumps_and_days_there_is_nothing_to_tell() -> None:
    assert of_jumps(0) == []
    assert of_days(0.0, days=0) == []
