"""How the lines to an exchange do: counted over the wire, and read out of what exchanges say of their limits."""

import asyncio
from pathlib import Path

import pytest
from exchange_support import LOSSES, order_of, trading
from wire_support import exchange_of

from config.clock import SystemClock
from execution.venues.exchange.lines.seen import LinesNow, rate_used
from execution.wire.access import Limits
from execution.wire.server import WireServer


@pytest.mark.parametrize(
    ("headers", "perpetual", "used"),
    [
        ({"X-MBX-USED-WEIGHT-1M": "1500"}, False, 0.25),
        ({"x-mbx-used-weight-1m": "1200"}, True, 0.5),
        ({"X-Bapi-Limit-Status": "15", "X-Bapi-Limit": "20"}, False, 0.25),
        ({"X-Bapi-Limit-Status": "15", "X-Bapi-Limit": "0"}, False, None),
        ({"x-mbx-used-weight-1m": "much"}, False, None),
        ({"date": "today"}, False, None),
        ({}, False, None),
        (None, False, None),
    ],
)
def test_the_used_part_of_a_limit_is_read_as_the_exchange_says_it(
    headers: dict[str, str] | None, perpetual: bool, used: float | None
) -> None:
    assert rate_used(headers, perpetual=perpetual) == (None if used is None else pytest.approx(used))


def test_requests_failures_clock_and_limit_are_counted_over_the_wire(tmp_path: Path) -> None:
    async def scenario() -> tuple[LinesNow, LinesNow]:
        server = WireServer(exchange_of(), limits=Limits(SystemClock()))
        async with trading(tmp_path, server=server) as on:
            before = on.venue.lines_now()
            on.lose("order.place", LOSSES[0])
            await on.submit(order_of("a", "buy 1 market"))
            await on.until("a", "filled")
            return before, on.venue.lines_now()

    before, after = asyncio.run(scenario())
    assert before.asked > 3
    assert before.failed == 0
    assert after.asked > before.asked
    assert after.failed >= 1
    assert abs(after.clock_ahead_s) < 5.0
    assert before.used is not None
    assert after.used is not None
    assert 0 < before.used < after.used < 1
