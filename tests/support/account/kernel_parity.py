"""The same bars and the same votes through both engines, and both results in one form."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from court_support import advocate, analyst, officer, supervisor
from gate_support import PLAIN

from agents.court.case import Case
from agents.court.graph import Bench, Court, See
from agents.desk.description import describe
from agents.desk.desk import Desk
from agents.desk.outside import NOTHING_OUTSIDE
from agents.desk.paper import open_paper
from agents.desk.reviewer import Reviewer
from agents.records.record import CycleRecord
from agents.session import run_session
from agents.strategies.contexts import Context
from agents.strategies.voter import NOTHING, Ballot
from config.clock import to_ms
from config.frozen import Journaled
from config.reading.load import load_profile
from config.sections.strategies import StrategyContext
from config.seeds import generator
from config.settings import Settings
from config.silence import Abstained
from execution.kernel.engine import simulate
from execution.kernel.grid import Grid, grid_of_tape
from execution.kernel.lanes.lanes import Lanes
from execution.kernel.lanes.result import KernelResult
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import PURPOSES, Floats
from execution.kernel.rules import Rules, rules_of
from execution.reports import VenueWord
from market.bar import Bar
from market.candles import RawCandles
from market.catalogue import instrument_of
from market.files.bars import read_market_files
from market.signals import TechnicalSignals
from market.tape import Tape
from market.timeframe import Timeframe
from risk.calibration import SizingMaps
from risk.proposal import Direction, Proposal
from risk.verdict import Outcome
from rl.adjuster import Adjuster, Off
from rl.adjustment import Adjustment
from rl.observation import Lookout, Observation, unseen

KEY = b"k" * 32
BOTH_SIDES = StrategyContext(strategy="trend_ensemble", sides="both")
"""What a profile says of a voter that may be short."""
_PLAIN_WORLDS: tuple[dict[str, Any], ...] = (
    {"limits.max_position_fraction": 0.6, "limits.max_deployed_fraction": 1.0, "limits.max_var_1d": 0.3,
     "limits.max_es_1d": 0.4, "limits.kelly_fraction": 1.0, "limits.kelly_edge": 0.5, "limits.max_correlation": 1.0},
    {"limits.max_var_1d": 0.002, "limits.max_es_1d": 0.0025, "limits.max_correlation": 0.9, "limits.risk_window_bars": 2000,
     "limits.var_confidence": 0.9, "limits.es_confidence": 0.85},
    {"limits.max_daily_loss": 0.002, "limits.max_drawdown": 0.02, "limits.loss_streak": 2, "limits.turbulence_sigma": 3.0,
     "limits.daily_loss_pause_h": 7.5, "limits.loss_streak_pause_h": 5, "limits.turbulence_pause_h": 3},
    {"venue.starting_cash": "5000000", "venue.depth_fraction": 0.0007, "venue.levels": 3, "limits.kelly_edge": 0.5,
     "limits.max_var_1d": 0.2, "limits.max_es_1d": 0.25, "limits.max_position_fraction": 0.2, "limits.max_correlation": 1.0},
    {"venue.starting_cash": "120", "limits.kelly_edge": 0.5, "exits.take_profit_share": 0.3, "limits.max_correlation": 1.0,
     "limits.max_position_fraction": 0.2, "limits.max_var_1d": 0.2, "limits.max_es_1d": 0.25},
    {"exits.take_profit_fraction": 0.008, "exits.trail_fraction": 0.004, "exits.take_profit_share": 0.35,
     "limits.stop_fraction": 0.006, "limits.stop_atr_multiple": 0.5, "limits.max_position_fraction": 0.2,
     "venue.spread_bps": 0.0, "venue.levels": 1, "venue.level_step_bps": 7.3, "limits.kelly_edge": 0.3},
    {"limits.max_position_fraction": 1.0, "limits.max_deployed_fraction": 1.0, "limits.max_var_1d": 1.0, "limits.max_es_1d": 1.0,
     "limits.kelly_fraction": 1.0, "limits.kelly_edge": 0.5, "limits.stop_fraction": 0.01, "limits.risk_per_trade": 0.1,
     "limits.stop_atr_multiple": 0.1, "limits.max_correlation": 1.0, "limits.max_drawdown": 0.9, "limits.max_daily_loss": 0.5,
     "exits.take_profit_fraction": 0.05, "limits.loss_streak": 90},
    {"limits.max_entries_per_day": 3, "limits.trading_hours_utc": [20, 12], "limits.max_order_errors": 0,
     "limits.sectors": {"BTC/USDT": "old", "ETH/USDT": "old", "LINK/USDT": "new", "SOL/USDT": "new"},
     "limits.max_sector_fraction": 0.09, "limits.max_net_leverage": 0.13, "venue.starting_cash": "300000",
     "venue.depth_fraction": 0.0005, "venue.level_step_bps": 23.7, "limits.max_slippage": 0.0041, "limits.kelly_edge": 0.5,
     "limits.max_var_1d": 0.2, "limits.max_es_1d": 0.25, "limits.max_correlation": 1.0, "limits.max_spread_bps": 2.05},
    {"limits.max_weekly_loss": 0.0015, "limits.weekly_loss_pause_h": 31, "limits.half_size_drawdown": 0.002,
     "limits.max_volume_share": 1e-6, "limits.max_correlation": 1.0, "limits.kelly_edge": 0.5, "limits.loss_streak": 90},
)  # fmt: skip
WORLDS: tuple[dict[str, Any], ...] = (
    {},
    {
        "limits.max_position_fraction": 0.6,
        "limits.max_deployed_fraction": 1.0,
        "limits.max_var_1d": 0.3,
        "limits.max_es_1d": 0.4,
        "limits.unproven_fraction": 0.2,
        "limits.proven_at": 0.7,
        "limits.record_prior": 3,
        "limits.kelly_edge": 0.5,
        "limits.max_cluster_fraction": 0.7,
        "limits.risk_per_trade": 0.1,
        "limits.max_twin_correlation": 0.9,
    },
    {
        "limits.max_position_fraction": 0.3,
        "limits.max_deployed_fraction": 1.0,
        "limits.max_var_1d": 0.3,
        "limits.max_es_1d": 0.4,
        "limits.unproven_fraction": None,
        "limits.record_prior": 5,
        "limits.kelly_edge": 0.2,
        "limits.kelly_fraction": 0.03,
        "limits.turbulence_alarms": 900,
        "limits.turbulence_pause_h": 9,
        "limits.loss_streak": 2,
        "limits.loss_streak_chance": 0.3,
        "limits.risk_per_trade": 0.1,
        "exits.take_profit_fraction": 0.012,
    },
    *({**PLAIN, **world} for world in _PLAIN_WORLDS),
)
"""Profiles under which different rules bind: the default, records and clusters, Kelly by record with symbols that pause one by
one; then, without records, clusters and pauses of one symbol, large positions, tail limits, breakers, a thin book, a tiny
account, tight exits, one concentrated position, counted entries in some hours of a day with sectors and a steep
book, weekly loss with half sizes and illiquid markets.
"""

SHARE_WORLDS: tuple[dict[str, Any], ...] = (
    {"limits.max_position_fraction": 0.3, "limits.max_deployed_fraction": 0.9, "limits.max_var_1d": 0.3, "limits.max_es_1d": 0.4,
     "limits.risk_per_trade": 0.02, "limits.unproven_fraction": None, "limits.max_cluster_fraction": 0.8,
     "limits.kelly_edge": 0.5, "limits.kelly_fraction": 1.0, "limits.max_twin_correlation": 1.0, "court.resize_band": 0.1},
    {"venue.starting_cash": "5000000", "venue.depth_fraction": 0.0007, "venue.levels": 3, "limits.entry_price_cap_bps": None,
     "limits.max_position_fraction": 0.2, "limits.max_var_1d": 0.2, "limits.max_es_1d": 0.25, "limits.unproven_fraction": None,
     "limits.kelly_edge": 0.5, "limits.risk_per_trade": 0.02, "limits.max_twin_correlation": 1.0, "court.resize_band": 0.0},
    {"limits.half_size_drawdown": 0.002, "limits.max_stop_fraction": 0.03, "limits.stop_fraction": 0.005,
     "court.resize_band": 0.05, "venue.starting_cash": "700", "limits.risk_per_trade": 0.01,
     "limits.unproven_fraction": None, "limits.kelly_edge": 0.5},
    {"limits.entry_price_cap_bps": None, "limits.max_position_fraction": 0.6, "limits.max_deployed_fraction": 1.0,
     "limits.max_sector_fraction": 0.5, "limits.sectors": {"BTC/USDT": "old", "ETH/USDT": "old"}, "limits.risk_per_trade": 0.1,
     "limits.max_var_1d": 0.3, "limits.max_es_1d": 0.4, "limits.record_prior": 3, "limits.unproven_fraction": 0.2,
     "limits.proven_at": 0.5, "limits.max_cluster_fraction": 0.7, "limits.kelly_edge": 0.3, "court.resize_band": 0.3},
)  # fmt: skip
"""Profiles for voters that hold shares: large positions and a narrow band; a thin book, at which entries and trims take several
bars, without a band; half sizes, near stops and tiny orders; sectors, records and clusters that bind.
"""

STORMS = {
    "march 2020": ("2020-03-08", "2020-03-22", ("BTC", "ETH", "LINK")),
    "may 2021": ("2021-05-14", "2021-05-26", ("BTC", "ETH", "DOGE")),
    "luna": ("2022-05-05", "2022-05-19", ("BTC", "SOL", "ADA")),
    "ftx": ("2022-11-03", "2022-11-17", ("BTC", "ETH", "SOL")),
    "outage of february 2020": ("2020-02-15", "2020-02-25", ("BTC", "ETH", "XRP")),
    "outage of april 2021": ("2021-04-20", "2021-04-30", ("BTC", "ETH", "DOGE")),
    "the first days of a market": ("2020-08-13", "2020-08-30", ("BTC", "SOL")),
}
"""Real days on which much went wrong at once: first day, last day, markets."""
WARMUP = 300


@dataclass(frozen=True, slots=True)
class Told:
    """What an engine made of a session: fills as (bar, symbol, bought, purpose, quantity, price), equity, refusals by rule.

    `decided`: how often each rule had the last word, where the engine tells it.
    """

    fills: list[tuple[int, str, bool, str, Decimal, Decimal]]
    fees: list[float]
    equity: list[float]
    refused: Counter[str]
    decided: Counter[str] = field(default_factory=Counter)


def settings_of(world: dict[str, Any], symbols: Sequence[str], profile: str = "backtest") -> Settings:
    return load_profile(profile, {"court.hears": "all", **world, "market.symbols": list(symbols)})


def late(seed: int) -> dict[str, Any]:
    """Return a latency for a world: none, that of the profile, or any up to almost an hour."""
    if seed % 3 < 2:
        return {"venue.latency_ms": 0.0} if seed % 3 else {}
    return {"venue.latency_ms": round(float(10 ** generator(seed, "parity", "latency").uniform(0.0, 6.55)), 3)}


def shorter(tape: Tape, warmup: int) -> Tape:
    """Return the same session after less history, because the window of returns does not need sixty days."""
    begin = max(tape.warmup_start_utc, tape.start_utc - warmup * tape.timeframe.duration)
    return replace(tape, warmup_start_utc=begin)


def recorded(settings: Settings, shared: Path, start: datetime, end: datetime) -> Tape:
    """A session on recorded hours of the profile's markets, after WARMUP hours."""
    symbols = settings.market.symbols
    return Tape(
        symbols=symbols,
        timeframe=Timeframe.H1,
        instruments={symbol: instrument_of(settings.market, symbol) for symbol in symbols},
        source_label="real candles",
        start_utc=start,
        end_utc=end,
        findings=(),
        news=(),
        warmup_start_utc=start - timedelta(hours=WARMUP),
        quality=settings.quality,
        candles={symbol: candles(shared, symbol.removesuffix("/USDT")) for symbol in symbols},
    )


