"""The netted votes of a whole tape as columns, and a voter that replays them.

The columns hold what the strategies want at each bar, without court, gate and money. The same columns are the input of the full
engine (through the voter) and of the kernel. They have no shares of a position and one record; `evidence.worlds.cast` keeps the
ballots of each voter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from agents.strategies.contexts import Context, depth_read, votes_on
from agents.strategies.facts import BarsAlone, Known
from agents.strategies.netting import net
from agents.strategies.voter import NOTHING, Ballot
from config.clock import to_ms
from market.bar import Slice
from market.candles import Floats, Millis
from market.indicators.engine import SignalEngine
from market.signals import Depth, TechnicalSignals
from market.tape import Tape
from risk.proposal import Direction

_SIGN = {Direction.LONG: 1, Direction.SHORT: -1, Direction.NONE: 0}


@dataclass(frozen=True, slots=True, eq=False)
class NettedVotes:
    """Netted votes by bar and market, each column of shape (n_bars, n_symbols).

    `close_ms`: shape (n_bars,), int64 [ms since 1970 UTC]. `direction`, int8: 1 buys, -1 closes, 0 is no vote. `conviction`,
    float64 in [0, 1]: 0 without a vote. `present`, bool: whether the market has a bar.
    """

    symbols: tuple[str, ...]
    close_ms: Millis
    direction: npt.NDArray[np.int8]
    conviction: Floats
    present: npt.NDArray[np.bool_]


Script = Mapping[tuple[str, int], Ballot]
"""Ballots by market (BASE/QUOTE) and close of the bar [ms since 1970 UTC]."""


class ScriptedVoter:
    """Votes as the script says and ignores the signals. At a bar that is not in the script it votes for nothing."""

    reads: ClassVar[Depth] = "core"

    def __init__(self, script: Script) -> None:
        self._script = script

    def vote(self, now: TechnicalSignals) -> Ballot:
        """The vote in the script for this market and bar."""
        return self._script.get((now.symbol, to_ms(now.close_utc)), NOTHING)


def script_of(votes: NettedVotes, why: str) -> Script:
    """Netted votes as the script of one voter, with the reason `why`."""
    return {
        (votes.symbols[column], int(votes.close_ms[row])): Ballot(
            Direction.LONG if votes.direction[row, column] > 0 else Direction.SHORT,
            float(votes.conviction[row, column]),
            (why,),
        )
        for row, column in np.argwhere(votes.direction != 0).tolist()
    }


def cast_votes(tape: Tape, contexts: tuple[Context, ...], threshold: float, most: Depth = "full") -> NettedVotes:
    """The votes of the strategies at each bar of a session, netted as in the cycle. The warm-up bars are read first.

    `threshold`: netted vote below which nothing is proposed, in [0, 1]. `most`: the depth of the signals in the profile. Raises
    UsageFault for a voter that reads news or figures beside the bars.
    """
    shape = (len(tape), len(tape.symbols))
    direction, conviction = np.zeros(shape, dtype=np.int8), np.zeros(shape)
    present, close_ms = np.zeros(shape, dtype=bool), np.zeros(shape[0], dtype=np.int64)
    for row, (now, known) in enumerate(bars_known(tape, contexts, most)):
        close_ms[row] = to_ms(now.close_utc)
        for column, symbol in enumerate(tape.symbols):
            if symbol in now.bars:
                present[row, column] = True
                direction[row, column], conviction[row, column] = _wanted(known, symbol, contexts, threshold)
    return NettedVotes(tuple(tape.symbols), close_ms, direction, conviction, present)


def bars_known(tape: Tape, contexts: tuple[Context, ...], most: Depth) -> Iterator[tuple[Slice, Known]]:
    """Each bar of a session with what voters may know at its close. The warm-up, which the voters remember, is read first."""
    depth = depth_read(contexts, most)
    engines = {symbol: SignalEngine(symbol, tape.timeframe, depth, depth, tape.year_bars) for symbol in tape.symbols}
    for _, days in tape.days():
        for symbol, day in days.items():
            engines[symbol].remember(day)
        for context in contexts:
            context.remember_days(days.values())
    for past in tape.warmup_slices():
        for symbol, bar in past.bars.items():
            engines[symbol].push(bar)
        for context in contexts:
            context.remember(past.bars.values())
    for now in tape.slices():
        for symbol, bar in now.bars.items():
            engines[symbol].push(bar)
        yield now, BarsAlone(now.close_utc, tape.timeframe, engines, now.bars)


def _wanted(known: Known, symbol: str, contexts: tuple[Context, ...], threshold: float) -> tuple[int, float]:
    signals = known.base(symbol)
    if signals is None:
        return 0, 0.0
    netted = net(votes_on(symbol, signals, contexts, known), threshold)
    sign = _SIGN[netted.direction]
    return sign, netted.conviction if sign else 0.0
