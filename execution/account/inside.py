"""Trading during one slice: at its open, and then during the rest of it; step by step if it has finer bars.

After each step only the trailing stop moves up. Marks, breakers, votes and the court wait for the close of the bar itself.
"""

from execution.account.order_desk import OrderDesk
from execution.account.protection import Protection
from execution.reports import asked
from execution.venues.venue import BarDriver
from market.bar import Slice
from market.plausible.detail import steps_of


async def drive(driver: BarDriver, desk: OrderDesk, protection: Protection, shown: Slice) -> None:
    """Drive the venue through each step of a slice, and book its reports."""
    for step in steps_of(shown):
        at = step.rest.close_utc
        await desk.hear(asked("open", step.opening), await driver.on_open(step.opening), at)
        await desk.hear(asked("bar", step.rest), await driver.on_slice(step.rest), at)
        for symbol, bar in step.fine.items():
            await protection.trail(symbol, bar, at)
