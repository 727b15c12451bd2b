"""Episodes: the accounting that both environments share, held against the kernel's own."""

from dataclasses import replace

import numpy as np
import pytest
from policy_tapes import instruments, policy_tape, profile

from config.errors import DataFault
from config.seeds import generator
from execution.kernel.engine import simulate
from execution.kernel.lanes.votes import Votes
from rl.action import Base
from rl.environment.episodes import Draw, Episodes, play, survey
from rl.environment.reward import Profit
from rl.environment.tape import PolicyTape, Variety, varied_rules
from rl.features import FEATURES

NAMES = [feature.name for feature in FEATURES]


def ones(rows: np.ndarray, features: np.ndarray) -> np.ndarray:
    return np.ones(len(rows))


@pytest.mark.parametrize("markets", [1, 2])
def test_a_multiplier_of_one_everywhere_is_the_backtest_without_a_policy(markets: int) -> None:
    tapes = [policy_tape(seed, markets=markets) for seed in (0, 1)]
    played = play(tapes, ones)
    assert played.review.any()
    assert not played.review.all()
    for tape, made in zip(tapes, played.results, strict=True):
        alone = simulate(tape.course.grid, tape.course.votes, tape.course.rules)
        assert len(alone.fills)
        assert made.fills.tobytes() == alone.fills.tobytes()
        assert made.equity.tobytes() == alone.equity.tobytes()


def test_the_profits_of_the_steps_are_those_of_the_account() -> None:
    tape = policy_tape()
    episodes = Episodes([tape], 1, base=Base(), reward=Profit(losses=1.0, unit=1.0))
    episodes.begin(generator(0, "test"))
    start = episodes.equity[0]
    total = 0.0
    while True:
        turn = episodes.step(np.zeros(1))
        total += np.log1p(turn.paid.rewards[0])
        if turn.ended[0]:
            break
    assert np.exp(total) == pytest.approx(episodes.equity[0] / start)
    assert episodes.result(0).equity[-1] == episodes.equity[0]
    assert episodes.balance.bars == pytest.approx(len(tape), abs=len(tape) // 4)


def test_a_policy_that_leaves_nothing_holds_nothing() -> None:
    tape = policy_tape()
    played = play([tape], lambda rows, features: np.zeros(len(rows)))
    assert len(played.bar)
    assert not len(played.results[0].fills)


def test_at_a_review_no_court_has_spoken_and_at_a_proposal_it_has() -> None:
    played = play([policy_tape(court=True)], ones)
    for name in ("agreement", "sentiment", "regime", "ruling_scale"):
        column = played.features[:, NAMES.index(name)]
        assert np.isnan(column[played.review]).all()
        assert not np.isnan(column[~played.review]).any()


def test_court_columns_are_those_of_the_bar_at_which_the_votes_were_cast() -> None:
    tape = policy_tape(court=True)
    late = replace(tape, course=tape.course._replace(delay=2))
    played = play([late], ones)
    asked = ~played.review
    told = played.features[asked][:, [NAMES.index(name) for name in ("agreement", "sentiment")]]
    assert np.array_equal(told, tape.court[played.bar[asked] - 2, played.market[asked]][:, :2])


def test_votes_that_are_heard_late_are_the_votes_of_earlier_bars() -> None:
    tape = policy_tape()
    course = tape.course

    def shifted(column: np.ndarray) -> np.ndarray:
        return np.concatenate((np.zeros_like(column[:3]), column[:-3]))

    votes = course.votes
    moved = Votes(
        shifted(votes.direction), shifted(votes.conviction), shifted(votes.scale), np.full(votes.atr.shape, np.nan),
        exposure=shifted(votes.exposure),
    )  # fmt: skip
    late = play([replace(tape, course=course._replace(delay=3))], ones).results[0]
    alone = simulate(course.grid, moved, course.rules)
    assert late.fills.tobytes() == alone.fills.tobytes()
    assert late.fills.tobytes() != simulate(course.grid, votes, course.rules).fills.tobytes()


def test_a_lane_does_what_it_would_do_alone_whatever_its_neighbours_do() -> None:
    tapes = [policy_tape(seed) for seed in range(3)]
    together = play(tapes, lambda rows, features: 0.5 + 0.5 * np.tanh(features[:, NAMES.index("volatility_ratio")]))
    for number, tape in enumerate(tapes):
        alone = play([tape], lambda rows, features: 0.5 + 0.5 * np.tanh(features[:, NAMES.index("volatility_ratio")]))
        own = together.tape == number
        assert np.array_equal(together.features[own], alone.features, equal_nan=True)
        assert together.results[number].fills.tobytes() == alone.results[0].fills.tobytes()


def test_episodes_are_stretches_of_the_tapes_and_the_same_for_the_same_chance() -> None:
    tapes = [policy_tape(seed) for seed in range(2)]
    seen = []
    for chance in (3, 3, 4):
        episodes = Episodes(tapes, 8, base=Base(0.02), draw=Draw(60, 2))
        told = [episodes.begin(generator(chance, "test"))]
        for _ in range(30):
            turn = episodes.step(np.full(8, 0.1))
            told.append(turn.observations)
            assert (np.array([len(episodes.result(lane).equity) for lane in range(8)]) <= 60).all()
            if turn.ended.any():
                told.append(episodes.restart(turn.ended, generator(chance + 9, "again")))
        seen.append(np.concatenate(told))
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0][:8], seen[2][:8])