@cache
def candles(shared: Path, base: str) -> RawCandles:
    """All recorded hours of a market."""
    path = shared / "ohlcv" / "spot_1h" / f"binance_{base}USDT_1h.parquet"
    return read_market_files([path], Timeframe.H1, None)[f"{base}/USDT"]


def random_votes(grid: Grid, seed: int, *, often: float = 0.2) -> Votes:
    """Return votes on about every tenth bar, of all convictions and scales; ATRs of about one percent, or unknown."""
    chance, shape = generator(seed, "votes"), grid.columns.shape
    direction = chance.choice([-1, 0, 1], p=[often / 4, 1 - often, often * 3 / 4], size=shape).astype(np.int8)
    atr = np.round(grid.columns.bars["close"] * chance.uniform(0.001, 0.03, shape), 6)
    return Votes(
        direction=direction,
        conviction=chance.choice([0.25, 0.5, 0.75, 1.0], size=shape) - np.where(chance.random(shape) < 0.5, 0.0, 0.03),
        scale=chance.choice([0.0, 0.25, 0.5, 0.75, 1.0], p=[0.05, 0.15, 0.2, 0.2, 0.4], size=shape),
        atr=np.where(chance.random(shape) < 0.5, np.nan, atr),
    )


def share_votes(grid: Grid, seed: int, *, often: float = 0.2, every: int = 1) -> Votes:
    """Return votes of which most want a share, with an exit or without one, on bars that are `every` bars apart; the others are
    of single events."""
    votes, chance, close = random_votes(grid, seed, often=often), generator(seed, "shares"), grid.columns.bars["close"]
    shape = close.shape
    quiet = np.arange(shape[0]) % every != 0
    share = np.round(
        chance.choice([0.05, 0.2, 0.35, 0.5, 0.8, 1.0, 1 / 3], size=shape) * chance.uniform(0.9, 1.0, shape), 3
    )
    away = chance.choice([0.5, 0.9, 0.96, 0.985, 0.999, 1.02], p=[0.1, 0.3, 0.3, 0.2, 0.08, 0.02], size=shape)
    exit_price = np.round(close * away, 4)
    direction = np.where(quiet[:, None], 0, votes.direction).astype(np.int8)
    return replace(
        votes,
        direction=direction,
        exposure=np.where(chance.random(shape) < 0.1, np.nan, np.where(direction < 0, 0.0, share)),
        exit_price=np.where((chance.random(shape) < 0.3) | (exit_price <= 0.0), np.nan, exit_price),
    )


