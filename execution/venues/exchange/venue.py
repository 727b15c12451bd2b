"""A real exchange behind the protocol of every venue (docs/decisions/033-a-real-venue.md).

No method raises because of what the exchange answers or fails to answer: the report says it. `submit` answers accepted, rejected
or unknown; what comes of an order is heard. `cancel` answers with the final state, unless the exchange does not tell it in time:
then the order is withdrawn beside, and that is heard. Orders are checked against the gate's seal and the market's rules before
anything is sent, and nothing is sold but what this account's own orders have bought.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from config.clock import Clock, SystemClock
from config.errors import DataFault, UsageFault
from config.sections.market import PerpetualsSettings
from config.sections.venue import VenueSettings
from execution.reports import NOTHING, CloseOnly, OrderState, OrderStatus, VenueAccount, VenueReport
from execution.venues.exchange.capabilities import Capability, capability_of
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.lines.client import Client
from execution.venues.exchange.lines.line import NoAnswer, Pace, Refused
from execution.venues.exchange.lines.markets import load_markets
from execution.venues.exchange.lines.seen import LinesNow, rate_used
from execution.venues.exchange.lines.wires import ExchangeKeys, Wires, wires_of
from execution.venues.exchange.listening import Listener
from execution.venues.exchange.perpetual.client import PerpetualClient, terms_of
from execution.venues.exchange.perpetual.keeping import Keeper
from execution.venues.exchange.rules import MarketRules, Sized, rules_as_before, rules_of, sized
from execution.venues.exchange.sender import Sender
from execution.venues.exchange.shelf import Shelf
from execution.venues.exchange.tracked import Phase, Tracked
from execution.venues.exchange.watching import Watch
from market.book import Book
from market.instrument import Instrument
from risk.order import Order, OrderKind, Purpose, Seal


def name_of_account(settings: VenueSettings, *, live: bool) -> str:
    """What tells an account at an exchange from the others: the exchange, its address if it is another one, real money or not."""
    place = settings.exchange if settings.url is None else f"{settings.exchange} {settings.url}"
    return f"{place} {'live' if live else 'testnet'}"


class ExchangeVenue:
    """One account at one exchange. Use `async with ExchangeVenue.open(...)`: it closes its connections."""

    def __init__(
        self, wires: Wires, row: Capability, rules: dict[str, MarketRules], ids: ClientIds, seal: Seal, pace: Pace, clock: Clock,
        client: Client | None = None, leverage: Decimal | None = None,
    ) -> None:  # fmt: skip
        """Use `open`."""
        self._row, self._rules, self._seal, self._pace, self._clock = row, rules, seal, pace, clock
        self._books: dict[str, Book] = {}
        self._quiet = wires.quiet
        self._client = client or Client(wires, row, clock)
        self._shelf = Shelf(ids, {symbol: each.instrument for symbol, each in rules.items()}, clock)
        self._sender = Sender(self._client, row, self._shelf, pace, wires.quiet, clock)
        self._watch = Watch(self._client, self._sender, self._shelf, rules, pace, self._books)
        self._keeper: Keeper | None = None
        if leverage is not None:
            asking = PerpetualClient(self._client, row)
            self._keeper = Keeper(asking, self._shelf, leverage, row.exchange, clock)
        self._listener = Listener(
            self._client, wires, self._sender, self._watch, self._shelf, pace, clock, self._books, self._keeper
        )

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: VenueSettings,
        keys: ExchangeKeys,
        *,
        symbols: Iterable[str],
        known: Mapping[str, Instrument] | None = None,
        key: bytes,
        run: str,
        live: bool,
        folder: Path,
        seed: int,
        clock: Clock | None = None,
        pace: Pace = Pace(),  # noqa: B008 - a tuple that nobody changes
        perpetuals: PerpetualsSettings | None = None,
    ) -> AsyncIterator["ExchangeVenue"]:
        """Connect, measure the clock, and read the markets' rules and the account.

        `known`: the markets with which a run that is resumed began. One that the exchange does not trade any more is
        close-only; without that it is refused. `key`: the journal's key, which gives the gate's seal. `run`: what tells this
        journal from every other, the same after a restart. `live`: real money, or else the exchange's own test network; with
        `settings.url` whatever stands there. `folder`: where markets are kept. `seed`: for the pauses between retries.
        `perpetuals`: that the markets are linear perpetuals, and how; None for spot. Raises UsageFault for what this exchange
        cannot do safely and for an account that it refuses; DataFault without an answer.
        """
        clock = clock or SystemClock()
        trigger = None if perpetuals is None else perpetuals.trigger
        row = capability_of(settings.exchange, live=live or settings.url is not None, trigger=trigger)
        row = row if pace.late_s is None else row._replace(late_s=pace.late_s)
        pace = pace._replace(clock_off_s=settings.max_clock_off_s)
        account = name_of_account(settings, live=live)
        async with wires_of(row, keys, settings.url, pace, seed, live=live) as wires:
            markets = await load_markets(
                wires, tuple(symbols), folder, clock, kept=known or (), perpetual=perpetuals is not None
            )
            client = Client(wires, row, clock)
            terms = await terms_of(client, row, tuple(markets)) if perpetuals is not None else {}
            client.sizes = {symbol: each.contract_size for symbol, each in terms.items()}
            rules, gone = dict[str, MarketRules](), dict[str, str]()
            for symbol in symbols:
                try:
                    market = markets.get(symbol, {"symbol": symbol})
                    rules[symbol] = rules_of(
                        market, market_stop=row.market_stop, stop_type=row.stop_type, terms=terms.get(symbol)
                    )
                except DataFault:
                    if known is None or symbol not in known:
                        raise
                    rules[symbol], gone[symbol] = rules_as_before(known[symbol]), f"{row.exchange} trades it no more"
            leverage = None if perpetuals is None else perpetuals.leverage
            venue = cls(wires, row, rules, ClientIds(account, run), Seal(key), pace, clock, client, leverage)
            venue._shelf.gone.update(gone)
            await venue._begin(resumed=known is not None)
            try:
                yield venue
            finally:
                await venue._sender.close()

    def lines_now(self) -> LinesNow:
        """How its lines do, without asking anything."""
        answers, headers = self._quiet.answers, self._quiet.headers
        used = rate_used(headers, perpetual=self._row.perpetual)
        return LinesNow(self._listener.clock_ahead_ms / 1000, answers.asked, answers.failed, used)

    def instruments(self) -> dict[str, Instrument]:
        """Trading rules by symbol, as the exchange says them."""
        return dict(self._shelf.instruments)

    def book(self, symbol: str) -> Book | None:
        """The order book as received last; None if it did not come lately."""
        return self._books.get(symbol)

    async def submit(self, order: Order) -> VenueReport:
        """Send an order, and wait a little for evidence. A forged, repeated or impossible order is refused and not sent."""
        if why := self._refusal(order):
            return self._refused(order, why)
        return await self._enter(order, sought=False)

    async def settle(self, order: Order) -> VenueReport:
        """Answer for an order whose intent is journaled and may have been sent before the session was broken off.

        It is looked for first, and sent only if its absence is proven. The answer is one of `submit`.
        """
        if why := self._refusal(order):
            return self._refused(order, why)
        return await self._enter(order, sought=True)

    async def cancel(self, order_id: str) -> VenueReport:
        """Withdraw an order, and wait for its final state. A done one is told as it is, with what it traded meanwhile.

        If the exchange does not tell the final state in time, the answer is the state so far; the rest is heard.
        """
        tracked = self._shelf.of(order_id)
        if tracked is None:
            return NOTHING
        if tracked.phase is not Phase.DONE:
            tracked.withdrawing = True
            if not await self._withdrawn(tracked) and not tracked.insisted:
                tracked.insisted = True
                self._sender.begin(self._insist(tracked))
        return self._shelf.answer(tracked)

    async def hear(self) -> VenueReport:
        """Wait for the next fills and states. An exchange may always send more. Raises errors of this program's own."""
        return await self._shelf.hear()

    async def account(self) -> VenueAccount | None:
        """The account as received last: all cash [quote] and coins by symbol [base], with those that open orders bind.

        None while a fill is not heard yet, or was not known when the account was asked for: it may be in it or not.
        """
        return self._listener.account()

    async def look(self, symbols: Iterable[str]) -> VenueReport:
        """The account and the books of these markets, as received last."""
        books = {symbol: book for symbol in symbols if (book := self.book(symbol)) is not None}
        return VenueReport(account=await self.account(), books=books)

    async def open_orders(self) -> tuple[Order, ...]:
        """The orders that were accepted and are not done, oldest first; also targets that are watched here."""
        return tuple(each.order for each in self._shelf.alive() if each.phase is not Phase.UNKNOWN)

    def adopt(self, orders: Iterable[Order], trade_ids: Iterable[tuple[str, str]], held: Mapping[str, Decimal]) -> None:
        """Take over from the journal, before anything is sent: orders that were answered and are not done, trades that are booked
        as (symbol, trade id), and what the ledger holds by symbol [base]. What happened since is heard."""
        self._shelf.own(held.items(), trade_ids)
        self._shelf.say_closed()  # what a journal says of it is of another day
        for order in orders:
            tracked = self._shelf.take_over(order)
            if order.symbol in self._shelf.gone:
                tracked.phase, tracked.note = Phase.DONE, self._shelf.gone[order.symbol]
                self._shelf.say(tracked)
            else:
                tracked.recovering = True
        self._shelf.stirred.set()

    def recall(self, decisions: Mapping[str, str], since: datetime | None, taken: Mapping[str, str]) -> None:
        """Take over from the journal, before `adopt`, what only perpetuals need: the decision that has entered last in each
        market, the moment of the last word, from which payments and liquidations are looked for, and what was said where a
        position was auto-deleveraged: the pause of such a market goes on."""
        self._shelf.entered(decisions)
        if self._keeper is not None:
            self._keeper.recall(since, taken)

    async def foreign(self, ours: Iterable[str] = ()) -> tuple[str, ...]:
        """Client ids of open orders in these markets that this program placed, and that are no open order of ours: another
        session trades on this account. `ours`: ids of orders that are known from a journal. Raises DataFault without an
        answer."""
        known = {self._shelf.ids.stem(order_id) for order_id in ours}
        found = []
        for symbol in self._rules.keys() - self._shelf.gone.keys():
            try:
                told = await self._client.open_orders(symbol)
            except (NoAnswer, Refused) as fault:
                raise DataFault(
                    f"{self._row.exchange} does not tell its open orders in {symbol} ({fault}). Nothing was started. "
                    "Try again later."
                ) from None
            found += [
                each.client_id
                for each in told
                if each.client_id is not None and self._is_foreign(each.client_id, known)
            ]
        return tuple(found)

    def silent_s(self) -> float | None:
        """How long ago the exchange last answered all that was asked about orders [s]; None before the first time."""
        heard = self._listener.heard_utc
        return None if heard is None else (self._clock.now() - heard).total_seconds()

    def share_failed(self) -> float | None:
        """The part of the last minute's questions that failed; None if too few were asked."""
        return self._quiet.answers.share_failed(asyncio.get_running_loop().time())

    def left_alone_s(self) -> float:
        """How long the exchange still wants to be left alone [s]."""
        return self._quiet.left_s()

    def closed(self) -> Mapping[str, CloseOnly]:
        """Markets in which no entry is taken now, and why. What changes of it is heard (`VenueReport.close_only`)."""
        return self._shelf.closed()

    async def _begin(self, *, resumed: bool = False) -> None:
        try:
            await self._listener.measure_clock()
            await self._client.prepare()
            if self._keeper is not None:
                await self._keeper.begin(resumed=resumed)
            await self._listener.ask()
            if self._keeper is None:
                await self._client.balance()
        except Refused as fault:
            raise UsageFault(
                f"{self._row.exchange} refuses the account ({fault}). Nothing was started. Check the keys in the environment, "
                "and that they may trade from this address."
            ) from None
        except NoAnswer as fault:
            raise DataFault(
                f"{self._row.exchange} does not answer ({fault}). Nothing was started. Try again later."
            ) from None
        for work in (
            self._listener.run(), self._listener.run_clock(), self._listener.run_books(), self._listener.run_stream(),
            self._watch.run(),
        ):  # fmt: skip
            self._sender.begin(work)

    async def _enter(self, order: Order, *, sought: bool) -> VenueReport:
        """Take an order, and send it, look for it, or watch its price."""
        numbers = self._numbers(order)
        if isinstance(numbers, str) and sought:  # it may be there already, whatever seems to be free: it is looked for
            numbers = sized(order, self._rules[order.symbol], self._shelf.owned(order.symbol, order.side))
        if isinstance(numbers, str):
            return self._refused(order, numbers)
        tracked = self._shelf.add(order, Phase.WATCHED, numbers.quantity)
        if tracked.is_target and not sought:
            tracked.resolved.set()
        elif tracked.is_target:
            tracked.recovering = True
            tracked.resolved.set()
            if not await self._listener.recover(tracked):
                tracked.phase = Phase.LIVE
        else:
            at_once = order.capped
            begin = self._sender.seek if sought else self._sender.send
            begin(tracked, numbers, at_once=at_once)
            await self._sender.until_resolved(tracked, self._wait_s(sought=sought))
        return self._shelf.first_word(tracked)

    def _numbers(self, order: Order) -> Sized | str:
        """The order in the exchange's numbers, or why it cannot be sent."""
        rules, own = self._rules[order.symbol], self._shelf.owned(order.symbol, order.side)
        if order.kind is OrderKind.LIMIT and order.oco_group is not None:
            return sized(order, rules, own)  # its stop binds the quantity at the exchange
        free = self._shelf.sellable(order.symbol, side=order.side)
        if order.kind is OrderKind.STOP and free + rules.instrument.lot_size <= min(order.quantity, own):
            return f"other orders bind all but {free} {rules.instrument.base}: a smaller stop would be taken for a whole one"
        return sized(order, rules, free)

    def _wait_s(self, *, sought: bool) -> float:
        return self._pace.timeout_s + self._pace.settle_s + (self._sender.late_s if sought else 0.0)

    def _refusal(self, order: Order) -> str:
        """Why an order is not sent; empty if it is."""
        if not self._seal.verify(order):
            return "the risk gate has not signed this order"
        if self._shelf.of(order.order_id) is not None:
            return "duplicate order id: the first order stays as it is"
        if order.symbol not in self._rules:
            return f"unknown symbol {order.symbol}"
        closed = self._shelf.closed().get(order.symbol)
        if closed is not None and (closed.gone or order.purpose is Purpose.ENTRY):
            return f"no {'order' if closed.gone else 'entry'} in {order.symbol}: {closed.why}"
        if (
            order.kind is OrderKind.MARKET
            and not order.reduce_only
            and not order.capped
            and not self._row.buys_at_market
        ):
            return f"{self._row.exchange} buys a quantity only up to a price: set limits.entry_price_cap_bps"
        return ""

    def _refused(self, order: Order, why: str) -> VenueReport:
        state = OrderState(
            order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=OrderStatus.REJECTED,
            at_utc=self._clock.now(), note=why,
        )  # fmt: skip
        return VenueReport(states=(state,))

    async def _withdrawn(self, tracked: Tracked) -> bool:
        """Withdraw an order under its pair's hand. Whether its final state is known."""
        hand = self._watch.hand(tracked)
        try:
            async with asyncio.timeout(self._pace.cancel_s):
                await hand.acquire()
        except TimeoutError:
            return False
        try:
            if tracked.recovering and not await self._listener.recover(tracked):
                return False
            if tracked.phase is Phase.WATCHED:
                tracked.phase = Phase.DONE
            elif tracked.phase is not Phase.DONE and tracked.sendings:
                await self._sender.withdraw(tracked)
                tracked.conclude()
            return tracked.phase is Phase.DONE
        finally:
            hand.release()

    async def _insist(self, tracked: Tracked) -> None:
        """Withdraw an order as long as it takes, and let its final state be heard."""
        while not await self._withdrawn(tracked):
            await asyncio.sleep(self._pace.longest_pause_s)
        self._shelf.say(tracked)

    def _is_foreign(self, client_id: str, known: set[str]) -> bool:
        if client_id[:-1] in known:
            return False
        tracked = self._shelf.of(self._shelf.ids.order_of(client_id))
        return self._shelf.ids.foreign(client_id) or (
            self._shelf.ids.order_of(client_id) is not None and (tracked is None or tracked.phase is Phase.DONE)
        )
