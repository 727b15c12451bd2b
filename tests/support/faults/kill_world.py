"""Processes that trade, are killed and come back: one is the exchange over the wire, the others are a session on it.

All are forked from one that has loaded the program. The exchange stands while sessions die. It tells over a socket of its own
what is true: its orders, its coins, and what of ours no stop covers.
"""

import asyncio
import json
import os
import resource
import socket
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from exchange_support import KEYS, QUICK, server_of
from gate_support import OLD_FOUR
from kill_points import MarkedSink, Marks, Point
from speaking_session import NoNews

from agents.approval.petition import AUTO
from agents.court.minds.watchlist import nobody_knows
from agents.desk.arrivals import nothing_recorded
from agents.desk.description import describe, warmup_of
from agents.desk.wiring import open_desk
from agents.recorded.resumed import ResumingSink
from agents.records.events import read_events
from agents.records.folder import JOURNAL, write_checksum
from agents.records.record import SessionEnd
from agents.session import run_session
from config.errors import UsageFault
from config.reading.load import load_profile
from config.secrets import journal_key
from config.settings import Settings
from execution.journal.chain import Journal, written_kinds
from execution.kill_switch.halting import NoSwitch
from execution.kill_switch.switches import ResumedSwitch
from execution.venues.continued import ContinuedVenue
from execution.venues.exchange.lines.line import Pace
from execution.venues.exchange.venue import ExchangeVenue
from execution.venues.recorded import RecordedVenue
from execution.wire.faults import Scenario
from execution.wire.opening import exchange_on
from execution.wire.perpetual.exchange import PerpetualExchange
from execution.wire.trading.exchange import Exchange
from market.bar import Slice
from market.tape import Tape, simulated_tape
from risk.order import Side
from rl.adjuster import Off

MARKETS = ("BTC/USDT", "ETH/USDT")
FOREIGN = {"BTC": Decimal("1.5"), "ETH": Decimal(2)}
RUN = "killed"
PACE = QUICK._replace(fresh_s=1e9, poll_s=0.08, watch_s=0.08, book_s=0.25, idle_s=0.3, late_s=0.3, settle_s=0.5)
SAFE_WITHIN_S = 10.0


class Scene:
    """The bars and the settings of all sessions. `bars`: how many of them a session sees; `more`: other settings."""

    def __init__(
        self, seed: int, bars: int, symbols: Sequence[str] = MARKETS, drawn: str = "paper", **more: Any
    ) -> None:
        """`drawn`: the profile whose market is drawn: `perp` for perpetuals."""
        market: dict[str, Any] = {
            "market.session_days": 3, "market.symbols": list(symbols), "market.context": "none", "seed": seed, **OLD_FOUR, **more,
        }  # fmt: skip
        play = {"sentiment.sources": [], "court.approval_above": None, "strategies": OLD_FOUR["strategies"], **market}
        if drawn == "perp":
            play |= {"world": "testnet", "venue.kind": "ccxt", "market.feed": "binance", "journal.group_commit": 1}
        self.settings: Settings = load_profile("perp" if drawn == "perp" else "testnet", play)
        self.tape: Tape = simulated_tape(load_profile(drawn, market))
        self.slices: list[Slice] = list(self.tape.slices())[:bars]


def forked(work: Callable[[], Any]) -> int:
    """Run something in a process of its own; returns its number. It ends without what the parent has to end."""
    sys.stdout.flush()
    number = os.fork()
    if number:
        return number
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        work()
        os._exit(0)
    except BaseException as fault:  # noqa: BLE001 - a child must never go on with its parent's work
        traceback.print_exception(fault)
        os._exit(70)


# The exchange


def serve(scene: Scene, folder: Path, told: int, scenario: Scenario | None = None) -> None:
    """Be the exchange until it is killed. `told`: where its address is written to; `scenario`: what goes wrong."""

    async def main() -> None:
        perpetual = scene.settings.market.perpetuals is not None
        balances = {"USDT": scene.settings.venue.starting_cash + 5, **({} if perpetual else FOREIGN)}
        begins = (
            datetime.now(UTC).replace(microsecond=0) if perpetual else scene.tape.start_utc
        )  # payments are found by time
        exchange = exchange_on(scene.tape, scene.settings.venue, begins, balances)
        server, passed = server_of(exchange, scenario), 0

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal passed
            while line := await reader.readline():
                asked = json.loads(line)
                while passed < asked.get("to", 0):
                    exchange.advance()
                    passed += 1
                found = {"bare": uncovered(exchange), "passed": passed, "happened": server.faults.happened}
                found |= truth(exchange) if asked.get("all") else {}
                writer.write(json.dumps(found, default=str).encode() + b"\n")
                await writer.drain()
            writer.close()

        async with (
            server as url,
            await asyncio.start_unix_server(answer, folder / "truth", limit=2**22),
        ):
            os.write(told, url.encode())
            await asyncio.Event().wait()

    asyncio.run(main())


