"""What a step is worth: net profit, with penalties that say what they take."""

import numpy as np
import pytest

from rl.environment.reward import Balance, CvarConstrained, DifferentialSharpe, Profit, Reward, Steps

NONE = np.zeros((1, 0))


def step(after: float, **changes: float) -> Steps:
    given = {"before": 100.0, "after": after, "peak": 100.0, "traded": 0.0, "es_used": np.nan, "days": 1.0, **changes}
    return Steps(**{name: np.array([value]) for name, value in given.items()}, begins=np.array([False]))


def test_a_gain_is_paid_once_and_a_loss_counts_one_and_a_fifth_times() -> None:
    assert Profit().of(step(101.0), NONE).rewards == pytest.approx([1.0])
    assert Profit().of(step(99.0), NONE).rewards == pytest.approx([-1.2])
    assert Profit(unit=0.02).of(step(101.0), NONE).rewards == pytest.approx([0.5])


def test_what_losses_count_more_is_told_as_a_penalty() -> None:
    paid = Profit().of(step(99.0), NONE)
    assert paid.edge == pytest.approx([-0.01])
    assert paid.penalties == pytest.approx([0.002])


@pytest.mark.parametrize("bars", [1, 24])
def test_penalties_on_levels_cost_the_same_a_day_however_long_a_bar_is(bars: int) -> None:
    rule = Profit(losses=1.0, drawdown=0.1, es=0.01)
    fallen = step(100.0, peak=125.0, es_used=0.5, days=1.0 / bars)
    assert bars * rule.of(fallen, NONE).penalties[0] == pytest.approx(0.1 * 0.2 + 0.01 * 0.5)


def test_a_missing_tail_costs_nothing() -> None:
    assert Profit(es=1.0).of(step(100.0), NONE).penalties == [0.0]


def test_turnover_is_penalised_on_what_was_traded_and_drift_is_free() -> None:
    rule = Profit(losses=1.0, turnover=0.001)
    assert rule.of(step(100.0, traded=50.0), NONE).penalties == pytest.approx([0.0005])
    assert rule.of(step(120.0, traded=0.0), NONE).penalties == [0.0]


def test_an_account_without_equity_is_paid_nothing() -> None:
    assert Profit().of(step(0.0, before=0.0), NONE).rewards == [0.0]


def test_a_gain_raises_the_differential_sharpe_and_a_large_loss_lowers_it() -> None:
    rule, memory = DifferentialSharpe(rate=0.1), np.zeros((1, 2))
    for after in (101.0, 100.5, 101.5, 100.2) * 5:
        memory = rule.of(step(after), memory).memory
    assert rule.of(step(101.0), memory).rewards[0] > 0.0
    assert rule.of(step(95.0), memory).rewards[0] < 0.0


def test_a_new_episode_begins_without_a_memory() -> None:
    rule = DifferentialSharpe()
    fresh = step(101.0)._replace(begins=np.array([True]))
    assert rule.of(fresh, np.array([[0.3, 0.4]])).memory == pytest.approx(rule.of(fresh, np.zeros((1, 2))).memory)


def _prices(limit: float) -> list[float]:
    rule, memory, chance = CvarConstrained(Profit(), limit), np.zeros((64, 2)), np.random.default_rng(3)
    prices = []
    for _ in range(300):
        steps = [step(100.0 * (1.0 + move)) for move in chance.normal(0.0, 0.01, 64)]
        joined = Steps(*(np.concatenate(part) for part in zip(*steps, strict=True)))
        memory = rule.of(joined, memory).memory
        prices.append(float(memory[0, 1]))
    return prices


def test_the_price_of_tail_losses_rises_while_they_are_above_their_limit_and_is_nothing_below() -> None:
    tight, loose = _prices(0.01), _prices(0.05)
    assert tight[-1] > tight[50] > 0.0
    assert loose[-1] == 0.0


def test_a_priced_tail_takes_from_bad_steps_alone() -> None:
    rule = CvarConstrained(Profit(), 0.01)
    memory = np.array([[0.01, 2.0]])
    assert rule.of(step(101.0), memory).rewards == Profit().of(step(101.0), NONE).rewards
    bad = rule.of(step(97.0), memory)
    assert bad.penalties - Profit().of(step(97.0), NONE).penalties == pytest.approx([2.0 * 0.02 / 0.05])


@pytest.mark.parametrize("rule", [Profit(), DifferentialSharpe(), CvarConstrained(DifferentialSharpe(), 0.01)])
def test_a_rule_remembers_as_much_as_it_says_and_changes_nothing_that_it_is_given(rule: Reward) -> None:
    memory = np.full((1, rule.width), 0.001)
    before = memory.copy()
    paid = rule.of(step(98.0), memory)
    assert paid.memory.shape == (1, rule.width)
    assert np.array_equal(memory, before)
    assert np.isfinite(paid.rewards).all()


def test_penalties_larger_than_the_edge_are_told() -> None:
    small, large = Balance(), Balance()
    small.add(Profit(losses=1.0, drawdown=0.001).of(step(101.0, peak=110.0), NONE), np.array([2]))
    large.add(Profit(losses=1.0, drawdown=1.0).of(step(101.0, peak=110.0), NONE), np.array([2]))
    assert small.warning is None
    assert small.edge_bps == pytest.approx(50.0)
    assert large.warning is not None
    assert "doing nothing is paid best" in large.warning
