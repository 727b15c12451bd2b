"""A policy in the fast engine is a policy in the full engine: the same fills under the same multipliers, and the same to see.

Lanes stop at each proposal and resume with a multiplier; many side by side do what each does alone.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_parity import (
    SHARE_WORLDS,
    STORMS,
    WARMUP,
    WORLDS,
    Told,
    difference,
    fast,
    full,
    late,
    lookout,
    play,
    random_votes,
    recorded,
    rules,
    settings_of,
    share_votes,
    shorter,
    told,
)
from tiers import long_after

from agents.desk.desk import Desk
from agents.records.record import CycleRecord
from config.errors import DataFault
from config.seeds import generator
from config.settings import Settings
from execution.kernel.engine import simulate
from execution.kernel.grid import Grid, grid_of_tape
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.lanes import Lanes
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import Floats
from execution.observation import COLUMNS
from market.tape import Tape, simulated_tape
from risk.calibration import CalibrationMap, SizingMaps
from risk.proposal import Direction, Proposal

MARKETS = (["BTC/USDT"], ["BTC/USDT", "ETH/USDT"], ["SOL/USDT", "ETH/USDT", "BTC/USDT"])
Seen = dict[tuple[int, int], Floats]


def window(seed: int, **more: Any) -> tuple[Settings, Tape, Grid, Votes]:
    world = {**WORLDS[seed % len(WORLDS)], **late(seed), "market.session_days": 6, "seed": seed, **more}
    settings = settings_of(world, MARKETS[seed % 3], "paper")
    tape = shorter(simulated_tape(settings), WARMUP)
    grid = grid_of_tape(tape)
    return settings, tape, grid, random_votes(grid, seed)


def table(grid: Grid, seed: int) -> Floats:
    """Multipliers of all digits, with some that let stand, some that leave nothing, and some that give back."""
    chance, shape = generator(seed, "multipliers"), grid.columns.shape
    some = chance.choice([0.0, 0.5, 1.0, 1.25], size=shape)
    return np.where(chance.random(shape) < 0.3, some, 1.25 * chance.random(shape))


def apart(full_seen: Seen, kernel_seen: Seen) -> str:
    """Where two engines show another thing of a proposal; empty where they do not."""
    if full_seen.keys() != kernel_seen.keys():
        return f"proposals: {sorted(full_seen.keys() ^ kernel_seen.keys())[:3]} are of one engine only"
    for at, row in sorted(full_seen.items()):
        close = np.isclose(row, kernel_seen[at], rtol=1e-9, atol=1e-12, equal_nan=True)
        if not close.all():
            column = int(np.argmin(close))
            return f"{COLUMNS[column]} at {at}: full {row[column]}, kernel {kernel_seen[at][column]}"
    return ""


def compared(settings: Settings, tape: Tape, grid: Grid, votes: Votes, seed: int) -> tuple[str, Told, Seen]:
    """How the engines differ under one table of multipliers: in what is done, then in what is seen."""
    multipliers, by_full, by_kernel = table(grid, seed), {}, {}
    one = full(settings, tape, grid, votes, multipliers, by_full)
    lanes = Lanes([Course(grid, votes, rules(settings, tape, grid))])
    play(lanes, [multipliers], [by_kernel])
    return difference(one, told(lanes.result(0), tape)) or apart(by_full, by_kernel), one, by_full


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_both_engines_do_and_see_the_same_under_a_policy(seed: int) -> None:
    settings, tape, grid, votes = window(seed)
    found, made, seen = compared(settings, tape, grid, votes, seed)
    assert found == ""
    assert seen
    assert made.fills
    assert made.fills != fast(settings, tape, grid, votes).fills


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_both_engines_do_and_see_the_same_of_proposals_to_enlarge(seed: int) -> None:
    settings, tape, grid, _ = window(seed, **SHARE_WORLDS[seed])
    found, made, seen = compared(settings, tape, grid, share_votes(grid, seed, often=0.6, every=3), seed)
    assert found == ""
    assert seen
    assert seed == 2 or "trim" in {fill[3] for fill in made.fills}, "only the tiny account may be too small for parts"


@pytest.mark.slow
@pytest.mark.parametrize("name", long_after(3, STORMS))
def test_both_engines_do_and_see_the_same_under_a_policy_in_the_storms(shared: Path, name: str) -> None:
    first, last, bases = STORMS[name]
    start, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, last))
    for world in range(len(name) % 2, len(WORLDS), 2):
        settings = settings_of({**WORLDS[world], **late(world + len(name))}, [f"{base}/USDT" for base in bases])
        tape = recorded(settings, shared, start, end)
        grid = grid_of_tape(tape)
        found, _, seen = compared(settings, tape, grid, random_votes(grid, world), world)
        assert found == "", f"world {world}"
        assert seen


def test_each_column_is_there_and_says_something() -> None:
    rows = []
    for seed in (0, 2, 5):
        settings, tape, grid, votes = window(seed)
        by_kernel: Seen = {}
        play(Lanes([Course(grid, votes, rules(settings, tape, grid))]), [table(grid, seed)], [by_kernel])
        rows += list(by_kernel.values())
    seen = dict(zip(COLUMNS, np.array(rows).T, strict=True))
    assert np.isnan(seen.pop("calibrated")).all()
    # What is proposed is bought, and not held yet: on spot these three never say anything else at a proposal.
    assert [set(seen.pop(name)) for name in ("direction", "size", "held_days")] == [{1.0}, {0.0}, {0.0}]
    assert all(len(set(column[~np.isnan(column)])) > 3 for column in seen.values())
    for name in ("deployed", "drawdown", "correlation", "entries"):
        assert seen[name].min() == 0.0, name
        assert seen[name].max() > 0.0, name
    assert seen["es_headroom"].max() == 1.0
    assert seen["es_headroom"].min() < 0.9


@pytest.mark.parametrize("seed", range(3))
def test_a_policy_that_always_says_one_is_no_policy(seed: int) -> None:
    settings, tape, grid, votes = window(seed)
    lanes = Lanes([Course(grid, votes, rules(settings, tape, grid))])
    seen: Seen = {}
    play(lanes, [np.ones(grid.columns.shape)], [seen])
    alone, made = simulate(grid, votes, rules(settings, tape, grid)), lanes.result(0)
    assert len(seen) == alone.proposed > 0
    assert made.fills.tobytes() == alone.fills.tobytes()
    assert made.equity.tobytes() == alone.equity.tobytes()
    assert (made.refused, made.signed) == (alone.refused, alone.signed)


def courses() -> list[Course]:
    """Two tapes of three markets, two votes on the first of them, other rules, and stretches from other bars."""
    made = []
    for seed in (2, 5):
        settings, tape, grid, votes = window(seed, **{"limits.risk_window_bars": 250 * seed})
        own = rules(settings, tape, grid)
        made += [Course(grid, votes, own), Course(grid, votes, own, grid.first + 31, len(grid) - 17)]
        made.append(Course(grid, random_votes(grid, 7 * seed), own, grid.first + 5))
    return made


def test_lanes_side_by_side_do_what_each_does_alone() -> None:
    given = courses()
    tables = [table(course.grid, lane) for lane, course in enumerate(given)]
    together, seen = Lanes(given), [{} for _ in given]
    play(together, tables, seen)
    assert together.ended.all()
    fills = set()
    for lane, course in enumerate(given):
        alone, by_one = Lanes([course]), {}
        play(alone, [tables[lane]], [by_one])
        one, other = alone.result(0), together.result(lane)
        assert one.fills.tobytes() == other.fills.tobytes()
        assert one.equity.tobytes() == other.equity.tobytes()
        assert len(one.equity) == course.stretch[1] - course.stretch[0]
        assert apart(by_one, seen[lane]) == ""
        assert together.equity[lane] == one.equity[-1]
        fills.add(one.fills.tobytes())
    assert len(fills) == len(given)


def test_a_lane_that_begins_anew_remembers_nothing() -> None:
    given = courses()
    tables = [table(course.grid, 3) for course in given]
    fresh, used = Lanes(given), Lanes(given)
    play(used, tables, [{} for _ in given])
    for lane, course in enumerate(given):
        used.begin(lane, course)
    seen: tuple[list[Seen], list[Seen]] = ([{} for _ in given], [{} for _ in given])
    play(fresh, tables, seen[0])
    play(used, tables, seen[1])
    for lane in range(len(given)):
        assert fresh.result(lane).fills.tobytes() == used.result(lane).fills.tobytes()
        assert fresh.result(lane).equity.tobytes() == used.result(lane).equity.tobytes()
        assert apart(seen[0][lane], seen[1][lane]) == ""


def test_stops_at_any_bar_change_nothing() -> None:
    settings, tape, grid, votes = window(2)
    multipliers, course = table(grid, 2), Course(grid, votes, rules(settings, tape, grid))
    whole, stopped = Lanes([course]), Lanes([course])
    seen: tuple[Seen, Seen] = ({}, {})
    play(whole, [multipliers], [seen[0]])
    for bars in (0, 1, 1, 24, 25, 80, 9999):
        play(stopped, [multipliers], [seen[1]], bars)
        lived = min(bars, len(whole.result(0).equity))
        assert stopped.result(0).equity.tobytes() == whole.result(0).equity[:lived].tobytes()
        assert stopped.equity[0] == (
            whole.result(0).equity[lived - 1] if lived else float(settings.venue.starting_cash)
        )
    assert stopped.ended.all()
    assert stopped.result(0).fills.tobytes() == whole.result(0).fills.tobytes()
    assert apart(*seen) == ""


def test_the_caps_hold_whatever_a_policy_says() -> None:
    settings, tape, grid, votes = window(2)
    made = []
    for scale, multiplier in ((0.5, 1e308), (0.5, 2.0), (1.0, 1.0), (0.5, 1.0)):
        said = Votes(votes.direction, votes.conviction, np.full(votes.scale.shape, scale), votes.atr)
        lanes = Lanes([Course(grid, said, rules(settings, tape, grid))])
        play(lanes, [np.full(votes.scale.shape, multiplier)], [{}])
        made.append(lanes.result(0).fills.tobytes())
    assert made[0] == made[1] == made[2] != made[3]


def test_a_calibration_is_seen_alike() -> None:
    settings, tape, grid, votes = window(1)
    known = CalibrationMap(points=((0.3, 0.41), (0.6, 0.47), (0.9, 0.63)), n=90, k=50)
    own, by_full, by_kernel = rules(settings, tape, grid), {}, {}
    points = np.array(known.points)
    lanes = Lanes([Course(grid, votes, own._replace(points=points))])
    play(lanes, [np.zeros(grid.columns.shape)], [by_kernel])
    maps = SizingMaps(voters=known)
    full(settings, tape, grid, votes, np.zeros(grid.columns.shape), by_full, calibration=maps)
    assert apart(by_full, by_kernel) == ""
    assert len({row[COLUMNS.index("calibrated")] for row in by_full.values()}) > 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 6])
def test_what_is_held_is_seen_alike_after_every_bar(seed: int) -> None:
    settings, tape, grid, votes = window(seed)
    by_full: Seen = {}

    def watch(desk: Desk, record: CycleRecord) -> None:
        look = lookout(settings, desk)
        for s, symbol in enumerate(grid.symbols):
            if desk.trader.ledger.position(symbol) is None:
                continue
            held = Proposal(
                decision_id="held", symbol=symbol, as_of_utc=record.as_of_utc, direction=Direction.LONG, conviction=0.0,
                reference_price=1,
            )  # fmt: skip
            by_full[record.bar - 1, s] = look.see(held).row()

    full(settings, tape, grid, votes, watch=watch)
    lanes, by_kernel = Lanes([Course(grid, votes, rules(settings, tape, grid))], asks=False), {}
    for bar in range(len(tape)):
        lanes.advance(until=bar + 1)
        for s in range(len(grid.symbols)):
            if (bar, s) in by_full:
                by_kernel[bar, s] = lanes.look(np.array([s]))[0]
    silent = [COLUMNS.index("conviction"), COLUMNS.index("ruling_scale")]
    for row in (*by_full.values(), *by_kernel.values()):
        row[silent] = 0.0
    assert apart(by_full, by_kernel) == ""
    assert len({row[COLUMNS.index("held_days")] for row in by_full.values()}) > 3
    assert min(row[COLUMNS.index("size")] for row in by_full.values()) > 0.0


@pytest.mark.parametrize(
    ("multipliers", "words"),
    [
        ([np.nan], "finite and at least 0"),
        ([np.inf], "finite and at least 0"),
        ([-0.1], "finite and at least 0"),
        ([1.0, 1.0], "one for each"),
    ],
)
def test_multipliers_that_are_none_are_refused_and_nothing_is_done(multipliers: list[float], words: str) -> None:
    settings, tape, grid, votes = window(2)
    lanes = Lanes([Course(grid, votes, rules(settings, tape, grid))])
    lanes.advance()
    before = lanes.asked.tolist()
    with pytest.raises(DataFault, match=words):
        lanes.advance(np.array(multipliers))
    assert lanes.asked.tolist() == before


def test_lanes_with_steps_of_another_length_may_share_a_grid_and_leave_it_as_it_was() -> None:
    """A sweep runs its sets on one grid at the same time, whatever their horizons are."""
    settings, tape, grid, votes = window(2)
    own = rules(settings, tape, grid)
    before, courses = grid.columns.figures.returns.tobytes(), []
    for step in (1, 4):
        limits = own.limits.copy()
        limits["step"], limits["max_var_1d"] = step, 0.002
        courses.append(Course(grid, votes, own._replace(limits=limits)))
    alone = [simulate(grid, votes, course.rules).fills.tobytes() for course in courses]
    together = [Lanes([course], asks=False) for course in courses]
    for lanes in together:
        lanes.advance()
    assert [lanes.result(0).fills.tobytes() for lanes in together] == alone
    assert alone[0] != alone[1]
    assert grid.columns.figures.returns.tobytes() == before


def test_lanes_that_are_not_named_stay_where_they_are() -> None:
    given = courses()
    lanes = Lanes(given)
    lanes.advance()
    before, only = lanes.asked, np.arange(len(given)) % 2 == 0
    lanes.advance(np.ones(len(given)), only=only)
    assert lanes.asked[~only].tolist() == before[~only].tolist()
    assert (lanes.asked[only] != before[only]).any(axis=1).all()


def test_a_lane_may_begin_on_a_grid_that_was_only_named() -> None:
    one, other = window(2)[1:], window(5)[1:]
    settings = window(5)[0]
    first, second = (Course(grid, votes, rules(settings, tape, grid)) for tape, grid, votes in (one, other))
    lanes = Lanes([first], also=[second])
    lanes.begin(0, second)
    seen: Seen = {}
    play(lanes, [table(second.grid, 1)], [seen])
    alone, by_one = Lanes([second]), {}
    play(alone, [table(second.grid, 1)], [by_one])
    assert lanes.result(0).fills.tobytes() == alone.result(0).fills.tobytes()
    assert apart(by_one, seen) == ""


def test_what_was_traded_is_the_notional_of_the_fills() -> None:
    settings, tape, grid, votes = window(2)
    lanes = Lanes([Course(grid, votes, rules(settings, tape, grid))])
    play(lanes, [np.ones(grid.columns.shape)], [{}])
    made = told(lanes.result(0), tape)
    assert lanes.traded[0] == pytest.approx(float(sum(fill[4] * fill[5] for fill in made.fills)))
    assert lanes.bars[0] == len(made.equity)
    assert lanes.peak[0] == pytest.approx(max(float(settings.venue.starting_cash), *made.equity))


def test_a_lane_that_is_left_out_is_not_looked_at() -> None:
    given = courses()
    lanes = Lanes(given)
    lanes.advance()
    markets = np.where(np.arange(len(given)) == 1, -1, 0)
    seen, all_seen = lanes.look(markets), lanes.look(np.zeros(len(given), dtype=np.int64))
    assert np.isnan(seen[1]).all()
    assert np.array_equal(seen[markets == 0], all_seen[markets == 0], equal_nan=True)


def test_courses_that_do_not_fit_are_refused_in_words() -> None:
    settings, tape, grid, votes = window(2)
    own = rules(settings, tape, grid)
    course = Course(grid, votes, own)
    lanes = Lanes([course])
    longer = own.limits.copy()
    longer["window"] += 1
    other_steps = own.limits.copy()
    other_steps["step"] += 1
    for bad, words in (
        (course._replace(end=grid.first), "does not fit"),
        (course._replace(first=-1), "does not fit"),
        (course._replace(first=0), "longer than"),
        (course._replace(delay=grid.first + 1), "bars late"),
        (course._replace(delay=-1), "bars late"),
        (course._replace(votes=random_votes(grid, 1)), "not given when the lanes were made"),
        (course._replace(rules=own._replace(limits=longer)), "longer window"),
        (course._replace(rules=own._replace(points=np.array([[0.5, 0.5]]))), "same calibration"),
        (course._replace(rules=own._replace(limits=other_steps)), "steps of one length for VaR"),
    ):
        with pytest.raises(DataFault, match=words):
            lanes.begin(0, bad)
    with pytest.raises(DataFault, match="steps of one length for VaR"):
        Lanes([course, course._replace(rules=own._replace(limits=other_steps))])
    with pytest.raises(DataFault, match="no course"):
        Lanes([])
    with pytest.raises(DataFault, match="has not closed a bar yet"):
        lanes.look(np.array([0]))
    lanes.advance(until=1)
    with pytest.raises(DataFault, match="do not name one market"):
        lanes.look(np.array([3]))
