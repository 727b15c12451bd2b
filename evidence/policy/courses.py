"""What a policy is trained on: the tapes of a world, with other costs for episodes, and drawn paths beside the real ones.

At most half of the samples are drawn: a drawn path is as long as the training part, and there is one. It is made of blocks of the
training bars (all markets at once, so that they still move together), or it is the simulated market. It never holds a validating
bar.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agents.desk.world import World
from config.clock import from_ms
from config.errors import UsageFault
from config.reading.load import load_profile
from config.seeds import generator
from evidence.policy.proposals import Proposals, read_proposals
from market.candles import RawCandles
from market.tape import Tape, simulated_past
from rl.environment.tape import PolicyTape, Variety, varied_rules
from rl.training.split import Parts

Floats = NDArray[np.float64]
Mix = Literal["none", "bootstrap", "simulated"]
Accounts = Literal["together", "apart"]
Seen = Callable[[int], None]

BLOCK_DAYS = 20
VARIANTS = 15


@dataclass(frozen=True, eq=False)
class Courses:
    """A world and its tape, read once.

    `mix`: where the other half of the samples comes from. `accounts`: all markets in one account, as a session trades them, or an
    account for each. Where accounts are apart, a policy never sees a second market held, so its base stands in for it in a
    session that holds one.
    """

    world: World
    tape: Tape
    read: Proposals
    mix: Mix
    accounts: Accounts

    def tapes(self) -> tuple[PolicyTape, ...]:
        """The tape of each account."""
        return self._of(self.read)

    def _of(self, read: Proposals) -> tuple[PolicyTape, ...]:
        return (read.together(),) if self.accounts == "together" else read.apart()

    def varied(self, parts: Parts, seen: Seen = lambda bars: None) -> tuple[PolicyTape, ...]:
        """The tapes of episodes: the training part, the drawn half if there is one, all with costs of their own."""
        drawn = self._drawn(parts, seen)
        return tuple(self._with_variants(tape) for tape in (*parts.training, *drawn))

    def _with_variants(self, tape: PolicyTape) -> PolicyTape:
        settings, symbols = self.world.settings, tape.course.grid.symbols
        instruments = [each for each in self.read.instruments if each.symbol in symbols]
        rules = varied_rules(instruments, settings, tape.bars_per_day, Variety(), VARIANTS, settings.seed)
        return replace(tape, variants=rules)

    def _drawn(self, parts: Parts, seen: Seen) -> tuple[PolicyTape, ...]:
        if self.mix == "none":
            return ()
        if self.mix == "bootstrap" and self.world.settings.market.perpetuals is not None:
            raise UsageFault(
                "Blocks of bars in another order have no marks and no funding that belong to them. Nothing was trained; leave "
                "out --mix, or take --mix simulated."
            )
        real = parts.training[0]
        bars = len(real)
        path = self._blocks(parts) if self.mix == "bootstrap" else self._simulated(bars / real.bars_per_day)
        made = self._of(read_proposals(self.world, seen, tape=path))
        names = {tape.course.grid.symbols for tape in parts.training}
        return tuple(
            replace(_at_most(tape, bars), name=f"{tape.name}, {self.mix}")
            for tape in made
            if tape.course.grid.symbols in names
        )

    def _blocks(self, parts: Parts) -> Tape:
        """A tape of the training bars in another order."""
        columns = parts.training[0].course.grid.columns
        until = from_ms(
            (columns.begin_us + max(part.course.stretch[1] for part in parts.training) * columns.step_us) // 1000
        )
        tape, settings = self.tape, self.world.settings
        length = max(1, BLOCK_DAYS * timedelta(days=1) // tape.timeframe.duration)
        candles = shuffled(tape.candles, until_ms=int(until.timestamp() * 1000), block=length, seed=settings.seed)
        return replace(
            tape, candles=candles, end_utc=until, source_label="blocks of the training bars", files=(), findings=()
        )

    def _simulated(self, days: float) -> Tape:
        """The simulated market with the markets and the timeframe of the world."""
        settings = self.world.settings
        market = settings.market.model_copy(update={"session_days": min(3650, max(1, int(days)))})
        wire = load_profile("paper", {}).sentiment
        drawn = settings.model_copy(update={"world": "simulated", "market": market, "sentiment": wire})
        return simulated_past(drawn)


def shuffled(candles: dict[str, RawCandles] | object, *, until_ms: int, block: int, seed: int) -> dict[str, RawCandles]:
    """Bars up to a moment [ms since 1970 UTC], in blocks of `block` bars drawn with replacement, all markets at once.

    A bar keeps its shape over the close before it; prices are joined to one path. Volumes are those of the drawn bars. Markets
    keep the times of their own bars.
    """
    assert isinstance(candles, dict)
    times = np.unique(np.concatenate([each.close_ms for each in candles.values()]))
    times = times[times <= until_ms]
    chance = generator(seed, "policy", "blocks")
    begins = chance.integers(0, max(1, len(times) - block), size=-(-len(times) // block))
    order = np.concatenate([np.arange(begin, begin + block) for begin in begins])[: len(times)] % len(times)
    return {symbol: _reordered(each, times, order) for symbol, each in candles.items()}


def _reordered(candles: RawCandles, times: NDArray[np.int64], order: NDArray[np.int64]) -> RawCandles:
    own = np.searchsorted(candles.close_ms, times)
    there = (own < len(candles)) & (candles.close_ms[np.minimum(own, len(candles) - 1)] == times)
    there &= candles.sound()[np.minimum(own, len(candles) - 1)]
    there &= own > 0
    rows = own[order[there[order]]]
    before = candles.close[rows - 1]
    steps = candles.close[rows] / before
    close = candles.close[0] * np.cumprod(steps)
    last = close / steps
    kept = np.flatnonzero(there[order])
    opened = last * candles.open[rows] / before
    return replace(
        candles,
        close_ms=times[kept],
        open=opened,
        high=np.maximum(np.maximum(opened, close), last * candles.high[rows] / before),  # rounding keeps no order
        low=np.minimum(np.minimum(opened, close), last * candles.low[rows] / before),
        close=close,
        volume=candles.volume[rows],
        findings=(),
    )


def _at_most(tape: PolicyTape, bars: int) -> PolicyTape:
    first, end = tape.course.stretch
    return tape if end - first <= bars else tape.slice(first, first + bars)
