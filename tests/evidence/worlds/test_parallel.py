"""Jobs in processes: the same results in the order given, a bar that reaches its end, and the fault of whoever failed."""

import operator
from collections.abc import Callable

import pytest
from gate_support import OLD_FOUR

from agents.desk.world import World
from config.errors import DataFault, UsageFault
from config.reading.load import load_profile
from evidence.worlds.parallel import curves, progress, spread
from evidence.worlds.world import curve_of

Tick = Callable[[int], None]
Shown = pytest.CaptureFixture[str]


def squared(job: int, tick: Tick) -> int:
    """A job of ten ticks."""
    for _ in range(5):
        tick(2)
    if job < 0:
        raise DataFault(f"there is no job {job}")
    return job * job


@pytest.mark.parametrize("workers", [0, 1])
def test_one_worker_works_here_in_order_and_ticks_the_bar_to_its_end(workers: int, capsys: Shown) -> None:
    found = spread(squared, [3, 1, 2], total=30, workers=workers, what="steps", quiet=False)
    assert found == [9, 1, 4]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[-1].startswith("100%")
    assert "30 of 30 steps" in lines[-1]


@pytest.mark.slow
def test_two_processes_give_the_same_in_the_same_order_and_tick_as_much(capsys: Shown) -> None:
    found = spread(squared, [3, 1, 2, 5], total=40, workers=2, what="steps", quiet=False)
    told = capsys.readouterr()
    assert found == [9, 1, 4, 25]
    assert "40 of 40 steps" in told.err.splitlines()[-1]
    assert told.out == ""


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_fault_of_a_job_is_that_of_all(workers: int, capsys: Shown) -> None:
    with pytest.raises(DataFault, match="there is no job -1"):
        spread(squared, [1, -1, 2], total=30, workers=workers, what="steps", quiet=True)
    assert capsys.readouterr().err == ""


def test_without_jobs_there_is_nothing_to_do() -> None:
    assert spread(operator.mul, [], total=0, workers=4, what="steps", quiet=True) == []


def test_a_quiet_bar_writes_nothing(capsys: Shown) -> None:
    with progress(4, "bars", quiet=True) as bar:
        bar.advance(4)
    with progress(4, "bars", quiet=False) as bar:
        bar.advance(4)
    assert capsys.readouterr().err.count("4 of 4 bars") == 1


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_worlds_become_the_curves_that_each_makes_alone(workers: int) -> None:
    worlds = [
        World(settings=load_profile("paper", {**OLD_FOUR, "market.session_days": 2, "seed": seed})) for seed in (7, 8)
    ]
    found = curves(worlds, bars=96, workers=workers, what="bars", quiet=True)
    ticks: list[int] = []
    assert found == [curve_of(world, ticks.append) for world in worlds]
    assert sum(ticks) == 96
    assert [len(curve.equity) for curve in found] == [49, 49]
    assert all(curve.equity[0] == float(worlds[0].settings.venue.starting_cash) for curve in found)
    assert found[0].equity != found[1].equity


def test_a_world_that_cannot_be_opened_is_the_fault_of_all() -> None:
    worlds = [World(settings=load_profile("backtest")), World(settings=load_profile("backtest"))]
    with pytest.raises(UsageFault, match="Give files with --data"):
        curves(worlds, bars=2, workers=1, what="bars", quiet=True)
