"""Accounts of perpetuals in the environment: shorts, margin, funding and liquidation are in what a step is paid."""

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from contract_worlds import BLOCK, WARM, Planted, contract_tape
from gymnasium.utils.env_checker import check_env
from policy_tapes import policy_tape
from stable_baselines3.common.env_checker import check_env as check_for_baselines

from config.errors import DataFault
from config.seeds import generator
from evidence.policy.playing import DEPLOYED, FEES, RETURN, days_of, play_rules
from rl.action import Base
from rl.environment.batched import BatchedRiskEnv
from rl.environment.contracts.course import LIQUIDATION
from rl.environment.contracts.lanes import ContractLanes
from rl.environment.env import RiskAdjusterEnv
from rl.environment.episodes import Draw, Episodes, play
from rl.environment.lanes import lanes_of
from rl.environment.reward import Profit
from rl.environment.tape import PolicyTape, Variety, varied_rules
from rl.features import PERPETUAL
from rl.training.split import longest_held

BOTH = Planted(drift=(0.003, -0.003), funding=(0.0005, -0.0005))
NAMES = [feature.name for feature in PERPETUAL.features]


def tape(seed: int = 1, planted: Planted = BOTH, days: int = 60, **more: Any) -> PolicyTape:
    return contract_tape(seed, planted, days, **more)


def through(one: PolicyTape, multiplier: float) -> ContractLanes:
    """One account to its end, under one multiplier."""
    lanes = ContractLanes([one.course], reviews=True)
    lanes.advance()
    while lanes.asking.any():
        lanes.advance(np.full(1, multiplier))
    return lanes


def test_a_short_wins_what_a_long_loses() -> None:
    falling = Planted(sides=(-1,), drift=(0.0, -0.01))
    short, long = through(tape(planted=falling), 1.0), through(tape(planted=Planted((1,), drift=(-0.01, 0.0))), 1.0)
    assert short.equity[0] > 10_500.0
    assert long.equity[0] < 9_500.0
    assert (short.result(0).fills["buys"][::2] == 0).all(), "sold first, bought back after"


def test_nothing_is_held_where_the_policy_leaves_nothing_and_a_half_is_half_as_much() -> None:
    assert not len(through(tape(), 0.0).result(0).fills)
    whole, half = (through(tape(), each).traded[0] for each in (1.0, 0.5))
    assert half == pytest.approx(0.5 * whole, rel=0.15)


def test_a_policy_never_enlarges_what_is_voted_and_ruled() -> None:
    one, other = through(tape(), 1.0).result(0), through(tape(), 1.25).result(0)
    assert one.fills.tobytes() == other.fills.tobytes()


def test_funding_is_paid_out_of_equity_and_shown_before_it_is() -> None:
    dear, free = Planted((1,), funding=(0.002,)), Planted((1,))
    paid = through(tape(planted=dear), 1.0)
    assert paid.account(0).funding > 0.0
    assert paid.equity[0] < through(tape(planted=free), 1.0).equity[0] - 0.8 * paid.account(0).funding
    received = through(tape(planted=Planted((-1,), funding=(0.002,))), 1.0)
    assert received.account(0).funding < 0.0
    played = play(
        [tape(planted=dear), tape(planted=Planted((-1,), funding=(0.002,)))], lambda rows, f: np.ones(len(rows))
    )
    side, rate = (played.features[:, NAMES.index(name)] for name in ("direction", "funding_rate"))
    assert np.array_equal(rate, 0.002 * side), "a long pays what a short receives"


def test_a_liquidation_takes_the_margin_and_no_more_and_the_account_goes_on() -> None:
    wild = Planted((1,), drift=(0.002, 0.0), wicks=0.1, leverage=3)
    lanes = through(tape(planted=wild), 1.0)
    result, account = lanes.result(0), lanes.account(0)
    assert account.liquidations > 1
    assert (result.fills["purpose"] == LIQUIDATION).sum() == account.liquidations
    assert result.equity.min() > 0.0
    falls = 1.0 - result.equity[1:] / result.equity[:-1]
    assert 0.05 < falls.max() < 0.4 / 3 + 0.08, "a third of what is held, and what the day moved"
    alone = through(tape(planted=wild._replace(leverage=1)), 1.0)
    assert not alone.account(0).liquidations


def test_a_levered_position_sees_its_liquidation_nearer() -> None:
    at = NAMES.index("liquidation")
    near, far = (
        play([tape(planted=Planted((1,), leverage=leverage))], lambda rows, f: np.ones(len(rows))).features[:, at]
        for leverage in (3, 1)
    )
    assert near.max() < far.min()


