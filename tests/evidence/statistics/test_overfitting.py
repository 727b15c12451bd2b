"""Noise is overfitted half of the time, an edge never, and the shortcut through sums gives what the long way gives."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from config.seeds import generator
from evidence.statistics.overfitting import probability_of_overfitting
from risk.measures.ratios import sharpe

HOURS = 8760.0


def noise(seed: int, trials: int = 30, bars: int = 640) -> np.ndarray:
    return generator(seed, "trials").normal(0.0, 0.01, size=(bars, trials))


def test_on_pure_noise_the_probability_is_near_one_half() -> None:
    found = [probability_of_overfitting(noise(seed), bars_per_year=HOURS, blocks=10) for seed in range(60)]
    assert np.mean([each.probability for each in found]) == pytest.approx(0.5, abs=0.08)
    assert np.mean([each.slope for each in found if each.slope is not None]) < 0.0
    assert np.mean([each.probability_of_loss for each in found]) == pytest.approx(0.5, abs=0.08)


def test_a_real_edge_is_found_again_out_of_sample() -> None:
    returns = noise(1)
    returns[:, 7] += 0.003
    found = probability_of_overfitting(returns, bars_per_year=HOURS)
    assert (found.combinations, found.trials, found.bars) == (12_870, 30, 640)
    assert found.probability < 0.01
    assert found.probability_of_loss < 0.01
    assert found.median_logit > 2.0
    assert found.sharpe_out_of_sample == pytest.approx(found.sharpe_in_sample, rel=0.1)


def test_a_trial_that_only_fits_one_half_is_overfitted_altogether() -> None:
    """Each trial gains in one block what it loses everywhere else: the best on a half is the worst on the other."""
    returns = generator(2, "fits").normal(0.0, 1e-4, size=(160, 8)) - 0.01
    for trial in range(8):
        returns[trial * 20 : (trial + 1) * 20, trial] += 0.2
    found = probability_of_overfitting(returns, bars_per_year=HOURS, blocks=8)
    assert found.probability > 0.9
    assert found.probability_of_loss == 1.0


@given(st.integers(0, 50), st.integers(2, 6), st.sampled_from([2, 4, 6]), st.integers(40, 61))
@settings(max_examples=30)
def test_the_shortcut_gives_what_the_long_way_gives(seed: int, trials: int, blocks: int, bars: int) -> None:
    returns = noise(seed, trials, bars)
    found = probability_of_overfitting(returns, bars_per_year=HOURS, blocks=blocks)
    pieces = np.array_split(returns, blocks)
    logits = []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([pieces[block] for block in chosen])
        outside = np.concatenate([pieces[block] for block in range(blocks) if block not in chosen])
        ratios = [
            [sharpe(half[:, trial], bars_per_year=1) or 0.0 for trial in range(trials)] for half in (inside, outside)
        ]
        rank = rankdata(ratios[1])[int(np.argmax(ratios[0]))] / (trials + 1)
        logits.append(np.log(rank / (1 - rank)))
    assert found.logits == pytest.approx(logits)
    assert found.probability == np.mean(np.array(logits) <= 0)


@given(st.integers(0, 50), st.floats(0.1, 10.0))
@settings(max_examples=20)
def test_leverage_changes_nothing(seed: int, leverage: float) -> None:
    one = probability_of_overfitting(noise(seed, 5, 80), bars_per_year=HOURS, blocks=4)
    other = probability_of_overfitting(noise(seed, 5, 80) * leverage, bars_per_year=HOURS, blocks=4)
    assert one.logits == pytest.approx(other.logits)


def test_trials_that_are_all_the_same_or_never_traded_are_no_better_than_their_median() -> None:
    same = probability_of_overfitting(np.repeat(noise(1, 1), 4, axis=1), bars_per_year=HOURS, blocks=4)
    assert same.probability == 1.0
    idle = probability_of_overfitting(np.zeros((40, 3)), bars_per_year=HOURS, blocks=4)
    assert (idle.probability, idle.slope, idle.probability_of_loss) == (1.0, None, 0.0)


@pytest.mark.parametrize(
    ("shape", "blocks", "words"),
    [((100, 1), 4, "two trials"), ((100, 3), 5, "even"), ((7, 3), 4, "need 8 bars"), ((100, 3), 22, "from 2 to 20")],
)
def test_too_little_is_refused(shape: tuple[int, int], blocks: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        probability_of_overfitting(np.zeros(shape), bars_per_year=HOURS, blocks=blocks)


def test_a_return_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="1 of 300 returns"):
        probability_of_overfitting(np.where(np.arange(300).reshape(100, 3) == 7, np.nan, 0.1), bars_per_year=HOURS)
