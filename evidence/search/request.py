"""What the commands of evidence share: the settings of parameter sets, trials that are counted first, and the market itself."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from agents.desk.world import World
from agents.strategies.contexts import build_contexts
from config.clock import SystemClock
from config.secrets import load_secrets, state_dir
from config.settings import Settings
from evidence.search.counted import Trials, parameters_of, scope_of
from evidence.search.space import Values, applied
from evidence.statistics.deflated import Deflated
from market.tape import Tape


def market_growth(tape: Tape) -> float:
    """Growth of equal parts of all markets, bought at the first close of the session and held, as a fraction."""
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    for shown in tape.slices():
        for symbol, bar in shown.bars.items():
            first.setdefault(symbol, bar.close)
            last[symbol] = bar.close
    grown = [last[symbol] / first[symbol] - 1.0 for symbol in first]
    return sum(grown) / len(grown) if grown else 0.0


def settings_for(world: World, sets: Sequence[Values], tape: Tape, own: Mapping[str, str]) -> list[Settings]:
    """The settings of each parameter set. Raises UsageFault, before any set is run, if one is not allowed.

    `own` holds the texts of the user's strategy files, by file name.
    """
    found = []
    for values in sets:
        settings = applied(world.settings, values)
        build_contexts(settings.strategies, tape.symbols, own)
        found.append(settings)
    return found


class Counted:
    """Trials on one tape that were counted before they run."""

    def __init__(self, trials: Trials, sets: list[dict[str, Any]]) -> None:
        self._trials = trials
        self._sets = sets

    def note(self, sharpes_bar: list[float | None]) -> None:
        """Store the Sharpe ratio per bar of each set. Raises OutputFault."""
        self._trials.score(self._sets, sharpes_bar)

    def deflate(self, returns: list[float], bars_per_year: float) -> Deflated | None:
        """The deflated Sharpe ratio of a curve, given all trials on these bars. Raises OutputFault."""
        return self._trials.deflate(returns, bars_per_year)


@contextmanager
def counted(tape: Tape, kind: str, sets: Sequence[Settings], own: Mapping[str, str]) -> Iterator[Counted]:
    """Count settings as trials on a tape, in the user's record of trials, before any of them is run. Raises OutputFault.

    `own` holds the texts of the user's strategy files, by file name.
    """
    folder = state_dir(load_secrets())
    folder.mkdir(parents=True, exist_ok=True)
    trials, plain = Trials(folder, scope_of(tape)), [parameters_of(each, own) for each in sets]
    try:
        trials.count(kind, plain, SystemClock().now())
        yield Counted(trials, plain)
    finally:
        trials.close()
