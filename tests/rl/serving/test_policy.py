"""The policy in a session: its answer follows from the observation alone, and where it has none, its base stands in."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from policy_support import seen_features, served, write_verdict

from config.errors import UsageFault
from config.sections.rl import RlSettings
from market.timeframe import Timeframe
from rl.action import Base, multipliers
from rl.adjuster import Off
from rl.adjustment import Mode
from rl.factory import adjuster_of, open_policy, words_for
from rl.features import PERPETUAL, encode_features
from rl.model import PolicyModel
from rl.observation import Observation
from rl.serving.policy import PpoAdjuster
from rl.training_range import Scaler, TrainingRange

MARKETS = ("BTC/USDT", "ETH/USDT")
START = datetime(2020, 1, 1, tzinfo=UTC)
SEEN = Observation(
    direction=0.1, conviction=0.6, ruling_scale=0.5, size=0.1, held_days=3.0, deployed=0.2, drawdown=0.5, var_headroom=0.4,
    es_headroom=0.3, volatility_ratio=1.1, correlation=0.5, entries=2.0, volatility=0.03, agreement=0.5, sentiment=0.1,
    regime=0.0,
)  # fmt: skip


def seen(**changed: Any) -> Observation:
    return SEEN.model_copy(update=changed)


def test_the_factor_is_the_base_times_one_and_the_action() -> None:
    model = served()
    said = PpoAdjuster(model, "active").adjust(SEEN)
    features = encode_features(SEEN.row()[None, :], SEEN.court_row()[None, :])[0]
    base = Base(0.02, 0.5).of(SEEN.row()[None, :])
    assert said.fallback is None
    assert (said.action, said.spread) == model.answer(features)
    assert said.base == pytest.approx(base[0], abs=1e-6)
    assert said.action is not None
    assert said.advised == pytest.approx(multipliers(base, np.array([said.action]))[0], abs=1e-6)
    assert said.scale == said.advised != said.base
    assert said.observation == SEEN


def test_an_adviser_says_the_same_and_changes_no_size() -> None:
    active, advisory = (PpoAdjuster(served(), mode).adjust(SEEN) for mode in _MODES)
    assert advisory.scale == 1.0
    assert advisory.advised == active.scale != 1.0
    assert (advisory.mode, active.mode) == ("advisory", "active")
    demoted = PpoAdjuster(served(), "active")
    demoted.demote()
    assert demoted.adjust(SEEN) == advisory


_MODES: tuple[Mode, ...] = ("active", "advisory")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"drawdown": 0.5, "held_days": 1e6, "size": -2.0, "correlation": 1.0}, None),
        ({"direction": 7.0}, None),
        ({"direction": float("nan")}, None),
    ],
)
def test_what_is_out_of_range_is_cut_as_in_training(changed: dict[str, Any], says: str | None) -> None:
    assert PpoAdjuster(served(), "active").adjust(seen(**changed)).fallback == says


def test_what_training_has_not_seen_gets_the_base_and_the_reason() -> None:
    model = served()
    narrow = dataclasses.replace(model.range, high=np.where(np.arange(13) == 5, 0.2, model.range.high))
    said = PpoAdjuster(dataclasses.replace(model, range=narrow), "active").adjust(SEEN)
    assert said.fallback is not None
    assert said.fallback.startswith("drawdown is 0.5, and in training it was 0.00")
    assert said.scale == said.advised == said.base
    assert (said.action, said.spread) == (None, None)


class Mute(PolicyModel):
    """A policy whose networks answer with what is no number."""

    def answer(self, features: Any) -> tuple[float, float]:
        return float("nan"), 0.1


def test_networks_that_give_no_number_get_the_base_and_the_reason() -> None:
    model = served()
    said = PpoAdjuster(Mute(model.card, model.scaler, model.range, model.networks), "active").adjust(SEEN)
    assert said.fallback == "the networks gave what is no number"
    assert said.scale == said.advised == said.base
    assert (said.action, said.spread) == (None, None)


def test_every_observation_gets_a_factor_in_range() -> None:
    rng, adjuster = np.random.default_rng(2), PpoAdjuster(served(), "active")
    nasty = [None, 0.0, -1.0, 1e308, -1e308, 5e-324, 1.0, 0.3, float("inf"), float("nan")]
    for _ in range(500):
        said = adjuster.adjust(seen(**{name: nasty[rng.integers(len(nasty))] for name in Observation.model_fields}))
        assert 0.0 <= said.scale <= 1.25


def opened(folder: Path, mode: str = "advisory", override: str | None = None, **run: Any) -> Any:
    settings = RlSettings(mode=mode, model=str(folder), override=override)  # type: ignore[arg-type]
    asked = {"symbols": MARKETS, "timeframe": Timeframe.H1, "start_utc": START} | run
    return open_policy(settings, **asked)


def test_a_policy_is_served_where_it_knows_what_is_asked_spot_or_perpetuals(tmp_path: Path) -> None:
    served(MARKETS).save(tmp_path / "spot")
    served(MARKETS, PERPETUAL).save(tmp_path / "perpetuals")
    assert opened(tmp_path / "spot").model.name == opened(tmp_path / "perpetuals", perpetuals=True).model.name
    with pytest.raises(
        UsageFault,
        match=r"trained on spot, long or flat: it knows no direction of a short, no funding.*`make train-perp`",
    ):
        opened(tmp_path / "spot", perpetuals=True)
    with pytest.raises(UsageFault, match="was trained on perpetuals, and the run trades spot"):
        opened(tmp_path / "perpetuals")


CONTRACT = {"leverage": 1.0, "net": 0.1, "funding_rate": 1e-4, "funding_cost": 0.05, "liquidation": 60.0}


def test_on_perpetuals_a_policy_may_only_trim() -> None:
    base = {"target_daily_volatility": 1.0, "blend": 0.0}
    model = served(MARKETS, PERPETUAL, base=base)
    eager = PolicyModel(model.card, model.scaler, model.range, dataclasses.replace(model.networks, b3=np.full(3, 50.0)))
    shown = seen(**CONTRACT)
    assert shown.is_of_contract
    told = PpoAdjuster(eager, "active").adjust(shown)
    assert (told.action, told.base, told.scale) == (1.0, 1.25, 1.0)
    short = PpoAdjuster(model, "active").adjust(shown.model_copy(update={"direction": -1.0}))
    assert short.scale <= 1.0
    assert short.action is not None
    assert short.action != PpoAdjuster(model, "active").adjust(shown).action, "it reads the direction"


def test_what_a_policy_cannot_read_gets_its_base_and_says_so() -> None:
    told = PpoAdjuster(served(MARKETS), "active").adjust(seen(**CONTRACT))
    assert told.fallback == "what is shown is of perpetuals, and the policy reads other features"
    assert told.scale == told.advised == min(1.0, told.base or 0.0)


def test_a_policy_that_has_seen_longs_alone_leaves_a_short_to_its_base() -> None:
    model = served(MARKETS, PERPETUAL)
    longs = seen_features(schema=PERPETUAL)
    longs[:, 0] = 1.0
    scaler = Scaler.of(longs)
    narrow = PolicyModel(model.card, scaler, TrainingRange.of(longs, scaler), model.networks)
    told = PpoAdjuster(narrow, "active").adjust(seen(**CONTRACT).model_copy(update={"direction": -1.0}))
    assert told.fallback == "direction is -1, and in training it was 1 to 1"


@pytest.mark.parametrize(
    ("card", "run", "says"),
    [
        ({}, {"symbols": ("BTC/USDT", "DOGE/USDT")}, "was not trained on DOGE/USDT, but on BTC/USDT, ETH/USDT"),
        ({}, {"timeframe": Timeframe.H4}, "trained on bars of 1h, and the run has bars of 4h"),
        ({}, {"start_utc": datetime(2015, 7, 1, tzinfo=UTC)}, r"learnt from bars up to 2016-01-01 .* know its future"),
        ({"schema_sha256": "00" * 32}, {}, "reads other features than this version"),
        ({"base": {"half_life": 3.0}}, {}, "names a base that this version does not know"),
        ({"base": {"target_daily_volatility": -1.0}}, {}, "is no rule"),
    ],
)
def test_a_policy_that_does_not_fit_the_run_is_refused(
    tmp_path: Path, card: dict[str, Any], run: dict[str, Any], says: str
) -> None:
    served(MARKETS, **card).save(tmp_path)
    with pytest.raises(UsageFault, match=says):
        opened(tmp_path, **run)


def test_an_active_policy_needs_a_verdict_that_it_passed_or_typed_words(tmp_path: Path) -> None:
    model = served(MARKETS)
    model.save(tmp_path)
    assert opened(tmp_path, "advisory").verdict is None
    with pytest.raises(UsageFault, match=r'has no verdict .* rl\.override to "I accept drawn"'):
        opened(tmp_path, "active")
    with pytest.raises(UsageFault, match="has no verdict"):
        opened(tmp_path, "active", "I accept drawn.")
    assert opened(tmp_path, "active", words_for("drawn")).verdict is None
    write_verdict(tmp_path, model.sha256, passed=False)
    with pytest.raises(UsageFault, match=r"has not passed its verdict \(by its figures\)"):
        opened(tmp_path, "active")
    write_verdict(tmp_path, model.sha256)
    assert opened(tmp_path, "active").verdict.passed


def test_off_reads_no_folder() -> None:
    assert open_policy(RlSettings(mode="off", model="/nowhere"), MARKETS, Timeframe.H1, START) is None
    assert isinstance(adjuster_of(RlSettings()), Off)
    with pytest.raises(UsageFault, match="no policy was opened"):
        adjuster_of(RlSettings(mode="active", model="x"))
