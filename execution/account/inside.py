"""Living through one slice: at its open, during the rest of it, and part by part where finer bars tell it.

Only the trailing stop is pulled up after each part. Marks, breakers, votes and the court wait for the close of the bar itself.
"""

from execution.account.order_desk import OrderDesk
from execution.account.protection import Protection
from execution.reports import asked
from execution.venues.venue import BarDriver
from market.bar import Slice
from market.detail import steps_of


async def live_through(driver: BarDriver, desk: OrderDesk, protection: Protection, shown: Slice) -> None:
    """Drive the venue through each part of a slice, and hear what came of it."""
    for step in steps_of(shown):
        at = step.rest.close_utc
        await desk.hear(asked("open", step.opening), await driver.on_open(step.opening), at)
        await desk.hear(asked("bar", step.rest), await driver.on_slice(step.rest), at)
        for symbol, bar in step.fine.items():
            await protection.trail(symbol, bar.high, at)