def truth(exchange: Exchange) -> dict[str, Any]:
    """What is at the exchange: orders, coins without foreign ones, and what of ours no stop covers [base]."""
    orders = [
        {
            "client_id": each.client_id, "symbol": symbol, "side": each.side.value, "status": each.status,
            "quantity": each.quantity, "executed": each.executed, "open": each.open,
        }
        for wire, symbol in exchange.symbols().items()
        for each in exchange.ledger.orders(wire)
    ]  # fmt: skip
    if isinstance(exchange, PerpetualExchange):
        algos = [
            {
                "client_id": each.client_id, "symbol": each.market, "side": each.side.value, "status": each.status,
                "quantity": each.quantity, "executed": 0 if each.became is None else each.became.executed, "open": each.open,
            }
            for each in exchange.algos.values()
        ]  # fmt: skip
        own = [each for each in orders if not str(each["client_id"]).startswith("sim-of-")]
        held = {symbol.partition("/")[0]: each.quantity for symbol, each in exchange.margins.positions.items()}
        return {
            "orders": own + algos, "bare": uncovered(exchange), "coins": {**held, "USDT": exchange.margins.wallet},
        }  # fmt: skip
    coins = {coin: exchange.purse.total(coin) - FOREIGN.get(coin, Decimal(0)) for coin in exchange.purse.coins()}
    return {"orders": orders, "bare": uncovered(exchange), "coins": coins}


def uncovered(exchange: Exchange) -> dict[str, Decimal]:
    """What of ours no stop covers, by symbol [base]."""
    bare = dict[str, Decimal]()
    if isinstance(exchange, PerpetualExchange):
        for symbol, position in exchange.margins.positions.items():
            algos = [each for each in exchange.algos.values() if each.open and each.market == symbol]
            over = [each.quantity for each in algos if each.side.sign * position.quantity < 0]
            if abs(position.quantity) > sum(over, Decimal(0)):
                bare[symbol] = position.quantity
        return bare
    for wire, symbol in exchange.symbols().items():
        base = symbol.partition("/")[0]
        held = exchange.purse.total(base) - FOREIGN.get(base, Decimal(0))
        stops = [each for each in exchange.ledger.open_orders(wire) if each.side is Side.SELL and each.stop_price]
        left = held - sum((each.quantity - each.executed for each in stops), Decimal(0))
        if left >= exchange.floor(wire).instrument.lot_size:
            bare[symbol] = left
    return bare


