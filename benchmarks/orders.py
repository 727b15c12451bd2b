"""From a decision to an order on the wire, a cancel under a flood, and what the journal writes.

    python benchmarks/orders.py [--bars 48] [--symbols 5] [--rounds 20] [--singly 600] [--grouped 30000]      (make bench)

The exchange is the simulator in a process of its own, on loopback, asked by unmodified ccxt through the venue of a real exchange
with its normal pace, and then once more without ccxt's rate limiter: the first is what a session has, the second what this
program itself takes. The session has the rules mind; one voter buys and sells by turns, so that there are many orders. Both
processes read the same monotonic clock: an order is on the wire when its request has reached the exchange. The court's time,
from the bars of a close to the first intent, is a row of its own. The durable write of the intent is measured by itself and
subtracted, because it is the disk's; what as many bytes and an fdatasync cost without a journal stands beside it.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

from aiohttp import web
from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

from agents.approval.petition import AUTO
from agents.desk.description import describe, warmup_of
from agents.desk.wiring import open_desk
from agents.session import run_session
from config.clock import SystemClock
from config.reading.load import load_profile
from config.settings import Settings
from execution.journal.chain import Journal
from execution.kill_switch.halting import NoSwitch
from execution.reports import SentOrder
from execution.venues.continued import ContinuedVenue
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.lines.line import Pace
from execution.venues.exchange.lines.wires import ExchangeKeys
from execution.venues.exchange.venue import ExchangeVenue, name_of_account
from execution.wire.access import Limits
from execution.wire.opening import exchange_on
from execution.wire.server import KEY, WireServer
from market.bar import Slice
from market.tape import Tape, simulated_tape
from market.timeframe import Timeframe
from risk.order import Order, OrderKind, Purpose, Seal, Side
from rl.adjuster import Off
from sentiment.engine import SentimentEngine
from sentiment.scoring import scorer_of

TEN = ("BTC", "ETH", "SOL", "BNB", "XRP", "ADA", "DOGE", "LINK", "AVAX", "DOT")
SECRET = b"benchmark".ljust(32, b".")
FLOOD = 500
VOTER = '''
from agents.strategies.voter import NOTHING, Ballot
from risk.proposal import Direction


class ByTurns:
    """Long at every fourth bar, short two bars later."""

    history = 2

    def __init__(self) -> None:
        self.bars = 0

    def vote(self, now, bars):
        self.bars += 1
        turn = {1: Direction.LONG, 3: Direction.SHORT}.get(self.bars % 4)
        return NOTHING if turn is None else Ballot(turn, 0.8, ("its turn",))
'''


class Row(NamedTuple):
    """One line of the table. `aim`: what p50 and p99 may be at most."""

    what: str
    times_ms: Sequence[float]
    aim: tuple[float, float] | None = None


# --- the exchange, in a process of its own


class Noting(WireServer):
    """Notes when each request for an order, or for a cancel, has arrived."""

    def __init__(self, notes: Path, **more: Any) -> None:
        super().__init__(**more)
        self._notes = notes.open("w", buffering=1, encoding="utf-8")

    async def _serve(self, request: web.Request, table: Any) -> web.StreamResponse:
        at = time.perf_counter_ns()
        if request.method in ("POST", "DELETE"):
            text = f"{request.rel_url.raw_query_string}&{await request.text()}"
            named = dict(part.split("=", 1) for part in text.split("&") if "=" in part)
            client = named.get("newClientOrderId" if request.method == "POST" else "origClientOrderId", "")
            self._notes.write(json.dumps([request.method, client, at]) + "\n")
        return await super()._serve(request, table)


def serve(asked: dict[str, Any]) -> None:
    """Serve until the parent ends it."""
    settings, tape = world(asked["symbols"], asked["bars"], Path(asked["folder"]))
    balances = {rules.quote: settings.venue.starting_cash for rules in tape.instruments.values()}
    played_as = Timeframe.M1 if asked.get("now") else None
    begins = SystemClock().now() if asked.get("now") else tape.start_utc
    exchange = exchange_on(tape, settings.venue, begins, balances, played_as=played_as)
    limits = Limits(SystemClock(), weight_limit=10**9, order_limit=10**9)

    async def forever() -> None:
        async with Noting(Path(asked["notes"]), exchange=exchange, limits=limits) as url:
            sys.stdout.write(url + "\n")
            sys.stdout.flush()
            await asyncio.Event().wait()

    asyncio.run(forever())


@dataclass
class Served:
    """An exchange that runs, and what has arrived there."""

    url: str
    notes: Path

    def arrived(self, method: str) -> dict[str, int]:
        """The moment of each request, by client id [ns]."""
        found = [json.loads(line) for line in self.notes.read_text(encoding="utf-8").splitlines()]
        return {client: at for kind, client, at in found if kind == method}


@asynccontextmanager
async def served(asked: dict[str, Any]) -> AsyncIterator[Served]:
    """The exchange in a process of its own. It is ended with the block."""
    command = [sys.executable, str(Path(__file__).resolve()), "--serve", json.dumps(asked)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        assert child.stdout is not None
        yield Served(child.stdout.readline().strip(), Path(asked["notes"]))
    finally:
        child.terminate()
        child.wait()


def world(symbols: int, bars: int, folder: Path) -> tuple[Settings, Tape]:
    """The settings of the session, and the bars that both processes play."""
    voter = folder / "by_turns.py"
    if not voter.exists():
        voter.write_text(VOTER, encoding="utf-8")
    drawn = drawn_market(symbols, bars)
    changed = {
        **drawn, "sentiment.sources": [], "court.approval_above": None, "limits.loss_streak": 100,
        "strategies": [{"strategy": "own", "file": str(voter), "name": "ByTurns"}],
    }  # fmt: skip
    return load_profile("testnet", changed), simulated_tape(load_profile("paper", drawn))


def drawn_market(symbols: int, bars: int) -> dict[str, Any]:
    """The settings of a simulated market with so many markets, in whole days of at least so many bars of an hour."""
    bases = [*TEN, *(f"C{number:03d}" for number in range(len(TEN) + 1, symbols + 1))][:symbols]
    return {
        "market.symbols": [f"{base}/USDT" for base in bases],
        "market.session_days": -(-bars // 24),
        "market.context": "none",
        **{f"market.start_price.{base}": 20.0 for base in bases[len(TEN) :]},
    }


# --- decisions to orders


def no_news(settings: Settings) -> SentimentEngine:
    """What a session reads of the news where its profile names no source."""
    return SentimentEngine(settings.sentiment, (), scorer_of(settings.sentiment.scorer))


@dataclass
class Noted:
    """A journal, and when each close was told and each intent was written."""

    journal: Journal
    told_ns: int = 0
    first_ns: list[tuple[int, int]] = field(default_factory=list)
    """The close and the first intent after it."""
    intents: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Before and after the durable write, by order id."""
    purposes: dict[str, Purpose] = field(default_factory=dict)

    def append(self, event: Any) -> int:
        before = time.perf_counter_ns()
        number = self.journal.append(event)
        if isinstance(event, Order):
            self.intents[event.order_id] = (before, time.perf_counter_ns())
            self.purposes[event.order_id] = event.purpose
            if self.told_ns and event.purpose in (Purpose.ENTRY, Purpose.STRATEGY_EXIT):
                self.first_ns.append((self.told_ns, before))
                self.told_ns = 0
        return number


