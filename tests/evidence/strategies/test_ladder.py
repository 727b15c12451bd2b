"""The rungs of the ladder: a policy stands on the two highest rungs alone, first as its base, and only if one is named."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from policy_support import seen_features, served, write_verdict

from agents.desk.world import World
from config.errors import UsageFault
from config.reading.load import load_profile
from evidence.strategies.ladder import NAMES, steps
from evidence.strategies.policy_rungs import PolicyRungs, policy_rungs, untaught
from market.timeframe import Timeframe
from rl.factory import open_policy
from rl.features import known_schemas
from rl.model import load_model

BTC = ("BTC/USDT",)
LATER = datetime(2020, 1, 1, tzinfo=UTC)


def world(mode: str = "off") -> World:
    settings = load_profile("paper", {})
    policy = settings.rl.model_copy(update={"mode": mode, "model": "models/hourly"})
    return World(settings=settings.model_copy(update={"rl": policy}))


def rungs_of(tmp_path: Path) -> PolicyRungs:
    served(BTC).save(tmp_path / "policy")
    return policy_rungs(tmp_path / "policy", tmp_path / "base", BTC, Timeframe.H1, LATER)


@pytest.mark.parametrize("mode", ["off", "advisory", "active"])
def test_without_a_model_the_ladder_ends_at_the_gate_and_nobody_is_asked(mode: str) -> None:
    rungs = steps(world(mode))
    assert [rung.name for rung in rungs] == list(NAMES[:-2])
    assert {rung.world.settings.rl.mode for rung in rungs} == {"off"}


def test_a_policy_acts_on_its_own_rung_its_base_on_the_one_below_and_neither_on_any_other(tmp_path: Path) -> None:
    policy = rungs_of(tmp_path)
    rungs = steps(world("advisory"), policy)
    assert [rung.name for rung in rungs] == list(NAMES)
    assert [rung.world.settings.rl.mode for rung in rungs] == ["off"] * (len(NAMES) - 2) + ["active"] * 2
    assert [rung.world.settings.rl.model for rung in rungs[-2:]] == [str(tmp_path / "base"), str(tmp_path / "policy")]
    for rung in rungs[-2:]:
        assert rung.world.settings.limits == rungs[-3].world.settings.limits
        assert rung.world.settings.court == rungs[-3].world.settings.court


def test_both_rungs_may_act_without_a_verdict_and_the_ladder_knows_that_there_is_none(tmp_path: Path) -> None:
    policy = rungs_of(tmp_path)
    for settings in (policy.base, policy.policy):
        assert open_policy(settings, BTC, Timeframe.H1, LATER) is not None
    assert policy.told.passed is None


@pytest.mark.parametrize("passed", [True, False])
def test_what_the_verdict_says_is_told(tmp_path: Path, passed: bool) -> None:
    model = served(BTC)
    model.save(tmp_path / "policy")
    write_verdict(tmp_path / "policy", model.sha256, passed=passed)
    told = policy_rungs(tmp_path / "policy", tmp_path / "base", BTC, Timeframe.H1, LATER).told
    assert (told.name, told.sha256, told.passed) == (model.name, model.sha256, passed)


def test_an_untaught_policy_answers_nought_and_keeps_the_rule_that_the_taught_one_corrects(tmp_path: Path) -> None:
    model = served(BTC)
    assert np.any(model.answers(seen_features(50))[0] != 0.0)
    untaught(model).save(tmp_path)
    rule = load_model(tmp_path, known_schemas())
    assert not np.any(rule.answers(seen_features(50))[0])
    assert rule.card.base == model.card.base
    assert rule.sha256 != model.sha256


@pytest.mark.parametrize(
    ("symbols", "timeframe", "start", "why"),
    [
        (("DOGE/USDT",), Timeframe.H1, LATER, "was not trained on DOGE/USDT"),
        (BTC, Timeframe.D1, LATER, "was trained on bars of 1h"),
        (BTC, Timeframe.H1, datetime(2015, 6, 1, tzinfo=UTC), "it would know its future"),
    ],
)
def test_a_policy_that_does_not_fit_the_bars_is_refused_and_no_base_is_written(
    tmp_path: Path, symbols: tuple[str, ...], timeframe: Timeframe, start: datetime, why: str
) -> None:
    served(BTC).save(tmp_path / "policy")
    with pytest.raises(UsageFault, match=why):
        policy_rungs(tmp_path / "policy", tmp_path / "base", symbols, timeframe, start)
    assert not (tmp_path / "base").exists()
