"""What is left of an edge after the court, the gate and the breakers: oracles go through the whole path, rung by rung.

    python benchmarks/edge.py --data FILE... [--start DAY --end DAY]      (without --data: the simulated market)

An oracle knows which purchases touch the target before the stop, and is right about a given share of those that it proposes. It
draws bars from a seed and takes, with that chance, the next bar whose purchase touches the target first, otherwise the next whose
purchase touches the stop first. "no edge" takes the bars as they are drawn. Votes of oracles go through the usual cycle, court,
gate, breakers and venue. "the default" are the voters of the profile, "the four" those of the first profiles.

The lowest rung keeps the caps that are the purpose of the gate: 5 % a position, 20 % deployed, VaR, expected shortfall, cash,
liquidity and the venue. The figures are the shares of its Sharpe ratio and growth that each rung keeps. `--frontier` runs the
whole system with other values of the two settings that trade the edge against the voters without one.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

from agents.desk.request import BarsRequest, WorldRequest
from agents.desk.world import World, history_days, tape_of, world_of
from agents.records.older import session_before_settings_of_3, with_settings
from agents.strategies.contexts import build_contexts
from config.clock import to_ms
from config.reading.load import load_profile
from config.sections.strategies import StrategyContext
from config.seeds import generator
from config.settings import Settings
from evidence.strategies.trial import OLD, SETS
from evidence.worlds.parallel import spread
from evidence.worlds.votes import NettedVotes, cast_votes
from evidence.worlds.world import Curve, Tick, curve_of
from market.files.bars import read_market_files
from market.indicators.library import talib
from market.tape import Tape
from market.timeframe import Timeframe
from risk.breakers import fall_sigmas
from risk.limits.catalogue import CATALOGUE, loosest
from risk.record import HORIZON_BARS
from risk.sizing import stop_fraction
from risk.window import ReturnWindow

Floats = NDArray[np.float64]

DEFAULT, FOUR, NO_EDGE = "the default", "the four", "no edge"
RATES = {"52 %": 0.52, "55 %": 0.55, "60 %": 0.60, "100 %": 1.0}
VOTERS = [*RATES, NO_EDGE, FOUR, DEFAULT]
BETWEEN_BARS = 36
"""Mean distance of two proposals in one market [bars]."""
CONVICTION = 0.6
OPENED = ("correlation", "cluster", "breaker", "kelly", "record", "drawdown_half", "risk_per_trade")
"""Limits that the lowest rung lifts, with the court: not the caps on a position, on all of them, on VaR and shortfall."""
COARSER = {
    Timeframe.M5: (Timeframe.M5, Timeframe.M15, Timeframe.M30),
    Timeframe.H1: (Timeframe.H1, Timeframe.H4, Timeframe.D1),
}
"""Lengths of bars on which alarms are counted, by that of a file."""
LEARNT = 50
"""Closed cases after which a voter without an edge must be known as one."""


class Rung(NamedTuple):
    """A system: its name, and how its settings differ from the profile's."""

    name: str
    settings: Callable[[Settings], Settings]


class Job(NamedTuple):
    """One run."""

    world: World
    voter: str
    seed: int


class Row(NamedTuple):
    """One voter under one system. `late`: growth after the first `LEARNT` hearings [fraction]."""

    voter: str
    system: str
    growth: float
    sharpe: float
    drawdown: float
    deployed: float
    trades: int
    hearings: int
    signed: int
    late: float | None
    """None for voters that repeat their vote every day: their votes are no cases."""


def as_of_0_2_0(settings: Settings) -> Settings:
    """The rules of 0.2.0, which its journals imply, with as many days of history as these."""
    older = session_before_settings_of_3({"settings": settings.model_dump(mode="json")})
    kept = {"limits.risk_per_trade": 0.02, "market.history_days": history_days(settings)}
    return Settings.model_validate(with_settings(older, kept)["settings"])


def without(*codes: str, court: bool = True) -> Callable[[Settings], Settings]:
    """A system without these limits, and without the court."""

    def changed(settings: Settings) -> Settings:
        kept = {limit.code for limit in CATALOGUE if limit.code not in codes}
        court_now = settings.court if court else settings.court.model_copy(update={"seats": ()})
        return settings.model_copy(update={"limits": loosest(settings.limits, but=kept), "court": court_now})

    return changed


SYSTEMS = (
    Rung("as 0.2.0", as_of_0_2_0),
    Rung("all defaults", lambda settings: settings),
    Rung("no court", without(court=False)),
    Rung("no court, no clusters", without("correlation", "cluster", court=False)),
    Rung("also no breakers, no Kelly", without(*OPENED, court=False)),
)


def tuned(**values: Any) -> Callable[[Settings], Settings]:
    """The defaults with other limits."""
    return lambda settings: settings.model_copy(update={"limits": settings.limits.model_copy(update=values)})


