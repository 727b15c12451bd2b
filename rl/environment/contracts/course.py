"""The course of one account on perpetuals: bars with marks and funding, what is voted and ruled at each close, the rules.

An account of a perpetual course is that of a session, since compiled accounts show a policy no row of a contract
(`rl.environment.contracts.account`). A course has the form of a compiled one (`execution.kernel.lanes.course.Course`): what cuts
tapes into parts, and counts their days, asks neither which it is.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from config.sections.market import PerpetualsSettings
from config.sections.venue import VenueSettings
from config.settings import Settings
from execution.kernel import records as w
from execution.kernel.grid import Grid
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import Records
from market.bar import Slice
from market.instrument import Instrument
from risk.proposal import Argument
from risk.record import NO_RECORD, VotersRecord

LIQUIDATION = w.PURPOSES.index("liquidation")
"""The purpose of a fill that closes a position by force."""


class Spoken(NamedTuple):
    """What is voted for one market at one close, and how the court ruled.

    `opens`: 1 for a purchase, -1 for a short sale, 0 for neither. `closes_long`, `closes_short`: whether its voters want out of
    that side. `silent`: nothing is voted for. `conviction` in [0, 1]; `scale` in [0, 1]: what the court left of the size.
    `atr_quote` [quote]. `exposure` in [0, 1] and `exit_price` [quote]: the share and the exit of position voters. `holds_bars`:
    how long its voters mean to hold [bars], None for no end. `record`, `argument`: what the gate reads of voters and analyst.
    """

    opens: int = 0
    closes_long: bool = False
    closes_short: bool = False
    silent: bool = False
    conviction: float = 0.0
    scale: float = 1.0
    atr_quote: float | None = None
    exposure: float | None = None
    exit_price: float | None = None
    holds_bars: int | None = None
    record: VotersRecord = NO_RECORD
    argument: Argument | None = None

    def closes(self, *, short: bool) -> bool:
        """Whether a position on this side is closed."""
        return self.closes_short if short else self.closes_long


SILENT = Spoken(silent=True)
"""Nothing is voted for."""


@dataclass(frozen=True, eq=False)
class ContractBars:
    """What happens at each row of a grid: the slice with its marks and funding, and what is spoken, by symbol, in the order in
    which a session would meet it."""

    slices: tuple[Slice, ...]
    spoken: tuple[Mapping[str, Spoken], ...]

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of all of it."""
        made = hashlib.sha256()
        for shown, said in zip(self.slices, self.spoken, strict=True):
            made.update(shown.model_dump_json().encode())
            made.update(repr(list(said.items())).encode())
        return made.hexdigest()


@dataclass(frozen=True, eq=False)
class ContractRules:
    """The rules of an account on these contracts, from a profile; `instruments` in order of their symbols."""

    instruments: tuple[Instrument, ...]
    limits: RiskLimits
    exits: ExitSettings
    venue: VenueSettings
    perpetuals: PerpetualsSettings
    bars_per_day: float
    resize_band: float | None
    cost_edge: float | None
    signable: bool

    @cached_property
    def markets(self) -> Records:
        """Lots [base] and ticks [quote] in the form in which fills are read: records of RULE, shape (k,)."""
        made = np.zeros(len(self.instruments), dtype=w.RULE)
        for at, each in enumerate(self.instruments):
            whole, parts = each.tick_size.as_integer_ratio()
            made[at]["lot"] = float(each.lot_size), 0.0
            made[at]["tick_whole"], made[at]["tick_parts"] = whole, parts
        return made

    @cached_property
    def starting_cash(self) -> float:
        """Equity before the first bar [quote]."""
        return float(self.venue.starting_cash)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of all of them."""
        parts = (*self.instruments, self.limits, self.exits, self.venue, self.perpetuals)
        told = [each.model_dump_json() for each in parts]
        rest = repr((self.bars_per_day, self.resize_band, self.cost_edge, self.signable))
        return hashlib.sha256("\n".join([*told, rest]).encode()).hexdigest()


def contract_rules_of(
    instruments: Sequence[Instrument], settings: Settings, bars_per_day: float, venue: VenueSettings | None = None
) -> ContractRules:
    """The rules of a profile of perpetuals. `venue`: with other costs than the profile's. Instruments in order of symbols."""
    perpetuals = settings.market.perpetuals
    assert perpetuals is not None
    court = settings.court
    return ContractRules(
        instruments=tuple(instruments),
        limits=settings.limits,
        exits=settings.exits,
        venue=settings.venue if venue is None else venue,
        perpetuals=perpetuals,
        bars_per_day=bars_per_day,
        resize_band=court.resize_band,
        cost_edge=court.cost_edge,
        signable=court.hears != "all",
    )


class ContractCourse(NamedTuple):
    """The bars that one account trades: rows `first` to `end` of a grid, `end` not included. Default: its whole session.

    `delay`: how many bars late each vote is heard.
    """

    grid: Grid
    votes: Votes
    rules: ContractRules
    bars: ContractBars
    first: int | None = None
    end: int | None = None
    delay: int = 0

    @property
    def stretch(self) -> tuple[int, int]:
        """The row of its first bar, and the row after its last bar."""
        first = self.grid.first if self.first is None else self.first
        return first, len(self.grid) if self.end is None else self.end