def asked(folder: Path, **what: Any) -> dict[str, Any]:
    """Ask the exchange for the truth, from a process that waits for nothing else."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(folder / "truth"))
        line.sendall(json.dumps(what).encode() + b"\n")
        with line.makefile() as reader:
            told: dict[str, Any] = json.loads(reader.readline())
    return told


# The session


class WireFeed:
    """The slices of a scene; the exchange trades each before it is seen to have closed. A session that came back waits
    before its first new bar until all that it holds is covered."""

    def __init__(
        self, scene: Scene, line: tuple[asyncio.StreamReader, asyncio.StreamWriter], past: Any, begun_s: float, marks: Marks
    ) -> None:  # fmt: skip
        self._slices, self._line, self._past, self._begun_s = enumerate(scene.slices), line, past, begun_s
        self._marks = marks
        self.recovery: dict[str, int] = {}
        """The places of a session that came back, until it was safe."""
        self._came_back = past is not None
        self.safe_after_s: float | None = None
        self.worked_s = 0.0
        """Time of the processor until it was safe: what a busy machine does not change [s]."""

    async def next(self) -> Slice | None:
        if self._came_back and not self._past():
            self._came_back = False
            await self._until_safe()
        number, shown = next(self._slices, (0, None))
        if shown is not None and (self._past is None or not self._past()):
            await self._ask(to=number + 1)
            await asyncio.sleep(0.04)  # what the exchange has done is told
        else:
            await asyncio.sleep(0)
        if shown is None:
            await self._until_safe()
        return shown

    async def _until_safe(self) -> None:
        """Wait while something is uncovered. It is waited from now on: a long session is older than all patience at its end."""
        since_s = time.monotonic()
        await asyncio.sleep(0.1)
        while (await self._ask())["bare"] and time.monotonic() - since_s < 6 * SAFE_WITHIN_S:
            await asyncio.sleep(0.02)
        if self.safe_after_s is None:
            self.safe_after_s = time.monotonic() - self._begun_s
            self.recovery, self.worked_s = dict(self._marks.reached), time.process_time()

    async def _ask(self, **what: Any) -> dict[str, Any]:
        reader, writer = self._line
        writer.write(json.dumps(what).encode() + b"\n")
        told: dict[str, Any] = json.loads(await reader.readline())
        return told


def trade(
    scene: Scene, folder: Path, url: str, kill_at: Point | None, *, watched: bool = True, pace: Pace = PACE
) -> None:
    """Be a session: begin it, or go on with the one in the folder. It writes down what it came to, if it comes to its end.

    `watched`: whether its places are marked.
    """
    marks = Marks(kill_at)
    begun_s = time.monotonic()

    async def main() -> None:
        if watched:
            marks.watch(asyncio.get_running_loop())
        await asyncio.get_running_loop().create_task(_trade(scene, folder, url, marks, begun_s, pace))

    asyncio.run(main())


async def _trade(scene: Scene, folder: Path, url: str, marks: Marks, begun_s: float, pace: Pace) -> None:
    key, path = journal_key(), folder / "run" / JOURNAL
    path.parent.mkdir(exist_ok=True)
    try:
        past = ResumingSink(path, key, 1) if _has_events(path) else None
    except UsageFault:  # it was killed after its last event: there is nothing to come back to
        (folder / "end.json").write_text(json.dumps(_over(path, key), default=str))
        return
    journal = past or Journal(path, key, 1)
    session, warmup = describe(scene.settings, scene.tape, key), warmup_of(scene.tape)
    sink = MarkedSink(journal, marks, lambda: past is None or not past.past)
    sink.append(session)
    sink.append(warmup)
    rules = dict(session.instruments)
    told = None if past is None else RecordedVenue(past, rules, scene.settings.venue)
    settings = scene.settings.venue.model_copy(update={"url": url})
    line = await asyncio.open_unix_connection(folder / "truth", limit=2**22)
    feed = WireFeed(scene, line, None if past is None else lambda: past.past, begun_s, marks)
    async with ExchangeVenue.open(
        settings,
        KEYS,
        symbols=scene.tape.symbols,
        key=key,
        run=RUN,
        live=False,
        folder=folder / "exchanges",
        seed=1,
        pace=pace,
        known=None if past is None else rules,
        perpetuals=scene.settings.market.perpetuals,
    ) as exchange:
        venue = ContinuedVenue(exchange, rules, 0.2, past, told)
        desk = open_desk(
            session, warmup, feed=feed, venue=venue, driver=None, sentiment=NoNews(), sink=sink,
            switch=NoSwitch() if past is None else ResumedSwitch(past.halt, lambda: past.past, NoSwitch()),
            approver=AUTO, key=key, adjuster=Off(), landed=nobody_knows if past is None else past.landed,
            spoke_next=nothing_recorded if past is None else past.spoke_next,
        )  # fmt: skip
        venue.ledger = desk.trader.ledger
        await run_session(desk, lambda: False, lambda record: None)
        ledger = desk.trader.ledger
    journal.close()
    write_checksum(path.parent)
    line[1].close()
    end = {
        "cash": ledger.cash, "owned": ledger.owned(), "safe_after_s": feed.safe_after_s, "reached": marks.reached,
        "recovery": feed.recovery, "worked_s": feed.worked_s,
        "fills": ledger.fills_booked,
    }  # fmt: skip
    (folder / "end.json").write_text(json.dumps(end, default=str))


def _over(path: Path, key: bytes) -> dict[str, Any]:
    """What a session came to that had ended, by its last event."""
    *_, last = read_events(path, key)
    assert isinstance(last.event, SessionEnd)
    owned = Counter(last.event.dust)
    owned.update({held.symbol: held.quantity for held in last.event.portfolio.positions})
    return {
        "cash": last.event.portfolio.cash, "owned": owned, "safe_after_s": 0.0, "worked_s": 0.0, "reached": {}, "recovery": {},
    }  # fmt: skip


def _has_events(path: Path) -> bool:
    """Whether a journal holds an event. One that holds none is a run that never began: it is begun anew."""
    if any(True for _ in written_kinds(path)):
        return True
    for file in path.parent.glob("journal*"):
        file.unlink()
    return False
