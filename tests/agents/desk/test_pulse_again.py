"""The kill switch on a real exchange: what could not be sold is tried again, without a price and without a new bar."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from jumping_time import T0, Overdue, Time

from agents.desk.clocked.pulse import LivePulse
from agents.records.inputs import Beat, StopAsked
from execution.kill_switch.halting import Halt

DOWN = (Halt(scope="all", who="a drill", given_utc=T0, why="a drill", flatten=True),)


class Stuck:
    """An account that has read the switch, and whose position cannot be sold yet: an exit is of unknown fate."""

    halts: tuple[Halt, ...] = ()
    quantities: Mapping[str, Decimal] = {"BTC/USDT": Decimal(1)}
    pursued = ()


def test_what_the_kill_switch_could_not_sell_is_tried_again_every_ten_seconds() -> None:
    time, account = Time(), Stuck()
    pulse = LivePulse(Overdue(), lambda: DOWN, lambda: time.seconds > 60, time, sells_at_once=True)
    pulse.watch(account)

    async def beats() -> list[float]:
        found = []
        while isinstance(came := await pulse.next(), Beat):
            assert came.prices == {}
            account.halts = DOWN
            found.append(time.seconds)
        assert isinstance(came, StopAsked)
        return found

    assert asyncio.run(beats()) == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]


class Pursues:
    """An account that buys piece by piece until a moment."""

    halts: tuple[Halt, ...] = ()
    quantities: Mapping[str, Decimal] = {}

    def __init__(self, time: Time) -> None:
        self._time = time

    @property
    def pursued(self) -> tuple[str, ...]:
        return ("BTC/USDT",) if self._time.seconds < 12 else ()


def test_an_entry_that_is_bought_piece_by_piece_is_looked_at_every_five_seconds_with_the_best_prices() -> None:
    time = Time()
    pulse = LivePulse(
        Overdue(), lambda: (), lambda: time.seconds > 60, time, sells_at_once=True,
        touch=lambda symbols: {symbol: (Decimal(99), Decimal(101)) for symbol in symbols}, reprice_s=5.0,
    )  # fmt: skip
    pulse.watch(Pursues(time))

    async def beats() -> list[float]:
        found = []
        while isinstance(came := await pulse.next(), Beat):
            assert came.touch == {"BTC/USDT": (Decimal(99), Decimal(101))}
            found.append(time.seconds)
        return found

    assert asyncio.run(beats()) == [0.0, 5.0, 10.0]
