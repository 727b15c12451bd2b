"""What each voter of a tape has cast, bar by bar, and desks on which the same voters cast it again at other bars.

Each voter keeps its name, and so its weight, its record, its markets and its own rules. Ballots of one bar stay together: what
was netted then is netted so again. An exit price moves with the price. It refuses nothing and decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from agents.desk.desk import Desk
from agents.strategies.contexts import Context, votes_on
from agents.strategies.netting import net
from agents.strategies.voter import Ballot
from config.clock import to_ms
from evidence.worlds.votes import ScriptedVoter, bars_known
from market.candles import Floats, Millis
from market.signals import Depth
from market.tape import Tape
from risk.proposal import Direction

Ballots = Mapping[tuple[int, int], Mapping[str, Ballot]]
"""The ballots by row of the bar and column of the market, then by voter; bars without one are left out."""
_LONG = 1
_SIGN = {Direction.LONG: _LONG, Direction.SHORT: -1, Direction.NONE: 0}


@dataclass(frozen=True, slots=True, eq=False)
class CastBallots:
    """The ballots of all voters, and what they come to.

    `close_ms`: shape (n_bars,), int64 [ms since 1970 UTC]. The others have shape (n_bars, n_symbols): `close`, float64
    [quote], NaN without a bar; `direction`, int8, of the netted vote: 1 buys, -1 closes, 0 proposes nothing.
    """

    symbols: tuple[str, ...]
    close_ms: Millis
    close: Floats
    direction: npt.NDArray[np.int8]
    ballots: Ballots

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Whether a market has a bar, shape (n_bars, n_symbols), bool."""
        return np.isfinite(self.close)

    @property
    def holds(self) -> bool:
        """Whether one of the voters wants shares of a position instead of single events."""
        return any(ballot.exposure is not None for cast in self.ballots.values() for ballot in cast.values())

    @property
    def entries(self) -> int:
        """How often a purchase was wanted; of position voters, how often a position, from the first bar that wants it."""
        bought = self.direction == _LONG
        return int((bought[1:] & ~bought[:-1]).sum() + bought[:1].sum()) if self.holds else int(bought.sum())

    def moved(self, rows: npt.NDArray[np.int64]) -> "CastBallots":
        """The same ballots at other bars. What comes to a bar that is missing is not cast.

        `rows`: shape (n_bars, n_symbols), int64 [row number], for each bar and market the row at which its ballots are cast now.
        """
        ballots: dict[tuple[int, int], dict[str, Ballot]] = {}
        direction = np.zeros_like(self.direction)
        for (row, column), cast in self.ballots.items():
            to = int(rows[row, column])
            if self.present[to, column]:
                change = float(self.close[to, column] / self.close[row, column])
                ballots[to, column] = {name: _moved(ballot, change) for name, ballot in cast.items()}
                direction[to, column] = self.direction[row, column]
        return replace(self, direction=direction, ballots=ballots)


def cast_ballots(tape: Tape, contexts: tuple[Context, ...], threshold: float, most: Depth = "full") -> CastBallots:
    """The ballots at each bar of a session. `threshold`: netted vote below which nothing is proposed, in [0, 1].

    `most`: the depth of the signals in the profile. Raises UsageFault for a voter that reads news or figures beside the bars.
    """
    shape = (len(tape), len(tape.symbols))
    close, direction = np.full(shape, np.nan), np.zeros(shape, dtype=np.int8)
    close_ms = np.zeros(shape[0], dtype=np.int64)
    ballots: dict[tuple[int, int], dict[str, Ballot]] = {}
    for row, (now, known) in enumerate(bars_known(tape, contexts, most)):
        close_ms[row] = to_ms(now.close_utc)
        for column, symbol in enumerate(tape.symbols):
            if symbol not in now.bars:
                continue
            close[row, column] = now.bars[symbol].close
            signals = known.base(symbol)
            votes = () if signals is None else votes_on(symbol, signals, contexts, known)
            if votes:
                direction[row, column] = _SIGN[net(votes, threshold).direction]
                ballots[row, column] = {
                    vote.voter: Ballot(
                        vote.direction, vote.confidence, vote.reasons, vote.exposure, vote.exit_price, vote.horizon_bars
                    )
                    for vote in votes
                }
    return CastBallots(tuple(tape.symbols), close_ms, close, direction, ballots)


def recast(desk: Desk, cast: CastBallots) -> Desk:
    """The desk on which each voter casts these ballots instead of its own."""
    scripts: dict[str, dict[tuple[str, int], Ballot]] = {context.name: {} for context in desk.contexts}
    for (row, column), ballots in cast.ballots.items():
        for name, ballot in ballots.items():
            scripts[name][cast.symbols[column], int(cast.close_ms[row])] = ballot
    contexts = [
        replace(context, strategy=ScriptedVoter(scripts[context.name]), reads_facts=False) for context in desk.contexts
    ]
    return replace(desk, contexts=tuple(contexts))


def _moved(ballot: Ballot, change: float) -> Ballot:
    return ballot if ballot.exit_price is None else ballot._replace(exit_price=ballot.exit_price * change)