def with_horizons(votes: Votes, seed: int) -> Votes:
    """Return the same votes, most of them with a horizon: an hour to two days."""
    horizon = generator(seed, "horizons").choice(
        [0, 1, 3, 9, 48], p=[0.1, 0.2, 0.3, 0.3, 0.1], size=votes.direction.shape
    )
    return replace(votes, horizon=horizon.astype(np.int32))


class Script:
    """Votes by symbol and time: as a strategy, as the mind of the court, and as the engines behind both."""

    name = "scripted"

    def __init__(self, grid: Grid, votes: Votes) -> None:
        begin, step = grid.columns.begin_us // 1000, grid.columns.step_us // 1000
        self._row = {begin + (t + 1) * step: t for t in range(len(grid))}
        self._column = {symbol: s for s, symbol in enumerate(grid.symbols)}
        self._votes = votes

    def at(self, symbol: str, moment: datetime) -> tuple[int, int]:
        return self._row[to_ms(moment)], self._column[symbol]

    def vote(self, now: TechnicalSignals) -> Ballot:
        place = self.at(now.symbol, now.close_utc)
        said = int(self._votes.direction[place])
        if said == 0:
            return NOTHING
        direction, strength = Direction.LONG if said > 0 else Direction.SHORT, float(self._votes.conviction[place])
        share, own_exit = self._of_share(self._votes.exposure, place), self._of_share(self._votes.exit_price, place)
        until = None if self._votes.horizon is None else int(self._votes.horizon[place]) or None
        return Ballot(direction, strength, ("said",), share, own_exit if share is not None else None, until)

    def _of_share(self, column: Floats | None, place: tuple[int, int]) -> float | None:
        return None if column is None or np.isnan(column[place]) else float(column[place])

    async def analyst(self, case: Case) -> Any:
        return analyst(evidence=())

    async def risk_agent(self, case: Case) -> Any:
        return officer()

    def answers(self, case: Case) -> bool:
        return False

    async def rebuttal(self, case: Case, analyst: Any, advocate: Any) -> Abstained:
        return Abstained(why="nothing is answered")

    async def devils_advocate(self, case: Case, analyst: Any, risk: Any) -> Any:
        said = advocate()
        return said.model_copy(
            update={
                "evidence": (said.evidence[0].model_copy(update={"field": "book.equity", "value": case.book.equity}),)
            }
        )

    async def supervisor(self, case: Case, analyst: Any, risk: Any, advocate: Any, answer: Any = None) -> Any:
        return supervisor(round(100 * float(self._votes.scale[self.at(case.symbol, case.as_of_utc)])))

    def transcripts(self) -> tuple[()]:
        return ()

    def voices(self) -> tuple[()]:
        return ()

    def atr(self, bar: Bar) -> float | None:
        value = float(self._votes.atr[self.at(bar.symbol, bar.close_utc)])
        return None if np.isnan(value) else value


