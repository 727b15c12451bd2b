"""A cut through a policy: one feature moves, the others stay, and base and answer are those that a session would get."""

import numpy as np
import pytest
from policy_support import served

from config.errors import UsageFault
from rl.action import MOST
from rl.features import PERPETUAL
from rl.serving.response import response


def test_the_base_is_the_volatility_target_and_the_multiplier_is_the_base_times_one_and_the_action() -> None:
    model = served(base={"target_daily_volatility": 0.02, "blend": 0.0})
    cut = response(model, "volatility", points=31)
    assert np.allclose(cut.base, np.clip(0.02 / cut.at, 0.0, MOST))
    seen = np.tile(model.scaler.fill, (31, 1))
    seen[:, model.card.features.index("volatility")] = np.log(cut.at)
    actions, spread = model.answers(seen)
    assert np.allclose(cut.multiplier, np.clip(cut.base * (1.0 + actions), 0.0, MOST))
    assert np.array_equal(cut.spread, spread)
    assert float(np.abs(cut.multiplier - cut.base).max()) > 0.0


def test_on_perpetuals_neither_the_base_nor_the_policy_is_drawn_above_what_may_be_given() -> None:
    cut = response(served(schema=PERPETUAL, base={"target_daily_volatility": 1.0, "blend": 0.0}), "volatility")
    assert set(cut.base) == {1.0}, "its target alone would ask for 1.25"
    assert cut.multiplier.max() <= 1.0


def test_it_goes_over_what_training_has_seen_and_no_further() -> None:
    model = served()
    cut = response(model, "drawdown", points=5)
    at = model.card.features.index("drawdown")
    assert (cut.at[0], cut.at[-1]) == (model.range.low[at], model.range.high[at])
    assert len(set(cut.base.tolist())) == 1, "the base reads no drawdown"


def test_a_feature_that_it_has_not_is_refused_in_one_sentence() -> None:
    with pytest.raises(UsageFault, match="reads no moon; it reads direction"):
        response(served(), "moon")
