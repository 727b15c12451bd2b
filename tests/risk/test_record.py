"""The record of a voter, and what it makes of a next purchase."""

import math

import pytest
from gate_support import LIMITS, SETTINGS
from hypothesis import given
from hypothesis import strategies as st

from risk.record import NO_RECORD, VotersRecord, kelly_of_record, outcome_of, proof_of_record
from risk.sizing import Entry, kelly_room, record_room

STOP, TARGET, FEE = 0.02, 0.03, 0.001
outcomes = st.lists(st.floats(-1.5, 2.5), max_size=300)


def record_of(values: list[float]) -> VotersRecord:
    found = NO_RECORD
    for value in values:
        found = found.with_outcome(value)
    return found


def kelly(seen: VotersRecord, conviction: float = 0.6, prior: float = 20.0) -> float:
    return kelly_of_record(
        conviction, STOP, TARGET, 0.1, prior, seen.cases, seen.wins, seen.gain, seen.loss, 1.0
    )  # fmt: skip


def proof(seen: VotersRecord) -> float:
    return proof_of_record(20.0, 2.0, seen.cases, seen.gain, seen.loss, seen.squares)


@pytest.mark.parametrize(
    ("bar", "last", "price"),
    [
        ((100.0, 101.0, 99.0, 100.5), False, None),
        ((100.0, 104.0, 99.0, 100.5), False, 103.0),
        ((100.0, 104.0, 97.0, 100.5), False, 98.0),
        ((96.0, 97.0, 95.0, 96.5), False, 96.0),
        ((100.0, 101.0, 99.0, 100.5), True, 100.5),
    ],
    ids=["open", "target", "the stop first", "a gap below the stop", "its time is over"],
)
def test_an_outcome_is_counted_after_fees_in_losses_at_the_stop(
    bar: tuple[float, float, float, float], last: bool, price: float | None
) -> None:
    found = outcome_of(100.0, STOP, TARGET, FEE, *bar, last)
    if price is None:
        assert math.isnan(found)
    else:
        assert found == pytest.approx((price * 0.999 / 100.1 - 1.0) / STOP)


def test_without_a_record_kelly_is_that_of_the_assumed_voter_in_risk_units() -> None:
    payoff = TARGET / STOP
    chance = 1.0 / (1.0 + payoff) + 0.1 * 0.6
    assert kelly(NO_RECORD) == pytest.approx((chance - (1.0 - chance) / payoff) / STOP)


def test_conviction_counts_once() -> None:
    assert kelly(NO_RECORD, 0.8) == pytest.approx(2.0 * kelly(NO_RECORD, 0.4))


def test_many_cases_outweigh_the_assumption() -> None:
    won = record_of([1.4, -1.1] * 500)
    chance, win, loss = 0.5, 1.4, 1.1
    assert kelly(won) == pytest.approx((chance - (1.0 - chance) * loss / win) / (STOP * loss), rel=0.05)


def test_a_voter_that_loses_gets_nothing_however_sure_it_is() -> None:
    lost = record_of([1.4, -1.1, -1.1, -1.1] * 25)
    assert kelly(lost, 1.0) < 0.0
    limits = LIMITS.model_copy(update={"kelly_stake": "risk"})
    assert kelly_room(Entry(1.0, STOP, 0.0, limits, SETTINGS.exits, record=lost)) == 0.0


@pytest.mark.parametrize(
    ("payoff", "shared", "target"), [("even", True, 0.02), ("even", False, None), ("target", True, None)]
)
def test_a_position_without_a_target_is_assumed_to_win_what_it_loses(
    payoff: str, shared: bool, target: float | None
) -> None:
    limits = LIMITS.model_copy(update={"kelly_stake": "risk", "kelly_payoff": payoff})
    entry = Entry(0.5, STOP, 0.0, limits, SETTINGS.exits, shared=shared)
    won = SETTINGS.exits.take_profit_fraction if target is None else target
    by_hand = kelly_of_record(0.5, STOP, won, limits.kelly_edge, limits.record_prior, 0, 0, 0.0, 0.0, 1.0)
    assert kelly_room(entry) == pytest.approx(limits.kelly_fraction * by_hand)


def test_a_record_proves_an_edge_by_its_mean_in_standard_errors() -> None:
    seen = record_of([1.4, -1.1, 1.4] * 30)
    count = 90 + 20
    mean = (seen.gain - seen.loss) / count
    error = math.sqrt(((seen.squares + 20) / count - mean * mean) / count)
    assert proof(seen) == pytest.approx(min(1.0, mean / error / 2.0))


def test_a_few_lucky_cases_prove_little_and_none_prove_nothing() -> None:
    assert proof(NO_RECORD) == 0.0
    assert 0.0 < proof(record_of([1.4] * 3)) < 0.6
    assert proof(record_of([-1.1] * 50)) == 0.0


def test_what_a_record_leaves_goes_from_the_unproven_share_to_the_position_limit() -> None:
    limits = LIMITS.model_copy(update={"unproven_fraction": 0.01, "max_position_fraction": 0.05})
    assert [record_room(limits, part) for part in (0.0, 0.5, 1.0)] == pytest.approx([0.01, 0.03, 0.05])


@given(outcomes, st.floats(-1.5, 2.5))
def test_one_more_loss_never_makes_kelly_larger_and_one_more_win_never_smaller(
    values: list[float], more: float
) -> None:
    seen = record_of(values)
    other = seen.with_outcome(more)
    if more < -1.2:  # a loss as large as any that is assumed
        assert kelly(other) <= kelly(seen) + 1e-9
    assert 0.0 <= proof(other) <= 1.0


@given(outcomes, outcomes)
def test_two_records_together_are_the_record_of_all_cases(one: list[float], other: list[float]) -> None:
    whole, parts = record_of([*one, *other]), record_of(one) + record_of(other)
    assert (whole.cases, whole.wins) == (parts.cases, parts.wins)
    assert (whole.gain, whole.loss, whole.squares) == pytest.approx((parts.gain, parts.loss, parts.squares))