class Engine:
    """Signals with the bar and the ATR of the script."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._now: TechnicalSignals | None = None

    def push(self, bar: Bar) -> None:
        self._now = TechnicalSignals(
            symbol=bar.symbol, timeframe=bar.timeframe, close_utc=bar.close_utc, bars=1, open=bar.open, high=bar.high,
            low=bar.low, close=bar.close, volume=bar.volume, atr_14_quote=self._script.atr(bar),
        )  # fmt: skip

    def signals(self, timeframe: Timeframe) -> TechnicalSignals | None:
        return self._now

    def view(self) -> dict[Timeframe, TechnicalSignals]:
        return {self._now.timeframe: self._now} if self._now else {}


class Events:
    """A sink that keeps fills with the number of the bar in which they were reported."""

    def __init__(self) -> None:
        self.fills: list[tuple[int, Any]] = []
        self._bars = 0

    def append(self, event: Journaled) -> int:
        if isinstance(event, VenueWord):
            self.fills += [(self._bars, fill) for fill in event.report.fills]
        self._bars += isinstance(event, CycleRecord)
        return 0


class Table:
    """A policy whose multipliers stand in a table, shape (n_bars, n_symbols); `seen` is what it was shown, by bar and market."""

    name = "table"

    def __init__(self, script: Script, multipliers: Floats, see: See) -> None:
        self.seen: dict[tuple[int, int], Floats] = {}
        self._script, self._multipliers, self._see = script, multipliers, see
        self._at = (0, 0)

    def see(self, proposal: Proposal) -> Observation:
        self._at = self._script.at(proposal.symbol, proposal.as_of_utc)
        seen = self._see(proposal)
        self.seen[self._at] = seen.row()
        return seen

    def adjust(self, seen: Observation) -> Adjustment:
        return Adjustment(adjuster=self.name, scale=float(self._multipliers[self._at]))

    def demote(self) -> None:
        raise AssertionError("a table is never demoted")


def lookout(settings: Settings, desk: Desk, calibration: SizingMaps | None = None) -> Lookout:
    return Lookout(desk.trader.situation, settings.limits, desk.timeframe.bars_per_day, calibration)


def full(
    settings: Settings,
    tape: Tape,
    grid: Grid,
    votes: Votes,
    multipliers: Floats | None = None,
    seen: dict[tuple[int, int], Floats] | None = None,
    watch: Callable[[Desk, CycleRecord], None] = lambda desk, record: None,
    calibration: SizingMaps | None = None,
    reviewed: dict[tuple[int, int], Floats] | None = None,
) -> Told:
    """The cycle of paper and backtest, with a scripted strategy, mind and, where there are `multipliers`, policy.

    With `reviewed`, the policy also reviews what is held by shares, and what it is shown then is noted there.
    """
    session, sink, script = describe(settings, tape, KEY), Events(), Script(grid, votes)
    desk = open_paper(settings, session, tape, sink, KEY, NOTHING_OUTSIDE)
    policy: Adjuster = Off()
    see: See = unseen
    reviewer: Table | None = None
    if multipliers is not None and reviewed is not None:
        reviewer = Table(script, multipliers, lookout(settings, desk, calibration).see)
    if multipliers is not None:
        policy = table = Table(script, multipliers, lookout(settings, desk, calibration).see)
        see = table.see
    desk = replace(
        desk,
        engines={symbol: Engine(script) for symbol in tape.symbols},  # type: ignore[misc]
        contexts=(Context("script", script, None, 1.0, entry=None if votes.short is None else BOTH_SIDES),),
        court=Court(Bench(mind=script, adjuster=policy, judge=desk.trader.judge, role_deadline_s=60, see=see)),
        reviewer=None if reviewer is None else Reviewer(reviewer, reviewer.see),
    )
    records: list[CycleRecord] = []

    def note(record: CycleRecord) -> None:
        records.append(record)
        watch(desk, record)

    asyncio.run(run_session(desk, lambda: False, note))
    if reviewed is not None and reviewer is not None:
        reviewed.update(reviewer.seen)
    if seen is not None and isinstance(policy, Table):
        seen.update(policy.seen)
    verdicts = [hearing.verdict for record in records for hearing in record.hearings]
    refused: Counter[str] = Counter(verdict.binding_rule for verdict in verdicts if verdict.outcome is Outcome.REFUSED)
    return Told(
        fills=[(t, f.symbol, f.side == "buy", f.purpose.value, f.quantity, f.price) for t, f in sink.fills],
        fees=[float(fill.fee) for _, fill in sink.fills],
        equity=[float(record.portfolio.equity) for record in records],
        refused=refused,
        decided=Counter(verdict.binding_rule for verdict in verdicts),
    )


def fast(settings: Settings, tape: Tape, grid: Grid, votes: Votes) -> Told:
    """The kernel, told in the same form."""
    return told(simulate(grid, votes, rules(settings, tape, grid)), tape)


def rules(settings: Settings, tape: Tape, grid: Grid) -> Rules:
    """What the kernel makes of a profile."""
    instruments = [tape.instruments[symbol] for symbol in grid.symbols]
    return rules_of(
        instruments, settings.limits, settings.exits, settings.venue, tape.timeframe.bars_per_day,
        resize_band=settings.court.resize_band, perpetuals=settings.market.perpetuals,
    )  # fmt: skip


def play(
    lanes: Lanes,
    tables: Sequence[Floats],
    seen: Sequence[dict[tuple[int, int], Floats]],
    until: int | None = None,
    reviewed: Sequence[dict[tuple[int, int], Floats]] = (),
) -> None:
    """Take lanes to `until`, or to their ends, under multipliers from tables, and note what is seen at each proposal and
    review."""
    lanes.advance(until=until)
    while lanes.asking.any():
        answers = np.full(len(lanes), np.nan)
        for lane in np.flatnonzero(lanes.asking).tolist():
            bar, market = lanes.asked[lane].tolist()
            noted = reviewed if lanes.reviewing[lane] else seen
            noted[lane][bar, market] = lanes.rows[lane].copy()
            answers[lane] = tables[lane][bar, market]
        lanes.advance(answers, until)


def told(result: KernelResult, tape: Tape) -> Told:
    fills = []
    for fill in result.fills:
        rules = tape.instruments[result.symbols[fill["symbol"]]]
        quantity, price = int(fill["lots"]) * rules.lot_size, int(fill["ticks"]) * rules.tick_size
        fills.append((int(fill["bar"]), rules.symbol, bool(fill["buys"]), PURPOSES[fill["purpose"]], quantity, price))
    return Told(fills, [float(fill["fee"]) for fill in result.fills], result.equity.tolist(), Counter(result.refused))


def difference(one: Told, other: Told) -> str:
    """Return where two results differ, in words; empty if they do not."""
    for number, (a, b) in enumerate(zip(one.fills, other.fills, strict=False)):
        if a != b:
            return f"fill {number}: full {a}, kernel {b}"
    if len(one.fills) != len(other.fills):
        longer = max(one.fills, other.fills, key=len)
        return f"{len(one.fills)} fills and {len(other.fills)}; the next is {longer[min(len(one.fills), len(other.fills))]}"
    for name, a_, b_ in (("equity", one.equity, other.equity), ("fees", one.fees, other.fees)):
        if len(a_) != len(b_) or not np.allclose(a_, b_, rtol=1e-9, atol=0):
            at = int(np.argmax(~np.isclose(a_, b_, rtol=1e-9, atol=0)))
            return f"{name} {at}: full {a_[at]}, kernel {b_[at]}"
    if one.refused != other.refused:
        return f"refusals: full {one.refused}, kernel {other.refused}"
    return ""


def both(settings: Settings, tape: Tape, seed: int) -> tuple[str, Told]:
    """Return how the engines differ on random votes (empty: not at all), and the result of the full one."""
    grid = grid_of_tape(tape)
    return both_of(settings, tape, grid, random_votes(grid, seed))


def both_of(settings: Settings, tape: Tape, grid: Grid, votes: Votes) -> tuple[str, Told]:
    """The same on these votes."""
    one = full(settings, tape, grid, votes)
    return difference(one, fast(settings, tape, grid, votes)), one