FRONTIER = tuple(
    Rung(f"unproven {unproven:.1%}, prior {prior}", tuned(unproven_fraction=unproven, record_prior=float(prior)))
    for unproven in (0.005, 0.01, 0.015, 0.025, 0.05)
    for prior in (10, 20, 50)
)


def labels(tape: Tape, settings: Settings) -> tuple[NDArray[np.int64], list[NDArray[np.int8]]]:
    """Close times of the session's bars, shape (n,), int64 [ms since 1970 UTC], and for each symbol what a purchase decided at
    each close touches first, shape (n,), int8: 1 its target, -1 its stop, 0 neither."""
    slices = [*tape.warmup_slices(), *tape.slices()]
    first, columns = len(slices) - len(tape), []
    for symbol in tape.symbols:
        bars = [each.bars.get(symbol) for each in slices]
        table = np.array([[np.nan] * 4 if b is None else [b.open, b.high, b.low, b.close] for b in bars])
        known = np.isfinite(table[:, 0])
        atr = np.full(len(table), np.nan)
        atr[known] = talib.ATR(table[known, 1], table[known, 2], table[known, 3], 14)
        columns.append(_labels(table, atr, settings)[first:])
    return np.array([to_ms(each.close_utc) for each in slices[first:]], dtype=np.int64), columns


def _labels(table: Floats, atr: Floats, settings: Settings) -> NDArray[np.int8]:
    found = np.zeros(len(table), dtype=np.int8)
    target = settings.exits.take_profit_fraction
    for t in np.flatnonzero(np.isfinite(table[:-1, 3]) & np.isfinite(atr[:-1])):
        stop = stop_fraction(float(table[t, 3]), float(atr[t]), settings.limits)
        ahead, entry = table[t + 1 : t + 1 + HORIZON_BARS], table[t + 1, 0]
        lost, won = ahead[:, 2] <= entry * (1 - stop), ahead[:, 1] >= entry * (1 + target)
        if (lost | won).any():
            found[t] = -1 if lost[np.argmax(lost | won)] else 1
    return found


def oracle(tape: Tape, settings: Settings, right: float | None, seed: int) -> NettedVotes:
    """The votes of an oracle that is right with this chance; None for bars as they are drawn."""
    chance = generator(seed, "oracle")
    close_ms, columns = labels(tape, settings)
    shape = (len(close_ms), len(columns))
    direction = np.zeros(shape, dtype=np.int8)
    for s, touched in enumerate(columns):
        t = int(chance.integers(BETWEEN_BARS))
        while t < len(touched):
            wanted = 0 if right is None else 1 if chance.random() < right else -1
            while t < len(touched) and wanted and touched[t] != wanted:
                t += 1
            if t < len(touched):
                direction[t, s] = 1
            t += 1 + int(chance.integers(2 * BETWEEN_BARS))
    conviction = np.where(direction > 0, CONVICTION, 0.0)
    return NettedVotes(tuple(tape.symbols), close_ms, direction, conviction, np.ones(shape, dtype=bool))


def lived(job: Job, tick: Tick) -> tuple[Curve, int]:
    """The curve of one voter in one world, and the bar by which its first `LEARNT` cases have closed."""
    tape, settings = tape_of(job.world), job.world.settings
    if job.voter in (DEFAULT, FOUR):
        voters = build_contexts(settings.strategies, tape.symbols)
        votes = cast_votes(tape, voters, settings.court.net_threshold)
        curve = curve_of(job.world, tick, tape)
    else:
        votes = oracle(tape, settings, RATES.get(job.voter), job.seed)
        curve = curve_of(job.world, tick, tape, votes)
    said = np.flatnonzero(np.cumsum((votes.direction > 0).sum(axis=1)) >= LEARNT)
    return curve, min(len(votes.close_ms), int(said[0]) + HORIZON_BARS) if len(said) else len(votes.close_ms)


def row_of(job: Job, system: str, curve: Curve, learnt: int) -> Row:
    """The figures of a curve."""
    equity = np.array(curve.equity)
    returns = equity[1:] / equity[:-1] - 1.0
    per_year = 365 * 86_400 / curve.timeframe_s
    spread_ = returns.std(ddof=1)
    return Row(
        job.voter, system, float(equity[-1] / equity[0] - 1.0),
        float(returns.mean() / spread_ * per_year**0.5) if spread_ > 0 else 0.0,
        float((1.0 - equity / np.maximum.accumulate(equity)).max()),
        curve.deployed, curve.trades, curve.hearings, curve.signed,
        None if job.voter == DEFAULT else float(equity[-1] / equity[learnt] - 1.0),
    )  # fmt: skip


def seated(world: World, voter: str) -> Settings:
    """The settings of the world; with the old four in place of its voters, if these are asked for."""
    if voter != FOUR:
        return world.settings
    four = tuple(StrategyContext(strategy=name) for name in SETS[OLD])
    return world.settings.model_copy(update={"strategies": four})


