"""Living through one slice: at its open, during the rest of it, and part by part where finer bars tell it.

Nobody decides anything here but the dealer, whose trailing stop is pulled up after each part: marks, breakers, votes and the
court wait for the close of the bar itself.
"""

from execution.account.dealer import Dealer
from execution.reports import asked
from market.bar import Slice
from market.detail import steps_of


async def live_through(dealer: Dealer, tape: Slice) -> None:
    """Show the venue each part of a slice, and hear what came of it."""
    for step in steps_of(tape):
        at = step.rest.close_utc
        await dealer.hear(asked("open", step.opening), await dealer.venue.on_open(step.opening), at)
        await dealer.hear(asked("bar", step.rest), await dealer.venue.on_slice(step.rest), at)
        for symbol, bar in step.fine.items():
            await dealer.trail(symbol, bar.high, at)