class Steps:
    """A feed that moves the exchange's market by a bar, waits for what is said of it, and gives the bar."""

    def __init__(self, tape: Tape, url: str, most: int, noted: Noted, pause_s: float) -> None:
        self._slices, self._url, self._left, self._noted, self._pause_s = tape.slices(), url, most, noted, pause_s

    async def next(self) -> Slice | None:
        self._left -= 1
        if self._left < 0:
            return None
        await asyncio.to_thread(lambda: urlopen(Request(f"{self._url}/sim/advance?bars=1", method="POST")).read())
        await asyncio.sleep(self._pause_s)
        self._noted.told_ns = time.perf_counter_ns()
        return next(self._slices)


@asynccontextmanager
async def venue_on(
    url: str, settings: Settings, symbols: Sequence[str], folder: Path, run: str, *, throttled: bool = True
) -> AsyncIterator[Any]:
    """The venue of a real exchange at this address, with the pace that every session has, or without ccxt's rate limiter."""
    there = settings.venue.model_copy(update={"url": url})
    keys = ExchangeKeys(KEY.name, KEY.secret)
    async with ExchangeVenue.open(
        there, keys, symbols=symbols, key=SECRET, run=run, live=False, folder=folder, seed=1,
        pace=Pace()._replace(throttled=throttled),
    ) as venue:  # fmt: skip
        yield venue


