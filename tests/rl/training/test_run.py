"""From tapes to a model: what is measured before training knows the training part alone, and what is written can be served."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from policy_tapes import policy_tape

from config.errors import DataFault, OutputFault, UsageFault
from execution.kernel.lanes.result import KernelResult
from execution.kernel.records import FILL
from market.timeframe import Timeframe
from rl.action import Base
from rl.environment.episodes import play
from rl.environment.reward import CvarConstrained, DifferentialSharpe, Profit
from rl.model import Span, load_model
from rl.training.base import GRID, pooled_sharpe, tune
from rl.training.plan import TrainingPlan, plan_of
from rl.training.product import add_history, said_of, warnings_of, write_product
from rl.training.rewards import reward_of
from rl.training.run import Named, Ready, Recipe, prepare, train
from rl.training.split import longest_held, split_by_time
from rl.training.world import Judged, shares_of

TAPES = tuple(policy_tape(seed) for seed in range(3))
RECIPE = Recipe(episode_days=90.0)
PLAN = TrainingPlan(steps=2 * 1024, seeds=(1, 2), environments=32, rollout=32, minibatch=512, leg_rollouts=1)
DAY = datetime(2022, 1, 1, tzinfo=UTC)
NAMED = Named("small", ("BTC/USDT",), Timeframe.D1, (Span(start_utc=DAY, end_utc=DAY),), {"walk": "0" * 64}, {}, 3)


@pytest.fixture(scope="module")
def ready() -> Ready:
    return prepare(TAPES, RECIPE)


def test_the_parts_lie_apart_by_the_longest_time_that_a_position_is_held() -> None:
    parts = split_by_time(TAPES, 0.2)
    ends = max(tape.course.stretch[1] for tape in parts.training)
    begins = min(tape.course.stretch[0] for tape in parts.validation)
    assert begins - ends >= parts.gap_days > 0
    held = [longest_held(play([tape], lambda rows, features: np.ones(len(rows))).results[0]) for tape in parts.training]
    assert parts.gap_days >= max(held)
    assert begins == TAPES[0].course.stretch[1] - round(0.2 * len(TAPES[0]))


def test_a_longer_gap_may_be_asked_for_and_one_that_is_no_longer_than_a_limit() -> None:
    assert split_by_time(TAPES, 0.2, 120.0).gap_days >= 120.0
    whole, short = split_by_time(TAPES, 0.2), split_by_time(TAPES, 0.2, most_gap_days=2.0)
    assert short.gap_days == 2.0 < whole.gap_days
    assert sum(map(len, short.training)) > sum(map(len, whole.training))
    assert [len(tape) for tape in short.validation] == [len(tape) for tape in whole.validation]
    assert split_by_time(TAPES, 0.2, 120.0, most_gap_days=2.0).gap_days == 120.0


def test_too_few_bars_for_both_parts_are_told() -> None:
    with pytest.raises(DataFault, match=r"These bars are too few: .* Give more bars"):
        split_by_time([policy_tape(bars=180)], 0.2)


def test_the_longest_holding_ends_with_the_last_lot_or_with_the_last_bar() -> None:
    fills = np.zeros(4, dtype=FILL)
    fills["bar"], fills["buys"], fills["lots"] = [2, 5, 9, 12], [1, 0, 0, 1], [4, 1, 3, 1]
    closed = KernelResult(("A",), np.ones(14), fills[:3], {}, 0, 0)
    assert longest_held(closed) == 7
    assert longest_held(replace(closed, fills=fills, equity=np.ones(30))) == 18


def test_nothing_that_is_measured_depends_on_later_bars(ready: Ready) -> None:
    cut = ready.parts.validation[0].course.stretch[0]
    later = []
    for tape in TAPES:
        votes = tape.course.votes
        exposure = votes.exposure.copy()
        exposure[cut:] = np.where(votes.direction[cut:] > 0, 0.75, 0.0)
        changed = votes.__class__(votes.direction, votes.conviction, votes.scale, votes.atr, exposure=exposure)
        later.append(replace(tape, course=tape.course._replace(votes=changed)))
    other = prepare(later, RECIPE)
    assert other.tuned == ready.tuned
    assert other.world.fill.tobytes() == ready.world.fill.tobytes()
    assert other.world.reward == ready.world.reward
    assert other.scaler.mean.tobytes() == ready.scaler.mean.tobytes()
    assert other.scaler.sd.tobytes() == ready.scaler.sd.tobytes()
    assert other.known.low.tobytes() == ready.known.low.tobytes()


@pytest.mark.slow
def test_the_base_is_the_best_rule_of_the_grid_on_its_tapes() -> None:
    tuned = tune(TAPES)
    by_hand = {}
    for rule in GRID:
        results = play(TAPES, lambda rows, features, rule=rule: rule.of(rows)).results
        by_hand[rule] = pooled_sharpe([made.equity for made in results], [1.0] * len(TAPES))
    assert dict(tuned.tried) == pytest.approx(by_hand)
    assert tuned.base == max(by_hand, key=lambda rule: by_hand[rule])


def test_the_judge_sees_the_base_in_actions_of_zero(ready: Ready) -> None:
    judged = ready.world.judge(lambda features: np.zeros(len(features)))
    assert judged.gain == 0.0
    assert (judged.ratio, judged.departure, judged.zero) == (1.0, 0.0, 0.0)
    nothing = ready.world.judge(lambda features: np.full(len(features), -1.0))
    assert nothing.zero == 1.0
    assert nothing.sharpe == 0.0


def test_a_model_is_trained_written_and_read(ready: Ready, tmp_path: Path) -> None:
    product = train(ready, PLAN, NAMED, tmp_path, lambda point: None)
    write_product(tmp_path, product)
    model = load_model(tmp_path)
    assert model.sha256 == product.model.sha256
    seen = play(ready.parts.validation, lambda rows, features: np.ones(len(rows))).features
    judged = ready.world.judge(lambda features: model.answers(features)[0])
    assert judged == product.judged
    for made, own in zip(product.results, model.networks.w1, strict=True):
        assert np.array_equal(made.weights["mlp_extractor.policy_net.0.weight"], own)
    told = json.loads((tmp_path / "training.json").read_text())
    assert [seed["parameters_sha256"] for seed in told["seeds"]] == [made.parameters for made in product.results]
    assert told["base_grid"][0] == {
        "target_daily_volatility": None,
        "blend": 0.0,
        "sharpe": told["base_grid"][0]["sharpe"],
    }
    assert len((tmp_path / "curves.jsonl").read_text().splitlines()) == 4
    assert sorted(path.name for path in (tmp_path / "seeds").iterdir()) == ["seed-0001.zip", "seed-0002.zip"]
    assert len(seen)


@pytest.mark.slow
def test_a_network_answers_in_numpy_what_it_answered_in_torch(ready: Ready, tmp_path: Path) -> None:
    from stable_baselines3 import PPO

    plan = PLAN.model_copy(update={"seeds": (1,), "learning_rate": 0.01})
    product = train(ready, plan, NAMED, tmp_path, lambda point: None)
    write_product(tmp_path, product)
    policy = PPO.load(tmp_path / "seeds" / "seed-0001.zip", device="cpu")
    features = play(ready.parts.training, lambda rows, features: np.ones(len(rows))).features[:200]
    torch_says, _ = policy.predict(ready.scaler.scaled(features).astype(np.float32), deterministic=True)
    assert product.model.answers(features)[0] == pytest.approx(torch_says[:, 0], abs=2e-6)


@pytest.mark.slow
def test_real_tapes_train_to_the_same_parameters_in_legs_or_resumed(ready: Ready, tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def kill(point: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        train(ready, PLAN, NAMED, tmp_path / "a", kill)
    resumed = train(ready, PLAN, NAMED, tmp_path / "a", lambda point: None)
    whole = train(ready, PLAN, NAMED, tmp_path / "b", lambda point: None)
    assert [made.last_parameters for made in resumed.results] == [made.last_parameters for made in whole.results]
    assert resumed.model.sha256 == whole.model.sha256


def test_a_folder_that_cannot_be_written_is_told(ready: Ready, tmp_path: Path) -> None:
    product = train(ready, PLAN, NAMED, tmp_path / "a", lambda point: None)
    (tmp_path / "b").write_text("a file")
    with pytest.raises(OutputFault, match="its checkpoints are kept"):
        write_product(tmp_path / "b", product)


def test_a_history_keeps_its_lines(tmp_path: Path) -> None:
    add_history(tmp_path, {"sha256": "a"})
    add_history(tmp_path, {"sha256": "b"})
    assert [json.loads(line)["sha256"] for line in (tmp_path / "history.jsonl").read_text().splitlines()] == ["a", "b"]


def test_what_a_validation_shows_is_said_in_words(ready: Ready, tmp_path: Path) -> None:
    assert "collapsed to zero" in said_of(Judged(0.0, 1.0, 0.0, 1.0, 0.95))
    assert "the base itself" in said_of(Judged(1.0, 1.0, 1.0, 0.001, 0.0))
    assert "Sharpe 1.50 against 1.00 of the base" in said_of(Judged(1.5, 1.0, 0.9, 0.2, 0.0))
    product = train(ready, PLAN, NAMED, tmp_path, lambda point: None)
    ended = product.results[0].curve[-1]._replace(zero=1.0)
    fallen = product.results[0]._replace(curve=(ended,), warning=None)
    assert warnings_of(product._replace(results=(fallen,)))[0].startswith("1 of 1 seeds collapsed to zero in training")


def test_shares_are_those_of_the_multipliers() -> None:
    assert shares_of(np.array([0.0, 0.5, 1.0, 1.5])) == (0.75, 0.5, 0.25)
    assert shares_of(np.zeros(0)) == (1.0, 0.0, 0.0)


def test_rewards_are_named_with_their_numbers() -> None:
    assert reward_of("profit", 0.01) == Profit(unit=0.01)
    assert reward_of("profit:drawdown=0.1,losses=1", 0.01) == Profit(losses=1.0, drawdown=0.1, unit=0.01)
    assert reward_of("sharpe:rate=0.02", 0.01) == DifferentialSharpe(rate=0.02)
    assert reward_of("cvar", 0.01) == CvarConstrained(Profit(unit=0.01), limit=0.03, unit=0.01)
    for words in ("sortino", "profit:rate=1", "profit:drawdown=much", "profit:drawdown=-1", "sharpe:rate=nan"):
        with pytest.raises(UsageFault, match="nothing was started"):
            reward_of(words, 0.01)


@pytest.mark.parametrize(
    "wrong",
    [{"minibatch": 3000}, {"seeds": (1, 1)}, {"seeds": (-1,)}, {"gamma": 1.0}, {"steps": 0}, {"learning_rate": 0.0}],
)
def test_a_plan_that_does_not_fit_is_told_in_one_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageFault, match=r"cannot be planned: .* Nothing was started\.$"):
        plan_of(**wrong)


def test_a_base_of_the_grid_never_changes_nothing_twice() -> None:
    assert len(set(GRID)) == len(GRID)
    assert Base() in GRID
