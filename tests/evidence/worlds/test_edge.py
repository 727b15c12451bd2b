"""The oracles of `benchmarks/edge.py`: they are right as often as they are said to be, and know nothing of the system."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from agents.desk.request import WorldRequest
from agents.desk.world import tape_of, world_of
from config.settings import Settings
from market.tape import Tape
from risk.limits.catalogue import CATALOGUE

FILE = Path(__file__).resolve().parents[3] / "benchmarks" / "edge.py"


@pytest.fixture(scope="module")
def edge() -> ModuleType:
    spec = importlib.util.spec_from_file_location("edge_benchmark", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["edge_benchmark"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def world() -> tuple[Settings, Tape]:
    made = world_of(WorldRequest(profile="paper", days=60))
    return made.settings, tape_of(made)


@pytest.mark.slow
@pytest.mark.parametrize("right", [0.52, 1.0])
def test_an_oracle_is_right_as_often_as_it_is_said_to_be(
    edge: ModuleType, world: tuple[Settings, Tape], right: float
) -> None:
    settings, tape = world
    votes, (_, columns) = edge.oracle(tape, settings, right, 3), edge.labels(tape, settings)
    touched = np.array([columns[s][t] for t, s in np.argwhere(votes.direction > 0)])
    assert len(touched) > 60
    assert set(touched) <= {-1, 1}
    assert np.mean(touched == 1) == pytest.approx(right, abs=0.12)


def test_the_rung_in_which_the_caps_alone_bind_keeps_them_and_lifts_the_rest(
    edge: ModuleType, world: tuple[Settings, Tape]
) -> None:
    settings, _ = world
    last = edge.SYSTEMS[-1].settings(settings)
    assert last.court.seats == ()
    for limit in CATALOGUE:
        for name, loosest in limit.loosest.items():
            lifted = limit.code in edge.OPENED
            assert getattr(last.limits, name) == (loosest if lifted else getattr(settings.limits, name)), name


def test_the_rung_of_0_2_0_has_the_rules_that_its_journals_imply(
    edge: ModuleType, world: tuple[Settings, Tape]
) -> None:
    settings, _ = world
    older = edge.as_of_0_2_0(settings)
    assert (older.limits.kelly_stake, older.limits.correlation, older.court.without_record) == (
        "notional",
        "refuse",
        "veto",
    )
    assert edge.SYSTEMS[1].settings(settings) == settings