def test_the_profits_of_the_steps_are_those_of_the_account() -> None:
    one = tape()
    episodes = Episodes([one], 1, base=Base(), reward=Profit(losses=1.0, unit=1.0))
    episodes.begin(generator(0, "test"))
    start, total = episodes.equity[0], 0.0
    while True:
        turn = episodes.step(np.zeros(1))
        total += np.log1p(turn.paid.rewards[0])
        if turn.ended[0]:
            break
    assert np.exp(total) == pytest.approx(episodes.equity[0] / start)
    assert episodes.result(0).equity[-1] == episodes.equity[0]


def test_the_single_environment_is_one_for_both_libraries() -> None:
    env = RiskAdjusterEnv([tape(days=30)], base=Base(), draw=Draw(12, 1))
    check_env(env, skip_render_check=True)
    check_for_baselines(env)


def test_one_account_is_one_lane() -> None:
    given = {"base": Base(), "draw": Draw(15, 1)}
    alone, beside = RiskAdjusterEnv([tape()], **given), BatchedRiskEnv([tape()], 1, **given)  # type: ignore[arg-type]
    alone.np_random = generator(5, "rl", "episodes")
    beside.seed(5)
    assert np.array_equal(alone.reset()[0], beside.reset()[0])
    chance, ended = np.random.default_rng(2), False
    while not ended:
        action = chance.uniform(-1.0, 1.0, 1).astype(np.float32)
        one, reward, terminated, ended, _ = alone.step(action)
        many, rewards, dones, infos = beside.step(action[None, :])
        assert not terminated
        assert reward == pytest.approx(float(rewards[0]), rel=1e-6)
        assert ended == bool(dones[0])
        assert np.array_equal(one, infos[0]["terminal_observation"] if ended else many[0])


def test_votes_that_are_heard_late_are_those_of_an_earlier_close() -> None:
    one = tape()
    late = replace(one, course=one.course._replace(delay=1))
    bars = [play([each], lambda rows, f: np.ones(len(rows))).bar for each in (one, late)]
    assert int(bars[1][0]) == int(bars[0][0]) + 1, "at the first close the last word of the warm-up is heard: be out"
    assert not np.array_equal(bars[0], bars[1])


def test_days_count_long_and_short_as_deployed() -> None:
    one = tape(planted=Planted((-1,)))
    run = play_rules([one], [lambda seen: np.ones(len(seen))])[0][0]
    days = days_of(one, run)
    assert days[:, DEPLOYED].max() > 0.3
    assert (days[:, DEPLOYED] >= 0.0).all()
    assert days[:, FEES].sum() > 0.0
    assert np.prod(1.0 + days[:, RETURN]) == pytest.approx(run.result.equity[-1] / 10_000.0)
    assert BLOCK - 2 <= longest_held(run.result) <= 12 * BLOCK


def test_a_tape_is_known_by_all_that_happens_on_it_and_can_be_sent_to_another_process() -> None:
    one = tape()
    other = one.course.rules
    hashes = {
        one.content_sha256,
        tape(2).content_sha256,
        tape(planted=BOTH._replace(funding=(0.001,))).content_sha256,
        tape(planted=BOTH._replace(leverage=2)).content_sha256,
        one.slice(WARM + 3, WARM + 30).content_sha256,
    }
    assert len(hashes) == 5
    assert other.perpetuals.leverage == 1  # type: ignore[union-attr]
    sent = pickle.loads(pickle.dumps(one))
    assert sent.content_sha256 == one.content_sha256 == replace(one, name="other").content_sha256


def test_costs_of_episodes_are_drawn_and_charged() -> None:
    from contract_worlds import SYMBOL, settings_of

    from market.catalogue import instrument_of

    one, settings = tape(), settings_of(1)
    dear = varied_rules(
        [instrument_of(settings.market, SYMBOL)], settings, 1.0, Variety((4.0, 4.0), (1.0, 1.0), (0.0, 0.0)), 1, 0
    )
    fees = [
        through(replace(one, course=one.course._replace(rules=rules)), 1.0).result(0).fills["fee"].sum()  # type: ignore[arg-type]
        for rules in (one.course.rules, *dear)
    ]
    assert fees[1] == pytest.approx(4.0 * fees[0], rel=0.02)


def test_spot_and_perpetuals_do_not_lie_on_one_tape_and_odd_courses_are_refused() -> None:
    one, lanes = tape(days=20), through(tape(days=20), 1.0)
    with pytest.raises(DataFault, match="tapes of one kind"):
        lanes_of([one.course, policy_tape().course])
    with pytest.raises(DataFault, match="does not fit"):
        lanes.begin(0, one.course._replace(first=5, end=5))  # type: ignore[arg-type]
    with pytest.raises(DataFault, match="need a course each"):
        ContractLanes([])
    lanes.begin(0, one.course)  # type: ignore[arg-type]
    lanes.advance()
    with pytest.raises(DataFault, match="finite and at least 0"):
        lanes.advance(np.full(1, np.nan))
