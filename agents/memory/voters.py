"""The records of the voters of one session: how the purchases that each of them voted for have ended, bar by bar.

Each vote for a purchase is followed to the barriers of the system, with the stop and the target of its context, traded or not. So
the record of a voter does not depend on the account, the court or the gate. In one market a voter has one purchase at a time:
votes while it is open are not counted, so the cases do not overlap. What ends at a bar counts from the next bar on (law 6).

A purchase of a voter that holds shares has no target and no last bar: it ends at its stop, the hard one or the voters' exit,
which never falls, or at the open after the voter has said that it wants to be out.

A vote for a short sale is followed as the purchase in the mirror of its entry: a price of entry + x is one of entry - x there.
Its cases have a record of their own (`record_of`).

    of       at a bar close: the record of the voters of a proposal, as it was before this bar
    pass_bar at its end: end what this bar ends, then follow what was voted for at it
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agents.memory.outcomes import Barriers
from agents.strategies.vote import Vote, is_behind, record_of
from market.bar import Bar
from risk.proposal import Direction
from risk.record import HORIZON_BARS, NO_RECORD, VotersRecord, outcome_of, own_outcome_of
from risk.sizing import hard_stop, own_stop


class Voted(NamedTuple):
    """The votes on a market at a bar close, with its close and its ATR [quote], by which the stop is set."""

    symbol: str
    close: float
    atr_quote: float | None
    votes: tuple[Vote, ...]
    exit_price: float | None = None
    """The exit of its position voters [quote]."""
    short: bool = False
    """Whether that is the exit of a short."""


@dataclass(slots=True)
class _Followed:
    """A purchase that is followed: its stop [fraction], its entry [quote] once there is one, and its bars since then.

    `holds`: its voter brings its own exit, `exit_price` [quote], and has said that it wants to be out if it is `leaving`.
    """

    stop: float
    entry: float = math.nan
    bars: int = 0
    holds: bool = False
    exit_price: float = 0.0
    leaving: bool = False
    short: bool = False

    def hear(self, said: Voted, vote: Vote) -> None:
        """Take what its voter says while it is open: whether it wants to be out, and its exit if that is nearer."""
        self.leaving = self.leaving or not is_behind(vote, short=self.short)
        exit_price = said.exit_price if said.short == self.short else None
        if exit_price is not None:
            known = self.exit_price or exit_price
            self.exit_price = min(known, exit_price) if self.short else max(known, exit_price)

    def mirrored(self, price: float) -> float:
        """A price as that of a purchase: of a short sale, the one as far on the other side of the entry."""
        return 2.0 * self.entry - price if self.short else price


class VotersBook:
    """The records of all voters, and the purchases that are followed."""

    def __init__(self, barriers: Barriers, known: Mapping[str, VotersRecord]) -> None:
        """`known`: records that earlier runs have left, by voter."""
        self._barriers = barriers
        self._known = known
        self._records: dict[str, VotersRecord] = {}
        self._open: dict[tuple[str, str], _Followed] = {}

    @property
    def records(self) -> dict[str, VotersRecord]:
        """The cases of this session, of each voter by its name."""
        return dict(self._records)

    def of(self, votes: Iterable[Vote], *, short: bool = False) -> VotersRecord:
        """The records of those who vote for a purchase, or for a `short` sale, added up in the order of the votes."""
        found = NO_RECORD
        for vote in votes:
            if is_behind(vote, short=short):
                name = record_of(vote.voter, short=short)
                for records in (self._known, self._records):
                    found = found + records[name] if name in records else found
        return found

    def pass_bar(self, bars: Mapping[str, Bar], voted: Sequence[Voted], voters: Sequence[str]) -> None:
        """Close what these bars close, in the order of symbols and `voters`; then follow what was voted for."""
        if self._open:
            for symbol in sorted(bars):
                for voter in voters:
                    if (voter, symbol) in self._open:
                        self._pass(voter, bars[symbol])
        for said in voted:
            for vote in said.votes:
                followed = self._open.get((vote.voter, said.symbol))
                if followed is not None and followed.holds:
                    followed.hear(said, vote)
                elif followed is None and (vote.goes_short or vote.direction is Direction.LONG):
                    self._open[vote.voter, said.symbol] = self._begun(said, vote)

    def _begun(self, said: Voted, vote: Vote) -> _Followed:
        short = vote.goes_short
        if vote.exposure is None:
            return _Followed(self._barriers.stop_for(vote.voter, said.close, said.atr_quote), short=short)
        exit_price = said.exit_price if said.short == short else None
        stop = own_stop(said.close, exit_price, self._barriers.limits_for(vote.voter), -1 if short else 1)
        return _Followed(stop, holds=True, exit_price=exit_price or 0.0, short=short)

    def _pass(self, voter: str, bar: Bar) -> None:
        followed = self._open[voter, bar.symbol]
        if not followed.bars:
            followed.entry = bar.open
        followed.bars += 1
        high, low = (bar.low, bar.high) if followed.short else (bar.high, bar.low)
        opened, high, low, close = (followed.mirrored(price) for price in (bar.open, high, low, bar.close))
        outcome = self._own_outcome(voter, followed, bar) if followed.holds else outcome_of(
            followed.entry, followed.stop, self._barriers.target_for(voter),
            self._barriers.fee_bps[bar.symbol] / 1e4, opened, high, low, close, followed.bars >= HORIZON_BARS,
        )  # fmt: skip
        if not math.isnan(outcome):
            del self._open[voter, bar.symbol]
            name = record_of(voter, short=followed.short)
            self._records[name] = self._records.get(name, NO_RECORD).with_outcome(outcome)

    def _own_outcome(self, voter: str, followed: _Followed, bar: Bar) -> float:
        hard = followed.entry * (1.0 - hard_stop(self._barriers.limits_for(voter)))
        floor = max(hard, followed.mirrored(followed.exit_price)) if followed.exit_price else hard
        fee, low = self._barriers.fee_bps[bar.symbol] / 1e4, followed.mirrored(bar.high if followed.short else bar.low)
        return own_outcome_of(
            followed.entry, followed.stop, floor, fee, followed.mirrored(bar.open), low, followed.leaving
        )