async def orders_of(bars: int, symbols: int, folder: Path, pause_s: float, *, throttled: bool) -> tuple[Row, ...]:
    """Trade a session, and say how long its orders took."""
    folder.mkdir()
    settings, tape = world(symbols, bars, folder)
    asked = {"symbols": symbols, "bars": bars, "folder": str(folder), "notes": str(folder / "orders.jsonl")}
    async with (
        served(asked) as there,
        venue_on(there.url, settings, tape.symbols, folder, "speed", throttled=throttled) as exchange,
    ):
        session = describe(settings, tape, SECRET)
        noted = Noted(Journal(folder / "journal.db", SECRET, 1))
        noted.append(session)
        noted.append(warmup_of(tape))
        venue = ContinuedVenue(exchange, dict(session.instruments), 60.0)
        desk = open_desk(
            session, warmup_of(tape), feed=Steps(tape, there.url, bars, noted, pause_s), venue=venue, driver=None,
            sentiment=no_news(settings), sink=noted, switch=NoSwitch(), approver=AUTO, key=SECRET, adjuster=Off(),
        )  # fmt: skip
        venue.ledger = desk.trader.ledger
        await run_session(desk, lambda: False, lambda record: None)
        noted.journal.close()
        ids = ClientIds(name_of_account(settings.venue.model_copy(update={"url": there.url}), live=False), "speed")
        arrived = there.arrived("POST")
    reached = {order_id: arrived[ids.of(order_id)] for order_id in noted.intents if ids.of(order_id) in arrived}
    above = {order_id: at - noted.intents[order_id][1] for order_id, at in reached.items()}
    kinds = {
        "an entry": Purpose.ENTRY,
        "a sale": Purpose.STRATEGY_EXIT,
        "a stop after a fill": Purpose.STOP_LOSS,
    }
    return (
        Row("a close to its first intent: votes, court, gate", _ms(then - told for told, then in noted.first_ns)),
        Row("the durable write of an intent", _ms(after - before for before, after in noted.intents.values())),
        Row("above that write, a decision to the order on the wire", _ms(above.values()), aim=(5.0, 20.0)),
        *(
            Row(f"  of these {what}", _ms(took for name, took in above.items() if noted.purposes[name] is purpose))
            for what, purpose in kinds.items()
        ),
    )


# --- a cancel under a flood


async def cancels_of(rounds: int, folder: Path) -> tuple[Row, ...]:
    """Withdraw orders while nothing else is asked, while 500 questions for books wait, and while 500 for the account do."""
    folder.mkdir()
    settings, tape = world(1, 24, folder)
    asked = {"symbols": 1, "bars": 24, "folder": str(folder), "notes": str(folder / "cancels.jsonl")}
    found = []
    async with served(asked) as there, venue_on(there.url, settings, tape.symbols, folder, "flood") as venue:
        ids = ClientIds(name_of_account(settings.venue.model_copy(update={"url": there.url}), live=False), "flood")
        client = venue._client
        below = Decimal(round(next(iter(tape.slices())).bars[tape.symbols[0]].open * 0.9))
        floods = {
            "a cancel, nothing else is asked": None,
            f"a cancel, {FLOOD} questions for books wait": lambda: client.book(tape.symbols[0]),
            f"a cancel, {FLOOD} questions for the account wait": client.balance,
        }
        for number, (what, ask) in enumerate(floods.items()):
            orders = [resting(f"c{number}-{turn}", tape.symbols[0], below) for turn in range(rounds)]
            for order in orders:
                await venue.submit(order)
            waiting = [asyncio.ensure_future(ask()) for _ in range(FLOOD)] if ask else []
            await asyncio.sleep(0.2)
            asked_ns, cancels = {}, list[asyncio.Future[Any]]()
            for order in orders:
                if ask is not None:  # as many as at the beginning
                    waiting = [each for each in waiting if not each.done()]
                    waiting += [asyncio.ensure_future(ask()) for _ in range(FLOOD - len(waiting))]
                asked_ns[order.order_id] = time.perf_counter_ns()
                cancels.append(asyncio.ensure_future(venue.cancel(order.order_id)))
                await asyncio.sleep(0.3)
            for each in (*waiting, *cancels):
                each.cancel()
            await asyncio.gather(*waiting, *cancels, return_exceptions=True)
            arrived = there.arrived("DELETE")
            times = _ms(arrived[ids.of(name)] - at for name, at in asked_ns.items())
            found.append(Row(what, times, aim=(100.0, 100.0) if ask else None))
    return tuple(found)