def run(world: World, systems: Sequence[Rung], voters: Sequence[str], workers: int, quiet: bool) -> list[Row]:
    """Every voter under every system."""
    jobs = [
        (
            Job(world.model_copy(update={"settings": rung.settings(seated(world, voter))}), voter, world.settings.seed),
            rung.name,
        )
        for voter in voters
        for rung in systems
    ]
    bars = len(tape_of(world)) * len(jobs)
    found = spread(lived, [job for job, _ in jobs], total=bars, workers=workers, what="bars", quiet=quiet)
    return [row_of(job, system, curve, learnt) for (job, system), (curve, learnt) in zip(jobs, found, strict=True)]


def alarms(files: Sequence[str], settings: Settings) -> list[tuple[str, float, float, int, float]]:
    """How often the falls that pause a market came: for each length of bars in these files and the two above it, its sigmas, the
    falls counted a year in each market, the markets, and the years in all."""
    found: dict[Timeframe, list[Floats]] = {}
    for name in files:
        for base in (Timeframe.M5, Timeframe.H1):
            if base in name:
                (candles,) = read_market_files([Path(name)], base, None).values()
                for longer in COARSER[base]:
                    step = longer.seconds // base.seconds
                    found.setdefault(longer, []).append(_moves(candles.close[step - 1 :: step]))
    rows = []
    for timeframe, moves in found.items():
        least = fall_sigmas(86_400 / timeframe.seconds, settings.limits)
        every = np.concatenate(moves)
        years = len(every) / timeframe.bars_per_year
        rows.append((str(timeframe), least, float((every <= -least).sum()) / years, len(moves), years))
    return rows


def _moves(closes: Floats) -> Floats:
    window, found = ReturnWindow(["X"], 2), []
    for close in closes:
        window.push({"X": float(close)})
        found.append(window.last_move("X"))
    return np.array([move for move in found if move is not None])


def _day(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=UTC)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the voters and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=[], help="files of recorded bars; default: the simulated market")
    parser.add_argument("--start", help="first day, UTC")
    parser.add_argument("--end", help="day after the last, UTC")
    parser.add_argument("--days", type=int, default=120, help="length of a simulated session (default 120)")
    parser.add_argument("--voters", nargs="+", default=VOTERS, choices=VOTERS)
    parser.add_argument("--frontier", action="store_true", help="other values of unproven_fraction and record_prior")
    parser.add_argument("--systems", nargs="+", help="only these rungs, by name")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--alarms", action="store_true", help="count the falls that pause a market, and run nothing")
    given = parser.parse_args(argv)
    if given.alarms:
        for timeframe, least, yearly, markets, years in alarms(given.data, load_profile("backtest")):
            sys.stdout.write(f"| {timeframe} | {least:.1f} | {yearly:.1f} | {markets}, {years:.1f} |\n")
        return 0
    bars = BarsRequest(
        data=tuple(given.data),
        start_utc=_day(given.start) if given.start else None,
        end_utc=_day(given.end) if given.end else None,
    )
    profile = "backtest" if given.data else "paper"
    world = world_of(WorldRequest(profile=profile, bars=bars, days=None if given.data else given.days, overrides={}))
    systems = [*SYSTEMS[:1], *FRONTIER, SYSTEMS[-1]] if given.frontier else SYSTEMS
    systems = [rung for rung in systems if not given.systems or rung.name in given.systems]
    rows = run(world, systems, given.voters, given.workers, given.quiet)
    if given.json:
        sys.stdout.write(json.dumps([row._asdict() for row in rows], indent=1) + "\n")
    else:
        show(rows, ", ".join(Path(name).stem for name in given.data) or f"simulated, {given.days} days")
    return 0


def show(rows: Sequence[Row], label: str) -> None:
    """The table, with the shares of the last system."""
    table = Table(title=label, box=ROUNDED)
    for name in ("system", "growth", "later", "Sharpe", "drawdown", "deployed", "trades", "growth kept", "Sharpe kept"):
        table.add_column(name, justify="left" if name == "system" else "right", min_width=6)
    whole = {row.voter: row for row in rows}
    for place, row in enumerate(rows):
        top = whole[row.voter]
        if not place or rows[place - 1].voter != row.voter:
            table.add_section()
            table.add_row(f"[bold]{row.voter}[/bold]")
        shares = [
            part / full if full > 0 else None for part, full in ((row.growth, top.growth), (row.sharpe, top.sharpe))
        ]
        table.add_row(
            row.system, f"{row.growth:+.2%}", "–" if row.late is None else f"{row.late:+.2%}",
            f"{row.sharpe:.2f}", f"{row.drawdown:.2%}",
            f"{row.deployed:.2%}", str(row.trades), *("–" if share is None else f"{share:.0%}" for share in shares),
        )  # fmt: skip
    Console(width=120).print(table)


if __name__ == "__main__":
    sys.exit(main())