def test_an_episode_draws_its_costs() -> None:
    settings = profile()
    dear = varied_rules(instruments(settings), settings, 1.0, Variety((3.0, 3.0), (3.0, 3.0), (0.0, 0.0)), 1, 0)
    tape = replace(policy_tape(), variants=dear)
    episodes = Episodes([tape], 24, base=Base())
    episodes.begin(generator(1, "test"))
    for _ in range(10):
        episodes.step(np.zeros(24))
    paid = {float(episodes.result(lane).fills["fee"].sum()) for lane in range(24)}
    assert len(paid) == 2


def test_a_survey_gives_the_means_and_the_usual_step() -> None:
    tapes = [policy_tape(seed) for seed in range(2)]
    known = survey(tapes, Base(0.02))
    played = play(tapes, lambda rows, features: Base(0.02).of(rows))
    assert known.fill[NAMES.index("volatility")] == pytest.approx(
        np.nanmean(played.features[:, NAMES.index("volatility")])
    )
    assert known.fill[NAMES.index("agreement")] == 0.0
    episodes = Episodes(tapes, 16, base=Base(0.02), reward=Profit(losses=1.0, unit=known.unit), fill=known.fill)
    episodes.begin(generator(0, "test"))
    rewards = np.concatenate([episodes.step(np.zeros(16)).paid.rewards for _ in range(100)])
    assert 0.3 < np.sqrt((rewards**2).mean()) < 3.0


def silent() -> PolicyTape:
    tape = policy_tape()
    votes = tape.course.votes
    nothing = Votes(np.zeros_like(votes.direction), votes.conviction, votes.scale, votes.atr)
    return replace(tape, course=tape.course._replace(votes=nothing))


def test_tapes_without_a_decision_are_refused_in_words() -> None:
    with pytest.raises(DataFault, match="none held a proposal"):
        Episodes([silent()], 2, base=Base(), draw=Draw(20)).begin(generator(0, "test"))
    with pytest.raises(DataFault, match="nothing to learn"):
        survey([silent()], Base())
    with pytest.raises(DataFault, match="make no training"):
        Episodes([], 2, base=Base())


def test_markets_of_an_account_are_seen_together() -> None:
    played = play([policy_tape(markets=3)], ones)
    assert set(played.market.tolist()) == {0, 1, 2}
    assert np.nanmax(played.features[:, NAMES.index("correlation")]) > 0.0
