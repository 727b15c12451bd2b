"""What a policy is trained and judged on: bars and votes of some markets, what the court knew, and the rules of the account.

    PolicyTape(name, course, court, bars_per_day, variants)        .slice(first, end), .content_sha256, .court_of(bars, markets)
    varied_rules(instruments, settings, variety, count, seed)      rules with other costs, for randomised episodes

A tape is cut by bars for splits. Purge and embargo are the caller's, who knows how long its labels and windows are: a slice keeps
the bars before it, so that volatility and risk are known at its first bar, and trades none of them.

One market a tape gives clean credit, since the profit of an account is that of the market that was decided on, so it is the
default for training. A tape of several markets is one account that trades all of them: there the correlation with the book and
the shared ES limit say something. On spot the kernel trades it, without funding. A tape of perpetuals holds marks and
funding, and is traded by the account of a session (`rl.environment.contracts`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault
from config.seeds import generator
from config.settings import Settings
from execution.kernel.rules import Rules, rules_of
from market.instrument import Instrument
from rl.environment.contracts.course import ContractCourse, ContractRules, contract_rules_of
from rl.environment.lanes import AnyCourse
from rl.features import COURT_COLUMNS, PERPETUAL, SPOT, Schema

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PolicyTape:
    """One account's world.

    `court`, shape (n_bars, n_symbols, len(COURT_COLUMNS)), float64: what a court knew at each bar of the grid, NaN where there
    was none. `variants`: other rules of the same markets that an episode may draw; none for those of the course alone.
    """

    name: str
    course: AnyCourse
    court: Floats
    bars_per_day: float
    variants: tuple[Rules | ContractRules, ...] = ()

    def __post_init__(self) -> None:
        shape = (*self.course.grid.columns.shape, len(COURT_COLUMNS))
        if self.court.shape != shape or not self.bars_per_day > 0.0:
            raise DataFault(
                f"The tape {self.name} has court columns of shape {self.court.shape} and {self.bars_per_day:g} bars a day. It "
                f"was not made. Give shape {shape}, with NaN where no court was asked, and a number above 0."
            )

    @classmethod
    def without_court(
        cls, name: str, course: AnyCourse, bars_per_day: float, variants: tuple[Rules | ContractRules, ...] = ()
    ) -> "PolicyTape":
        """A tape of votes that no court has heard."""
        shape = (*course.grid.columns.shape, len(COURT_COLUMNS))
        return cls(name, course, np.broadcast_to(np.nan, shape), bars_per_day, variants)

    def __len__(self) -> int:
        """Bars that are traded."""
        first, end = self.course.stretch
        return end - first

    @property
    def schema(self) -> Schema:
        """What a policy reads of it."""
        return PERPETUAL if isinstance(self.course, ContractCourse) else SPOT

    def slice(self, first: int, end: int) -> "PolicyTape":
        """The same tape, trading rows `first` to before `end` of its grid alone."""
        return replace(self, course=self.course._replace(first=first, end=end))

    def court_of(self, bars: Ints, markets: Ints) -> Floats:
        """What the court knew: shape (n, len(COURT_COLUMNS)), float64, units of `rl.features`.

        `bars`, `markets`, shape (n,), int64: rows of the grid [bars] and numbers of markets [count].
        """
        return np.asarray(self.court[bars, markets])

    @cached_property
    def content_sha256(self) -> str:
        """The SHA-256 of all that decides what happens on the tape; its name does not, nor how its records lie in memory."""
        made, course = hashlib.sha256(), self.course
        votes = [getattr(course.votes, each.name) for each in fields(course.votes)]
        rules = [
            part
            for each in (course.rules, *self.variants)
            if not isinstance(each, ContractRules)
            for part in each
            if part is not False  # they are not of perpetuals: the hash is that of before these were known
        ]
        contracts = [each.sha256 for each in (course.rules, *self.variants) if isinstance(each, ContractRules)]
        if isinstance(course, ContractCourse):
            made.update("\n".join([course.bars.sha256, *contracts]).encode())
        made.update(repr((course.grid.symbols, course.stretch, course.delay, self.bars_per_day)).encode())
        made.update(repr((course.grid.columns.begin_us, course.grid.columns.step_us)).encode())
        for part in (course.grid.columns.bars, self.court, *votes, *rules):
            if isinstance(part, bool):
                made.update(b"perpetual")
                continue
            made.update(b"none" if part is None else f"{part.shape}".encode())
            for field in () if part is None else part.dtype.names or (None,):
                column = np.ascontiguousarray(part if field is None else part[field])
                made.update(f"{field}{column.dtype}".encode() + column.tobytes())
        return made.hexdigest()


@dataclass(frozen=True, slots=True)
class Variety:
    """From what ranges the costs of an episode are drawn: `fees` and `spread` as multiples of the profile's, `latency_ms` [ms].

    Slippage follows from the spread and the depth of the book.
    """

    fees: tuple[float, float] = (0.8, 1.5)
    spread: tuple[float, float] = (0.7, 2.0)
    latency_ms: tuple[float, float] = (0.0, 2_000.0)


def varied_rules(
    instruments: Sequence[Instrument],
    settings: Settings,
    bars_per_day: float,
    variety: Variety,
    count: int,
    seed: int,
) -> tuple[Rules | ContractRules, ...]:
    """`count` rules of an account on these markets, each with costs of its own, the same for the same seed.

    Instruments in order of their symbols. Raises UsageFault for a profile that the kernel does not support.
    """
    chance, made = generator(seed, "rl", "variety"), list[Rules | ContractRules]()
    for _ in range(count):
        fees, spread = float(chance.uniform(*variety.fees)), float(chance.uniform(*variety.spread))
        venue = settings.venue.model_copy(
            update={
                "spread_bps": round(settings.venue.spread_bps * spread, 2),
                "latency_ms": float(round(chance.uniform(*variety.latency_ms))),
            }
        )
        dearer = [
            each.model_copy(
                update={
                    "maker_fee_bps": round(each.maker_fee_bps * Decimal(repr(fees)), 1),
                    "taker_fee_bps": round(each.taker_fee_bps * Decimal(repr(fees)), 1),
                }
            )
            for each in instruments
        ]
        if settings.market.perpetuals is not None:
            made.append(contract_rules_of(dearer, settings, bars_per_day, venue))
            continue
        made.append(
            rules_of(
                dearer,
                settings.limits,
                settings.exits,
                venue,
                bars_per_day,
                resize_band=settings.court.resize_band,
                cost_edge=settings.court.cost_edge,
            )
        )
    return tuple(made)
