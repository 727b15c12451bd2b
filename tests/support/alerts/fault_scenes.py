"""What makes each fault happen whose alert is awaited: the program's own parts, and orders over the wire to the simulator on
loopback, through unmodified ccxt."""

import asyncio
import fcntl
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exchange_session import Lived
from exchange_support import JOURNAL_KEY, KEYS, QUICK, Trading, order_of, server_of, trading
from exchange_support import settings_at as venue_at
from faulty_disk import no_room
from kept_journals import JOURNALS
from model_server import ModelServer, Seen, Turn
from perpetual_trading import PerpetualTrading, perpetual_order, perpetual_trading
from perpetual_wire import perpetual_exchange
from run_support import events, run
from session_models import KEYS as KEYS_OF_MODELS
from session_models import arguments
from storm import Storm
from wire_support import FLAT, exchange_of, rules_of, settings_of

from agents.records.record import CycleRecord, Session
from config.clock import SystemClock
from config.frozen import Journaled
from execution.account.agreement import Agreement
from execution.account.close_only import ClosedMarkets
from execution.account.ledger import Ledger
from execution.kill_switch.halting import HaltWatch
from execution.kill_switch.latch import ALL, LatchFolder
from execution.kill_switch.switches import FileSwitch
from execution.reports import DustSwept, SentOrder, VenueReport, VenueWord
from execution.venues.exchange.venue import ExchangeVenue
from execution.wire.faults import Faults, Kind, Rule, Scenario
from execution.wire.trading.wanted import Wanted
from market.tape import simulated_tape
from ops.live.beating.heartbeat import FILE, Heartbeat
from ops.live.woken.guarding import Guarded
from ops.live.woken.notice import Notice
from ops.live.woken.switching import put_down
from ops.live.woken.waking import Waking
from risk.breakers import BreakerEvent
from risk.order import Order, Purpose, Side

LIVE = JOURNALS / "live-0.6.0"
AS_DELIVERED = QUICK._replace(timeout_s=5.0, patience_s=8.0, settle_s=2.0)
"""As long as a session waits for answers."""
ASKED = ("order.status", "openOrders", "myTrades", "account")
ASKED_OF_PERPETUALS = ("order.status", "openOrders", "userTrades", "account", "positionRisk")
TRIGGERS_NOW = Rule(
    at="algoOrder.place", kind=Kind.ANSWER, chance=1.0, status=400,
    body='{"code":-2021,"msg":"Order would immediately trigger."}',
)  # fmt: skip
_HEARD_S = 8.0


class Scene:
    """Where a fault happens: its alerts go to `waking`, or from a session of its own to `address`; its files lie in `folder`.
    `began`: when it happened (monotonic)."""

    def __init__(self, waking: Waking, folder: Path, address: str = "") -> None:
        self.waking, self.folder, self.address = waking, folder, address
        self.began = 0.0

    def begin(self) -> None:
        """The fault happens now."""
        self.began = time.monotonic()

    def append(self, event: Journaled) -> int:
        """The sink of the program's parts."""
        self.tell(event)
        return 0

    def tell(self, *told: Journaled) -> None:
        for event in told:
            self.waking.hear(event, past=False)

    def put(self, told: Sequence[Notice]) -> None:
        for each in told:
            self.waking.put(each)


Happens = Callable[[Scene], None]


def first(run: Path, kind: type[Any]) -> Any:
    return next(found.event for found in events(run) if isinstance(found.event, kind))


def sent(order: Order) -> SentOrder:
    return SentOrder.model_validate_json(order.canonical())