def resting(order_id: str, symbol: str, price: Decimal) -> Order:
    """A sealed purchase at a limit."""
    return Seal(SECRET).sign(
        Order(
            order_id=order_id, decision_id=f"d-{order_id}", symbol=symbol, side=Side.BUY, kind=OrderKind.LIMIT,
            purpose=Purpose.ENTRY, quantity=Decimal("0.001"), limit_price=price, created_utc=datetime.now(UTC),
        )
    )  # fmt: skip


# --- the journal


def journal_of(singly: int, grouped: int, folder: Path) -> Table:
    """Durable events a second, one by one and in groups, beside what the disk does without a journal."""
    order = resting("journal", "BTC/USDT", Decimal(36000))
    event = SentOrder(**order.model_dump())
    table = Table("The journal", box=ROUNDED)
    for name in ("events", "events/s", "aim", "of a bare fdatasync"):
        table.add_column(name, justify="right")
    bare = _bare(singly, len(event.canonical()), folder / "bare")
    for what, group, count, aim in (("singly", 1, singly, 150), ("256 in a commit", 256, grouped, 3000)):
        journal = Journal(folder / f"journal-{group}.db", SECRET, group)
        began = time.perf_counter()
        for _ in range(count):
            journal.append(event)
        journal.flush()
        rate = count / (time.perf_counter() - began)
        journal.close()
        table.add_row(what, f"{count:,}", f"{rate:,.0f}", f"{aim:,}", f"{rate / bare:.2f}")
    table.add_row("a bare fdatasync of as many bytes", f"{singly:,}", f"{bare:,.0f}", "", "1.00")
    return table


def _bare(count: int, size: int, path: Path) -> float:
    """How often a second this disk takes so many bytes durably."""
    with path.open("wb") as file:
        began = time.perf_counter()
        for _ in range(count):
            os.write(file.fileno(), b"x" * size)
            os.fdatasync(file.fileno())
        return count / (time.perf_counter() - began)


def _ms(times_ns: Any) -> list[float]:
    return sorted(each / 1e6 for each in times_ns)


def shown(title: str, rows: Sequence[Row]) -> Table:
    table = Table(title, box=ROUNDED)
    for name in ("n", "p50, ms", "p90, ms", "p99, ms", "worst", "aim p50/p99"):
        table.add_column(name, justify="right")
    for what, times, aim in rows:
        if not times:
            continue
        spots = [times[min(len(times) - 1, int(len(times) * part))] for part in (0.5, 0.9, 0.99)]
        met = all(spot <= most for spot, most in zip((spots[0], spots[2]), aim, strict=True)) if aim else None
        told = "" if aim is None else f"{aim[0]:g}/{aim[1]:g}: {'met' if met else 'missed'}"
        table.add_row(what, f"{len(times):,}", *(f"{spot:,.2f}" for spot in spots), f"{times[-1]:,.2f}", told)
    return table


def main() -> None:
    """Print the tables."""
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--serve", help=argparse.SUPPRESS)
    for option, value in (("--bars", 48), ("--symbols", 5), ("--rounds", 20), ("--singly", 600), ("--grouped", 30_000)):
        parse.add_argument(option, type=int, default=value)
    parse.add_argument("--pause", type=float, default=0.3, help="seconds between two bars, in which fills are heard")
    asked = parse.parse_args()
    if asked.serve:
        serve(json.loads(asked.serve))
        return
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for throttled, what in ((True, "with ccxt's rate limiter"), (False, "without it")):
            place_of = folder / str(throttled)
            rows = asyncio.run(orders_of(asked.bars, asked.symbols, place_of, asked.pause, throttled=throttled))
            console.print(shown(f"{asked.symbols} markets, {asked.bars} bars, {what}", rows))
        console.print(shown(f"{asked.rounds} rounds", asyncio.run(cancels_of(asked.rounds, folder / "cancels"))))
        console.print(journal_of(asked.singly, asked.grouped, folder))
    console.print(f"Load of this machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
