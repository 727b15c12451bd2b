"""Memory: the nearest past cases, as known at the time and no later."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from court_support import AT, case, signals
from hearing_support import BTC, HOUR, barriers, hearing, slice_of
from hypothesis import given
from hypothesis import strategies as st

from agents.court.case import Case
from agents.court.ruling import RulingOutcome
from agents.memory.cases import RENDERED_CHARS, Analogue, Memory, render
from agents.memory.likeness import distances, features
from agents.memory.outcomes import CaseOutcome
from market.timeframe import Timeframe


def heard_at(at: datetime, rsi: float, **changes: Any) -> Case:
    now = signals(rsi_14=rsi, close=100.0, atr_14_quote=0.5, close_utc=at, **changes)
    return case(decision_id=f"{at:%Y%m%dT%H%M}", as_of_utc=at, signals={Timeframe.H1: now})


def lived(rsis: list[float], closes: list[float], horizon: int = 3) -> tuple[Memory, list[tuple[Analogue, ...]]]:
    """A memory that hears one case a bar; at each it is first asked for the three nearest."""
    memory, told = Memory(barriers(horizon), capacity=50), []
    for place, (rsi, close) in enumerate(zip(rsis, closes, strict=True)):
        at = AT + place * HOUR
        memory.settle(slice_of((close, close * 1.01, close * 0.99, close), at))
        now = heard_at(at, rsi)
        told.append(memory.analogues(now, 3))
        memory.add(hearing(case=now))
    return memory, told


def test_nothing_is_remembered_before_an_outcome_is_known() -> None:
    _, told = lived([50.0, 60.0, 55.0, 40.0, 45.0, 50.0], [100.0] * 6, horizon=3)
    assert [len(found) for found in told] == [0, 0, 0, 0, 0, 2]


def test_cases_that_are_all_alike_cannot_be_compared() -> None:
    _, told = lived([50.0] * 8, [100.0] * 8, horizon=1)
    assert told[-1] == ()


def test_the_nearest_case_comes_first() -> None:
    _, told = lived([20.0, 80.0, 50.0, 21.0, 60.0, 55.0, 79.0], [100.0] * 7, horizon=1)
    assert [found.outcome.decision_id for found in told[-1]] == [
        f"{AT + place * HOUR:%Y%m%dT%H%M}" for place in (1, 4, 2)
    ]
    assert told[-1][0].distance < told[-1][1].distance


def test_an_analogue_says_how_it_was_ruled_and_how_it_ended() -> None:
    _, told = lived([50.0, 60.0, 50.0, 50.0, 50.0, 50.0], [100.0, 100.0, 100.0, 110.0, 110.0, 110.0])
    found = told[-1][0]
    assert (found.ruling, found.scale, found.outcome.label) == (RulingOutcome.APPROVED, 1.0, 1)


def test_memory_does_not_go_back_in_time() -> None:
    memory, _ = lived([50.0] * 5, [100.0] * 5)
    with pytest.raises(ValueError, match="cannot speak as of"):
        memory.analogues(heard_at(AT, 50.0), 1)
    with pytest.raises(ValueError, match="is shown"):
        memory.settle(slice_of(None, AT))


def test_it_keeps_the_latest_cases_and_no_more_than_it_may() -> None:
    memory = Memory(barriers(1), capacity=4)
    for place in range(20):
        at = AT + place * HOUR
        memory.settle(slice_of((100.0, 100.5, 99.5, 100.0), at))
        memory.add(hearing(case=heard_at(at, 30.0 + place)))
    at = AT + 30 * HOUR
    found = memory.analogues(heard_at(at, 30.0), 100)
    assert len(found) == 4
    assert min(analogue.outcome.as_of_utc for analogue in found) == AT + 15 * HOUR


def test_a_case_whose_symbol_vanished_is_dropped() -> None:
    memory = Memory(barriers(2))
    memory.add(hearing(case=heard_at(AT, 50.0)))
    assert memory.pending == 1
    for place in range(1, 7):
        memory.settle(slice_of(None, AT + place * HOUR))
    assert memory.analogues(heard_at(AT + 9 * HOUR, 50.0), 5) == ()
    assert memory.pending == 0


def test_features_do_not_depend_on_the_price_level() -> None:
    dear = signals(Timeframe.H1)
    scaled = {
        name: getattr(dear, name) / 1000 for name in ("close", "sma_50", "ema_12", "ema_26", "atr_14_quote")
    }  # fmt: skip
    cheap = dear.model_copy(update=scaled)
    one, other = (features(case(signals={Timeframe.H1: now})) for now in (dear, cheap))
    assert np.allclose(one, other, equal_nan=True)


def test_cases_that_share_too_little_are_no_analogues() -> None:
    past = np.array([[1.0, np.nan, np.nan, np.nan], [2.0, 2.0, 2.0, 2.0], [3.0, 1.0, 4.0, 5.0]])
    far = distances(np.array([1.0, 2.0, 3.0, 4.0]), past)
    assert np.isinf(far[0])
    assert np.isfinite(far[1:]).all()


def outcome(label: Any, bps: float = -163.4) -> CaseOutcome:
    return CaseOutcome(
        decision_id="20240301T1200-BTCUSDT", symbol=BTC, as_of_utc=AT, label=label, entry_price=100.0,
        exit_price=99.0, return_bps=bps, bars=14, known_at_utc=AT + timedelta(days=1),
    )  # fmt: skip


def test_the_rendering_is_short_and_names_no_symbol_date_or_id() -> None:
    found = [
        Analogue(distance=0.4173, ruling=RulingOutcome.SHRUNK, scale=0.5, outcome=outcome(label))
        for label in (1, -1, 0) * 5
    ]
    text = render(found)
    assert len(text) <= RENDERED_CHARS
    assert text.startswith(
        "15 most similar past cases: 5 target first, 5 stop first, 5 neither; mean -163 bps\n- distance 0.42"
    )
    assert not any(word in text for word in ("BTC", "2024", "1200"))
    assert render(()) == "no past case is like it"


paths = st.lists(st.tuples(st.floats(1.0, 99.0), st.floats(90.0, 110.0)), min_size=2, max_size=25)


@pytest.mark.slow
@given(past=paths, after=paths, other=paths)
def test_whatever_comes_after_t_memory_says_the_same_at_t(
    past: list[tuple[float, float]], after: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    def told(path: list[tuple[float, float]]) -> list[tuple[Analogue, ...]]:
        return lived([rsi for rsi, _ in path], [close for _, close in path])[1]

    one, two = told(past + after), told(past + other)
    assert one[: len(past)] == two[: len(past)]
    for place, found in enumerate(one):
        assert all(analogue.outcome.known_at_utc < AT + place * HOUR for analogue in found)