def wire(
    text: str, *rules: Rule, asking: Kind | None = None, before: str = "", purpose: Purpose | None = None
) -> Happens:
    """An order over the wire, while these faults happen to its request; `asking`: to each question about it for a while."""

    async def main(scene: Scene) -> None:
        exchange = exchange_of(
            (FLAT,) * 3, settings=settings_of(depth_fraction=1.0), balances={"USDT": "10000", "BTC": "0"}
        )
        async with trading(scene.folder, pace=AS_DELIVERED, exchange=exchange) as on:
            if before:
                await _submit(scene, on, order_of("before", before, cap="101"))
                await on.until("before", "filled")
            asked = (
                tuple(Rule(at=at, kind=asking, nth=tuple(range(1, 60)), status=502) for at in ASKED) if asking else ()
            )
            on.server.faults = Faults(Scenario(faults=(*rules, *asked)))
            scene.begin()
            await _submit(
                scene, on, order_of("the-order", text, cap="101" if text.startswith("buy") else None, purpose=purpose)
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(2.0):
                    while True:
                        scene.tell(VenueWord(asked="heard", report=await on.venue.hear()))

    return lambda scene: asyncio.run(main(scene))


async def _submit(scene: Scene, on: Trading, order: Order) -> None:
    scene.tell(sent(order))
    scene.tell(VenueWord(asked="submit", report=on.take(await on.venue.submit(order))))


def place(kind: Kind, times: int = 30, **more: Any) -> Rule:
    """The first so many requests for an order meet this fault."""
    return Rule(at="order.place", kind=kind, nth=tuple(range(1, times + 1)), **more)


def clock_off(scene: Scene) -> None:
    """The exchange's clock jumps, and the venue closes its markets."""

    async def main() -> None:
        async with trading(scene.folder, (FLAT,) * 3) as on:
            on.server.answering.access.skew_ms = 20_000
            scene.begin()
            await on.venue._listener.measure_clock()
            closed = ClosedMarkets(scene)
            async with asyncio.timeout(_HEARD_S):
                while (report := await on.venue.hear()).close_only is None:
                    pass
            assert report.close_only is not None
            closed.see(report.close_only, SystemClock().now())

    asyncio.run(main())


def gone_process(scene: Scene) -> None:
    """A session is killed with SIGKILL (`tests/ops/live/test_killed.py` does it to a whole session)."""
    (scene.folder / "journal.db").touch()
    child = os.fork()
    if not child:
        told = Heartbeat(
            run="live-001",
            profile="live",
            pid=os.getpid(),
            at_utc=SystemClock().now(),
            bars=1,
            bar_utc=None,
            due_utc=None,
        )
        file = os.open(scene.folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        os.write(file, told.canonical())
        (scene.folder / "ready").touch()
        time.sleep(60)
        os._exit(0)
    while not (scene.folder / "ready").exists():
        time.sleep(0.01)
    guard = Guarded(scene.folder)
    assert list(guard.look(SystemClock().now())) == []
    os.kill(child, 9)
    os.waitpid(child, 0)
    scene.begin()
    found: Sequence[Notice] = ()
    while not found:
        time.sleep(1.0)
        found = guard.look(SystemClock().now())
    scene.put(found)


def drift(scene: Scene) -> None:
    """Somebody else buys on the same account; the books of the exchange show what the ledger does not know."""

    async def main() -> None:
        balances = {"USDT": "10000", "BTC": "1"}
        async with trading(scene.folder, (FLAT,) * 3, balances=balances) as on:
            rules = on.venue.instruments()
            agreement = Agreement(Ledger(Decimal(10_000), "USDT", rules), rules, scene)

            async def look() -> None:
                on.venue._listener._asked_s = float("-inf")
                await on.venue._listener.ask()
                account = await on.venue.account()
                assert account is not None
                agreement.see(account, SystemClock().now())

            await look()
            zero = Decimal(0)
            on.exchange.place("BTCUSDT", Wanted(Side.BUY, "MARKET", "GTC", Decimal("0.25"), zero, zero, zero, None))
            scene.begin()
            await look()
            await look()  # a difference counts from the second report that shows it

    asyncio.run(main())


def oversold(scene: Scene) -> None:
    scene.begin()
    ClosedMarkets(scene).find("BTC/USDT", "the exchange sold more than was held", SystemClock().now())


def delisted(scene: Scene) -> None:
    """A run is gone on with, and the exchange lists one of its markets no more."""

    async def main() -> None:
        exchange = exchange_of()
        known = {symbol: rules_of(symbol) for symbol in ("BTC/USDT", "ETH/USDT")}
        async with server_of(exchange) as url:
            scene.begin()
            async with ExchangeVenue.open(
                venue_at(url), KEYS, symbols=tuple(known), known=known, key=JOURNAL_KEY, run="run-1", live=False,
                folder=scene.folder, seed=1, pace=QUICK,
            ) as venue:  # fmt: skip
                closed = venue.closed()
        assert closed["ETH/USDT"].gone
        ClosedMarkets(scene).see(closed, SystemClock().now())

    asyncio.run(main())


def overdue(scene: Scene) -> None:
    """A bar that is due in a second never comes."""
    session = first(LIVE, Session)
    due = SystemClock().now() + timedelta(seconds=1)
    scene.tell(session.model_copy(update={"start_utc": due - session.timeframe.duration}))
    time.sleep(1.0)
    scene.begin()


def bad_tick(price: float) -> Happens:
    """The quality monitor sees a price that nothing can cost."""

    def happens(scene: Scene) -> None:
        session = first(JOURNALS / "rules-0.7.0", Session)
        tape = simulated_tape(session.settings)
        *_, shown = tape.slices()
        bars = {symbol: (bar.open, bar.high, bar.low, bar.close, bar.volume) for symbol, bar in shown.bars.items()}
        symbol = next(iter(bars))
        scene.begin()
        close_utc = shown.close_utc + session.timeframe.duration
        judged = tape.monitor().judge(close_utc, {**bars, symbol: (price, price, price, price, 1.0)})
        record = first(LIVE, CycleRecord).model_copy(update={"tape": judged, "hearings": ()})
        scene.tell(record)

    return happens


def liquidated(scene: Scene) -> None:
    """The mark falls through a position's liquidation price, and the exchange closes it."""

    async def main() -> None:
        scene.tell(first(JOURNALS / "perp-0.7.0", Session))
        async with perpetual_trading(scene.folder, ["100 100 40 45", *("45 45 45 45",) * 4]) as on:
            order = perpetual_order("e", "open buy 40 market")
            scene.tell(sent(order))
            await on.submit(order)
            await on.until("e", "filled")
            scene.tell(VenueWord(asked="heard", report=VenueReport(fills=tuple(on.fills))))
            bought = len(on.fills)
            on.exchange.advance()
            scene.begin()
            await on.ask()
            await on.ask()
            scene.tell(VenueWord(asked="heard", report=VenueReport(fills=tuple(on.fills[bought:]))))

    asyncio.run(main())


def by_hand(change: Callable[[PerpetualTrading], object]) -> Happens:
    """A position of perpetuals is open, and somebody changes something at the exchange that closes the market for entries."""

    async def main(scene: Scene) -> None:
        async with perpetual_trading(scene.folder) as on:
            await on.submit(perpetual_order("e", "open buy 6 market"))
            await on.until("e", "filled")
            change(on)
            scene.begin()
            await on.ask()
            ClosedMarkets(scene).see(on.venue.closed(), SystemClock().now())

    return lambda scene: asyncio.run(main(scene))


def foreign(scene: Scene) -> None:
    """A session begins where somebody else holds a position of perpetuals."""

    async def main() -> None:
        exchange = perpetual_exchange()
        exchange.set_isolated("BTCUSDT", isolated=True)
        one = Decimal(1)
        exchange.place("BTCUSDT", Wanted(Side.BUY, "MARKET", "GTC", one, *(Decimal(0),) * 3, None))
        scene.begin()
        async with perpetual_trading(scene.folder, exchange=exchange) as on:
            ClosedMarkets(scene).see(on.venue.closed(), SystemClock().now())

    asyncio.run(main())


def perpetual(text: str, *rules: Rule, before: str = "") -> Happens:
    """An order of perpetuals over the wire, while these faults happen to it and to questions about it."""

    async def main(scene: Scene) -> None:
        async with perpetual_trading(scene.folder, pace=AS_DELIVERED) as on:
            if before:
                await on.submit(perpetual_order("before", before))
                await on.until("before", "filled")
            on.server.faults = Faults(Scenario(faults=rules))
            order = perpetual_order("the-order", text)
            scene.begin()
            scene.tell(sent(order))
            scene.tell(VenueWord(asked="submit", report=on.take(await on.venue.submit(order))))
            with suppress(TimeoutError):
                async with asyncio.timeout(2.0):
                    while True:
                        scene.tell(VenueWord(asked="heard", report=await on.venue.hear()))

    return lambda scene: asyncio.run(main(scene))


def lost(endpoint: str, kind: Kind) -> Rule:
    """The same fault at each request to an endpoint for a while."""
    return Rule(at=endpoint, kind=kind, nth=tuple(range(1, 60)), status=502)


def disk_full(scene: Scene) -> None:
    """A whole session on an exchange, whose disk is full from one event on."""
    seen: list[bool] = []

    class Heard:
        def hear(self, event: Journaled, *, past: bool) -> None:
            if storm.state == "storm" and not seen:
                seen.append(True)
                scene.begin()
            scene.waking.hear(event, past=past)

    count = [0]

    def begins(event: Journaled) -> bool:
        count[0] += isinstance(event, CycleRecord)
        return count[0] > 5

    storm = Storm(no_room, begins, lambda event: isinstance(event, CycleRecord) and count[0] > 20 and later())
    left = [10]

    def later() -> bool:
        left[0] -= 1
        return left[0] < 0

    lived = Lived()
    lived.keeper = lambda session, folder: Heard()
    lived.go_on(scene.folder / "run", storm=storm)


def breaker(scene: Scene) -> None:
    """A session loses more in a day than it may; it tells its alerts itself. Counted from its start."""
    scene.begin()
    wanted = ("--days", "6", "--seed", "3", "--set", "limits.max_daily_loss=0.00001", "limits.max_weekly_loss=0.00002")
    assert run(scene.folder / "run", *wanted, "--alert", f"breaker={scene.address}") == 0
    assert any(isinstance(each.event, BreakerEvent) for each in events(scene.folder / "run"))


def halted(scene: Scene) -> None:
    """The kill switch is put down by a file, and a session looks."""
    watch = HaltWatch(FileSwitch(LatchFolder(scene.folder), "live"), scene)
    watch.look(SystemClock().now())
    scene.begin()
    put_down(ALL, "ada", "wrong prices", SystemClock())
    watch.look(SystemClock().now())


def models_silent(scene: Scene) -> None:
    """The server of the models is overloaded from one request on, in a session that tells its alerts itself."""

    def overloaded(seen: Seen) -> Turn:
        if not scene.began:
            scene.begin()
        return Turn.OVERLOADED

    with ModelServer(default=overloaded) as server, pytest.MonkeyPatch.context() as patched:
        for name, key in KEYS_OF_MODELS.items():
            patched.setenv(name, key)
        wanted = arguments(server, days="3")
        assert run(scene.folder / "run", *wanted, "--alert", f"outage_began={scene.address}") == 0


def dust(scene: Scene) -> None:
    scene.begin()
    scene.tell(DustSwept(at_utc=SystemClock().now(), symbol="ETH/USDT", quantity=Decimal("0.00001")))
