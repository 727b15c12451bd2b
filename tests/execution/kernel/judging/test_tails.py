"""VaR and ES in the kernel are those of `risk.measures` at every size, and the room under a limit is the largest that holds."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uncompiled import plain, record

from config.seeds import generator
from execution.kernel import records as w
from execution.kernel.records import Floats
from risk.measures.basic import historical_es, historical_var
from risk.measures.ewma import DECAY, Memory
from risk.measures.filtered import filtered_tail
from risk.measures.horizon import Horizon

tails, facts, pairs = plain("judging.tails"), plain("judging.facts"), plain("judging.pairs")
ROWS = 200
CONFIDENCES = ((0.99, 0.975), (0.95, 0.9), (0.7, 0.6))


def limits(confidence: tuple[float, float] = CONFIDENCES[0], **changes: Any) -> Any:
    given = {
        "var_tail": 1 - confidence[0], "es_tail": 1 - confidence[1], "day_scale": 24**0.5, "max_var_1d": 0.02,
        "max_es_1d": 0.025, "max_position_fraction": 0.5, "step": 1, "decay": DECAY, "falls": 1.0,
    }  # fmt: skip
    return record(w.LIMITS, **{**given, **changes})


def walk(seed: int, name: str = "own", rows: int = ROWS) -> Floats:
    return generator(seed, "tails", name).standard_t(4, rows) * 0.01


def paper(rest: Floats | None = None) -> Floats:
    """Scratch of the kernel, with what the rest of the book made."""
    made = np.zeros((4, ROWS))
    if rest is not None:
        made[0] = rest
    return made


@given(seed=st.integers(0, 10_000), extra=st.floats(0.01, 1.0), confidence=st.sampled_from(CONFIDENCES))
def test_alone_in_the_book_the_few_bars_of_the_tail_are_enough(
    seed: int, extra: float, confidence: tuple[float, float]
) -> None:
    own, room, account, holds = walk(seed), paper(), record(w.ACCOUNT), limits(confidence)
    count = tails.prepare_tails(holds, account, room, own, record(w.FACT), True, w.LONG)
    assert count < ROWS
    var = tails.tail_at(holds, account, room, ROWS, count, extra, w.VALUE_AT_RISK)
    loss = tails.tail_at(holds, account, room, ROWS, count, extra, w.SHORTFALL)
    assert var == pytest.approx(historical_var(own * extra, confidence=confidence[0]) * 24**0.5, rel=1e-12)
    assert loss == pytest.approx(historical_es(own * extra, confidence=confidence[1]) * 24**0.5, rel=1e-12)


@given(seed=st.integers(0, 10_000), extra=st.floats(0.0, 1.0), confidence=st.sampled_from(CONFIDENCES))
def test_beside_others_every_bar_is_measured(seed: int, extra: float, confidence: tuple[float, float]) -> None:
    own, rest = walk(seed), walk(seed, "rest") * 0.3
    room, account, holds = paper(rest), record(w.ACCOUNT), limits(confidence)
    assert tails.prepare_tails(holds, account, room, own, record(w.FACT), False, w.LONG) == ROWS
    var = tails.tail_at(holds, account, room, ROWS, ROWS, extra, w.VALUE_AT_RISK)
    loss = tails.tail_at(holds, account, room, ROWS, ROWS, extra, w.SHORTFALL)
    assert var == pytest.approx(historical_var(rest + own * extra, confidence=confidence[0]) * 24**0.5, rel=1e-12)
    assert loss == pytest.approx(historical_es(rest + own * extra, confidence=confidence[1]) * 24**0.5, rel=1e-12)


@pytest.mark.slow
@given(seed=st.integers(0, 10_000), most=st.floats(0.001, 0.2))
def test_the_room_under_a_limit_holds_and_a_little_more_does_not(seed: int, most: float) -> None:
    own, rest = walk(seed), walk(seed, "rest") * 0.02
    room, account, holds = paper(rest), record(w.ACCOUNT), limits(max_var_1d=most, max_es_1d=9.0)
    tails.prepare_tails(holds, account, room, own, record(w.FACT), False, w.LONG)
    found = tails.room_under_both(holds, account, room, ROWS, ROWS, np.inf)
    assert 0.0 <= found <= 0.5

    def measured(extra: float) -> float:
        return float(tails.tail_at(holds, account, room, ROWS, ROWS, extra, w.VALUE_AT_RISK))

    if found > 0.0:
        assert measured(found) <= most
    if found < 0.5:
        assert measured(found + 1e-3) > most or measured(0.0) > most


def test_a_book_that_is_over_its_limit_already_has_no_room() -> None:
    for wide in ("max_var_1d", "max_es_1d"):
        room, account, holds = paper(walk(1, "rest") * 3), record(w.ACCOUNT), limits(**{wide: 9.0})
        tails.prepare_tails(holds, account, room, walk(1), record(w.FACT), False, w.LONG)
        assert tails.room_under_both(holds, account, room, ROWS, ROWS, np.inf) == 0.0


@pytest.mark.slow
@given(
    seed=st.integers(0, 10_000),
    most=st.floats(0.001, 0.2),
    enough=st.floats(-0.1, 0.7),
    filtered=st.sampled_from([0, 1]),
)
def test_a_cap_that_is_tighter_decides_and_is_not_changed_by_what_was_not_measured(
    seed: int, most: float, enough: float, filtered: int
) -> None:
    room, account = paper(walk(seed, "rest") * 0.02), record(w.ACCOUNT)
    holds = limits(max_var_1d=most, max_es_1d=most, filtered=filtered)
    tails.prepare_tails(holds, account, room, walk(seed), record(w.FACT), False, w.LONG)
    whole = tails.room_under_both(holds, account, room, ROWS, ROWS, np.inf)
    assert tails.room_under_both(holds, account, room, ROWS, ROWS, enough) == min(enough, whole)


def test_a_limit_that_is_far_away_leaves_the_whole_position() -> None:
    room, account, holds = paper(), record(w.ACCOUNT), limits(max_var_1d=9.0, max_es_1d=9.0)
    count = tails.prepare_tails(holds, account, room, walk(1), record(w.FACT), True, w.LONG)
    assert tails.room_under_both(holds, account, room, ROWS, count, np.inf) == 0.5
    assert tails.tails_hold(holds, account, room, ROWS, count, 0.5)


@pytest.mark.parametrize("filtered", [0, 1])
@pytest.mark.parametrize("alone", [True, False])
def test_both_tails_must_hold_at_the_size_that_is_asked(filtered: int, alone: bool) -> None:
    own, account = walk(3), record(w.ACCOUNT)
    for name, least in (("max_var_1d", w.VALUE_AT_RISK), ("max_es_1d", w.SHORTFALL)):
        wide = limits(filtered=filtered, max_var_1d=9.0, max_es_1d=9.0)
        room = paper()
        count = tails.prepare_tails(wide, account, room, own, record(w.FACT), alone, w.LONG)
        at = tails.tail_at(wide, account, room, ROWS, count, 0.2, least)
        for share, holds in ((1.01, True), (0.99, False)):
            narrow = limits(filtered=filtered, **{"max_var_1d": 9.0, "max_es_1d": 9.0, name: at * share})
            assert tails.tails_hold(narrow, account, room, ROWS, count, 0.2) is holds


def test_a_filtered_tail_alone_is_measured_once_and_scaled() -> None:
    own, account, holds = walk(5), record(w.ACCOUNT), limits(filtered=1)
    room = paper()
    assert tails.prepare_tails(holds, account, room, own, record(w.FACT), True, w.LONG) == tails.SCALES
    one, two = (tails.tail_at(holds, account, room, ROWS, tails.SCALES, extra, w.SHORTFALL) for extra in (0.1, 0.2))
    assert two == pytest.approx(2 * one)
    whole = paper(np.zeros(ROWS))
    tails.prepare_tails(holds, account, whole, own, record(w.FACT), False, w.LONG)
    same = tails.tail_at(holds, account, whole, ROWS, ROWS, 0.1, w.SHORTFALL)
    assert same == pytest.approx(one)


@given(
    seed=st.integers(0, 10_000),
    step=st.integers(1, 5),
    falls=st.floats(1.0, 2.0),
    floored=st.booleans(),
    decay=st.floats(0.5, 0.99),
    alone=st.booleans(),
)
def test_a_filtered_tail_of_steps_is_that_of_the_measures(
    seed: int, step: int, falls: float, floored: bool, decay: float, alone: bool
) -> None:
    own, rest, account = walk(seed), walk(seed, "rest") * (0.0 if alone else 0.3), record(w.ACCOUNT)
    holds = limits(filtered=1, step=step, falls=falls, floored=floored, decay=decay)
    room = paper(None if alone else rest)
    tails.add_up(holds, room[0], room[0])
    sums = np.empty((1, ROWS))
    tails.rolled(own[None, :], sums, step)
    count = tails.prepare_tails(
        holds, account, room, sums[0, (ROWS - 1) % step :: step][-(ROWS // step) :], record(w.FACT), alone, w.LONG
    )
    steps = Horizon(step, 24.0, Memory(decay, falls, floored), ROWS, 50).steps(rest + own * 0.2)
    assert count == (tails.SCALES if alone else len(steps))
    for confidence, code in zip(CONFIDENCES[0], (w.VALUE_AT_RISK, w.SHORTFALL), strict=True):
        tail = filtered_tail(steps, confidence=confidence, memory=Memory(decay, falls, floored))
        wanted = float(tail.es if code == w.SHORTFALL else tail.var) * 24**0.5
        found = tails.tail_at(holds, account, room, len(steps), count, 0.2, code)
        assert found == pytest.approx(wanted, rel=1e-9)


@given(seed=st.integers(0, 10_000), step=st.integers(1, 30))
@settings(max_examples=5)
def test_the_sums_of_all_bars_are_to_the_bit_those_that_a_window_adds_up(seed: int, step: int) -> None:
    returns = generator(seed, "rolled", "returns").normal(0.0, 0.01, (2, ROWS))
    sums, added = np.full_like(returns, np.nan), np.empty(ROWS)
    tails.rolled(returns, sums, step)
    for market in (0, 1):
        assert (sums[market, : step - 1] == 0.0).all()
        for end in (ROWS, ROWS - 7, step):
            count = tails.add_up(limits(step=step), returns[market, :end], added)
            assert (sums[market, end - 1 - (count - 1) * step : end : step] == added[:count]).all()


def test_a_quiet_end_makes_a_filtered_tail_smaller_and_a_wild_one_larger() -> None:
    own, account, holds = walk(7), record(w.ACCOUNT), limits(filtered=1)
    swing = np.linspace(3.0, 0.2, ROWS)
    found = []
    for series in (own * swing, own * swing[::-1]):
        room = paper()
        tails.prepare_tails(holds, account, room, series, record(w.FACT), True, w.LONG)
        found.append(tails.tail_at(holds, account, room, ROWS, tails.SCALES, 0.3, w.VALUE_AT_RISK))
    assert 0 < found[0] < found[1]


def test_a_market_that_never_moved_has_no_filtered_tail() -> None:
    account, holds, room = record(w.ACCOUNT), limits(filtered=1), paper()
    tails.prepare_tails(holds, account, room, np.zeros(ROWS), record(w.FACT), True, w.LONG)
    assert tails.tail_at(holds, account, room, ROWS, tails.SCALES, 0.5, w.SHORTFALL) == 0.0


def test_what_was_measured_of_a_bar_is_kept_and_not_of_another_bar() -> None:
    account, holds, room, fact = record(w.ACCOUNT), limits(filtered=1), paper(), record(w.FACT)
    facts.refresh(fact, 7)
    first = tails.unit_tails(holds, account, room, walk(1), fact, w.LONG)
    assert tails.unit_tails(holds, account, room, walk(2), fact, w.LONG) == first
    facts.refresh(fact, 7)
    assert tails.unit_tails(holds, account, room, walk(2), fact, w.LONG) == first
    facts.refresh(fact, 8)
    assert tails.unit_tails(holds, account, room, walk(2), fact, w.LONG) != first


@given(seed=st.integers(0, 10_000), share=st.floats(0.0, 1.0))
def test_a_correlation_is_pearsons(seed: int, share: float) -> None:
    one, other = walk(seed), walk(seed, "other")
    mixed = share * one + (1 - share) * other
    assert tails.correlation(one, mixed) == pytest.approx(np.corrcoef(one, mixed)[0, 1], abs=1e-9)


def test_a_correlation_is_kept_for_its_bar_its_markets_and_its_length() -> None:
    returns = np.stack([walk(1), walk(2), walk(3)])
    kept = np.zeros((2, 3, 3), dtype=w.PAIR).view(np.recarray)

    def whole(bar: int, rows: int, one: int, other: int) -> float:
        span = slice(bar - rows + 1, bar + 1)
        return float(tails.correlation(returns[one, span], returns[other, span]))

    asked = [(150, 100, 0, 1), (150, 100, 1, 0), (150, 90, 0, 1), (150, 100, 0, 2), (152, 100, 0, 1), (150, 100, 0, 1)]
    for bar, rows, one, other in asked:  # bars 150 and 152 share a row of the table
        assert pairs.correlated(returns, kept, bar, rows, one, other) == whole(bar, rows, *sorted((one, other)))
    kept[0, 0, 2].value = 0.25
    assert pairs.correlated(returns, kept, 150, 100, 2, 0) == 0.25


def test_a_series_that_does_not_move_counts_as_fully_correlated() -> None:
    assert tails.correlation(walk(1), np.zeros(ROWS)) == 1.0


def test_the_tail_of_a_short_is_that_of_the_mirrored_returns_and_kept_apart() -> None:
    room, account, holds, fact = paper(), record(w.ACCOUNT), limits(filtered=1), record(w.FACT)
    long = tails.unit_tails(holds, account, room, walk(1), fact, w.LONG)
    short = tails.unit_tails(holds, account, room, walk(1), fact, w.SHORT)
    assert short != long
    assert tails.unit_tails(holds, account, room, -walk(1), record(w.FACT), w.LONG) == short
    assert tails.unit_tails(holds, account, room, walk(2), fact, w.SHORT) == short


def test_bets_on_two_sides_are_against_each_other_and_a_still_market_is_one_with_any() -> None:
    returns = np.stack([walk(1), walk(1) + 0.3 * walk(2), np.zeros(ROWS)])
    kept = np.zeros((1, 3, 3), dtype=w.PAIR).view(np.recarray)
    same = pairs.as_bets(returns, kept, ROWS - 1, ROWS, 0, 1, True)
    assert same == pairs.correlated(returns, kept, ROWS - 1, ROWS, 0, 1) > 0.5
    assert pairs.as_bets(returns, kept, ROWS - 1, ROWS, 0, 1, False) == -same
    assert pairs.as_bets(returns, kept, ROWS - 1, ROWS, 0, 2, False) == 1.0
