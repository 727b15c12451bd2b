"""Completes the cases of a session for models: the trade, the path, the limits of the book, what is held and on which thesis.

Only models read these parts, so they are made only where models sit. All of it stands in the case, and so in the journal.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from agents.court.case import Case, Motion, Upcoming
from agents.court.hearing import Hearing
from agents.court.showing.dealing import Conditions, CourtTally, trade_of
from agents.court.showing.whole import left_whole
from agents.court.shown.holdings import HeldView, book_limits, held_view
from agents.court.shown.path import Paths
from config.settings import Settings
from execution.account.trader import Trader
from market.bar import Bar
from market.context.calendar.releases import calendar
from market.instrument import Instrument
from market.timeframe import Timeframe
from risk.limits.contexts import tightened
from risk.portfolio import Portfolio
from risk.verdict import Outcome


class Showing:
    """What models are shown beside the indicators. It has read the warm-up before the first bar."""

    def __init__(
        self,
        settings: Settings,
        instruments: Mapping[str, Instrument],
        timeframe: Timeframe,
        trader: Trader,
        days: Iterable[Mapping[str, Bar]],
        bars: Iterable[Mapping[str, Bar]],
    ) -> None:
        """`days` and `bars`: those of the warm-up, oldest first."""
        self._settings, self._instruments, self._trader = settings, instruments, trader
        self._paths = Paths(instruments, timeframe)
        self._theses: dict[str, str] = {}
        for one in days:
            self._paths.remember(one)
        for one in bars:
            self._paths.push(one)

    def push(self, bars: Mapping[str, Bar]) -> None:
        """Take the bars of one close."""
        self._paths.push(bars)

    def sent(self, hearing: Hearing) -> None:
        """Keep the reasons for which a position is opened."""
        case = hearing.case
        if hearing.verdict.outcome is Outcome.SIGNED and case.held_share is None:
            behind = (vote for vote in case.proposal.votes if case.proposal.backs(vote))
            self._theses[case.symbol] = "; ".join(reason for vote in behind for reason in vote.reasons)

    def complete(self, case: Case, moved: Motion, portfolio: Portfolio, court: CourtTally) -> Case:
        """The case with all that models are shown. `court`: how the cases have ended that the court let through."""
        limits = tightened(self._settings.limits, moved.terms)
        exits = self._settings.exits if moved.terms is None or moved.terms.exits is None else moved.terms.exits
        given = Conditions(limits, exits, self._instruments[case.symbol])
        left = self._trader.foresee(left_whole(moved, (case.symbol,)))
        held = self._held(portfolio, case.as_of_utc)
        return case.model_copy(
            update={
                "trade": trade_of(moved, given, left, case.book.equity, self._trader.book(case.symbol), court),
                "path": self._paths.of(case.symbol),
                "macro": _next_release(case.as_of_utc),
                "book": case.book.model_copy(update={"limits": book_limits(limits), "positions": held}),
            }
        )

    def _held(self, portfolio: Portfolio, as_of: datetime) -> tuple[HeldView, ...]:
        ledger, equity = self._trader.ledger, float(portfolio.equity)
        by_side = self._settings.court.sides == "both"
        return tuple(
            held_view(
                held, equity, ledger.opened_utc(held.symbol), as_of, self._theses.get(held.symbol), by_side=by_side
            )
            for held in portfolio.positions
        )


def _next_release(as_of: datetime) -> Upcoming | None:
    release = calendar().next(as_of)
    if release is None:
        return None
    return Upcoming(event=release.kind, in_h=(release.at_utc - as_of).total_seconds() / 3600)
