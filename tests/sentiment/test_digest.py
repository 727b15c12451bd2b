"""One source's headlines as a mean: weighed by age, halved for the whole market, and the same in whatever order they come."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.digest import KEPT, Digest, digest
from sentiment.headline import Headline

NOW = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HALF_LIFE = timedelta(hours=6)


def line(score: float, age_h: float = 0.0, *, market: bool = False, event: bool = False) -> Headline:
    """A headline whose text says its score, and whether it is a hard event."""
    at = NOW - age_h * HOUR
    bases = () if market else ("BTC",)
    return Headline(
        text=f"{score}{' hack' if event else ''}", source="wire", published_utc=at, first_seen_utc=at, symbols=bases
    )


def judge(text: str) -> tuple[float, tuple[str, ...]]:
    score, _, event = text.partition(" ")
    return float(score), (event,) if event else ()


def of(*lines: Headline) -> Digest:
    return digest(lines, judge, HALF_LIFE)


SCORES = st.floats(-1.0, 1.0, allow_nan=False).map(lambda value: round(value, 6))
LINES = st.lists(
    st.builds(line, SCORES, st.integers(0, 48), market=st.booleans(), event=st.booleans()), min_size=1, max_size=12
)


def test_without_headlines_there_is_no_mean_and_nothing_is_made_up() -> None:
    assert of() == Digest(0, 0, None, None, (), ())


def test_one_headline_is_its_own_mean_however_old_it_is() -> None:
    for age_h in (0.0, 6.0, 480.0):
        assert of(line(-0.4, age_h)).mean == pytest.approx(-0.4)


@pytest.mark.parametrize(("age_h", "mean"), [(0.0, 0.0), (6.0, 1 / 3), (12.0, 0.6), (60.0, 1023 / 1025)])
def test_a_headline_counts_half_after_each_half_life(age_h: float, mean: float) -> None:
    assert of(line(1.0), line(-1.0, age_h)).mean == pytest.approx(mean)


def test_a_headline_about_the_whole_market_counts_half() -> None:
    assert of(line(1.0), line(-1.0, market=True)).mean == pytest.approx(1 / 3)
    assert of(line(1.0, market=True), line(-1.0, market=True)).mean == pytest.approx(0.0)


@given(lines=LINES)
def test_the_mean_lies_between_the_scores_and_the_order_does_not_matter(lines: list[Headline]) -> None:
    found = of(*lines)
    scores = [judge(one.text)[0] for one in lines]
    assert found.mean is not None
    assert min(scores) - 1e-9 <= found.mean <= max(scores) + 1e-9
    assert of(*lines[::-1]).mean == pytest.approx(found.mean, abs=1e-9)
    assert found.lines == len(lines)
    assert found.newest == max(one.published_utc for one in lines)


@given(lines=LINES, hours=st.integers(0, 1000))
def test_only_ages_against_each_other_count(lines: list[Headline], hours: int) -> None:
    older = [one.model_copy(update={"published_utc": one.published_utc - hours * HOUR}) for one in lines]
    assert of(*older).mean == pytest.approx(of(*lines).mean, abs=1e-9)


@given(lines=LINES)
def test_opposite_scores_have_the_opposite_mean(lines: list[Headline]) -> None:
    opposite = digest(lines, lambda text: (-judge(text)[0], ()), HALF_LIFE)
    assert opposite.mean == pytest.approx(-(of(*lines).mean or 0.0), abs=1e-9)


@given(lines=LINES)
def test_the_heaviest_are_kept_in_order_with_their_parts_of_the_whole(lines: list[Headline]) -> None:
    found = of(*lines)
    parts = [part for part, _ in found.heaviest]
    assert len(parts) == min(KEPT, len(lines))
    assert parts == sorted(parts, reverse=True)
    assert 0.0 <= sum(parts) <= 1.0 + 1e-9


def test_of_two_that_weigh_the_same_the_newer_comes_first_and_then_the_one_given_first() -> None:
    new, old = line(0.5), line(1.0, 6.0)
    assert [one for _, one in of(old, new).heaviest] == [new, old]
    first = line(0.5).model_copy(update={"source": "first"})
    second = line(0.5).model_copy(update={"source": "second"})
    assert [one.source for _, one in of(first, second).heaviest] == ["first", "second"]


@given(lines=LINES)
def test_every_hard_event_is_kept_however_little_it_weighs(lines: list[Headline]) -> None:
    events = [one for one in lines if one.text.endswith("hack")]
    assert [one for one, _ in of(*lines).events] == events
    assert all(flags == ("hack",) for _, flags in of(*lines).events)
