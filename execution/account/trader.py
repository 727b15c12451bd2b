"""The trader: one book on one venue, which may be several exchanges, bar after bar. It asks the gate about proposals.

It makes no decisions. The order desk sends orders and books reports, and the protection places the exits. The trader values the
book, updates the breakers at each bar, and withdraws entries that are no longer justified: the market has no bar, its data is
frozen, or a breaker is tripped.

It stops if the venue's account and the ledger disagree.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from config.clock import aware
from config.errors import InvariantBroken
from config.frozen import Frozen
from config.sections.exits import ExitSettings
from config.sections.gates import LiveSettings
from config.sections.limits import RiskLimits
from config.sections.venue import EntrySettings
from execution.account.agreement import Agreement
from execution.account.closing import Closing, to_liquidation
from execution.account.entries.pursuing import Pursuing
from execution.account.inside import drive
from execution.account.ledger import Ledger
from execution.account.order_desk import OrderDesk
from execution.account.orders import Orders
from execution.account.pieces import Touch
from execution.account.protection import Protection
from execution.account.routing.failover import Failover
from execution.account.routing.routes import AllWell, Health, Member, Routes
from execution.journal.event import Sink
from execution.kill_switch.halting import Halt, HaltWatch, NoSwitch, Sale, Switch
from execution.reports import HEARD, LOOK, VenueReport, told_utc
from execution.venues.venue import BarDriver, Venue
from market.bar import Slice
from market.book import Book
from market.instrument import Instrument
from market.plausible.detail import narrowed
from risk.breakers import (
    BreakerEvent,
    BreakerState,
    fall_sigmas,
    observe_equity,
    observe_falls,
    observe_move,
    observe_trade,
)
from risk.facts import DocketView, Situation, check
from risk.limits.trade import kill_switch_report
from risk.manager import RiskManager
from risk.measures.horizon import horizon_of, one_day_es, one_day_var
from risk.order import Order, Purpose, Side
from risk.portfolio import Portfolio, Position
from risk.proposal import Direction, Proposal
from risk.ramp import Ramp, RampMoved, raised
from risk.ramp import observe as observe_ramp
from risk.sizing import share_left
from risk.verdict import Outcome, RuleReport, Verdict
from risk.volumes import VolumeWindow
from risk.window import QUARANTINE_BARS, ReturnWindow

_DAY = timedelta(days=1)


class Exposure(Frozen):
    """The risk of the book at a bar close, as fractions of equity; losses are positive."""

    deployed_fraction: float
    drawdown: float
    var_1d: float
    es_1d: float


class Trader:
    """One session's book on its venue."""

    def __init__(
        self,
        *,
        venue: Venue,
        driver: BarDriver | None,
        ledger: Ledger,
        sink: Sink,
        gate: RiskManager,
        limits: RiskLimits,
        exits: ExitSettings,
        window: ReturnWindow,
        volumes: VolumeWindow,
        breakers: BreakerState,
        bars_per_day: float,
        switch: Switch | None = None,
        close_together: int = 1,
        entries: EntrySettings = EntrySettings(),  # noqa: B008 - frozen
        ramp: Ramp | None = None,
        bounds: LiveSettings | None = None,
        members: Sequence[Member] = (),
        health: Health | None = None,
        leverage: Decimal | None = None,
    ) -> None:
        """`driver` drives the venue through each bar; None for a venue that trades by itself.

        `switch` is the kill switch; None if there is none. `close_together`: how many markets of a real exchange are asked at a
        time when it sells; 1 for one after another. `entries`: how entries are bought. `ramp`: where that of real money stands,
        and the `bounds` in which it does not fall; None without real money. `members`: the exchanges of a session on several,
        and `health`, what says which of them are well. `leverage`: notional over margin of perpetuals; None for spot.
        """
        self.ramp = ramp
        self._bounds = bounds
        self._halts = HaltWatch(switch or NoSwitch(), sink)
        self.ledger = ledger
        self.window = window
        self.volumes = volumes
        self.breakers = breakers
        self._gate = gate
        self._limits = limits
        self._venue = venue
        self._instruments = venue.instruments()
        self._shorts = any(traded.may_be_short for traded in self._instruments.values())
        self._orders = Orders()
        agreements = {name: Agreement(ledger, self._instruments, sink, name) for name in ledger.accounts or ("",)}
        self._desk = OrderDesk(venue, ledger, sink, self._orders, agreements)
        self._protection = Protection(self._desk, self._orders, ledger, gate, exits, self._instruments)
        self._closing = (
            Closing(self._desk, self._orders, ledger, self._protection, self._instruments, close_together)
            if ledger.is_real and close_together > 1
            else None
        )
        self._pursuing = Pursuing(
            self._desk, self._orders, gate, entries, self._instruments, clocked=ledger.is_real
        )  # fmt: skip
        self._routes = (
            Routes(members, ledger, self._orders, gate, self._desk, health or AllWell()) if members else None
        )  # fmt: skip
        self._driver = driver if driver is None or self._routes is None else self._routes.seeing(driver)
        self._failover: Failover | None = None
        if self._routes is not None:
            self._failover = Failover(
                self._routes, self._orders, self._pursuing, gate, sink, lambda: self._halts.why, self._touch
            )
            self._desk.follow(self._failover.look)
        self._sink = sink
        self._horizon = horizon_of(limits, bars_per_day)
        self._least_fall = fall_sigmas(bars_per_day, limits)
        self._now: datetime | None = None
        self._frozen: dict[str, str] = {}
        self._leverage, self._funding = leverage, dict[str, float]()
        self._counted_trades = 0
        self._entered: dict[str, datetime] = {}

    async def pass_bar(self, shown: Slice) -> Slice:
        """Trade the bars of one slice: fills, protection, marks, breakers, trailing stops.

        Returns the slice that was traded. It has finer bars only for symbols with a position or an order under way.
        """
        at = shown.close_utc
        if shown.detail is not None:
            shown = narrowed(shown, self._in_play)
        self._now, self._frozen = at, shown.frozen
        if self.ledger.is_real:
            await self._desk.hear(LOOK, await self._venue.look(tuple(shown.bars)), at)
        if self._driver is not None:
            await drive(self._driver, self._desk, self._protection, shown)
        if self._routes is not None:
            self._routes.note_funding(shown.funding)
        self._funding.update((due.symbol, due.rate) for due in shown.funding)
        closes = {symbol: bar.close for symbol, bar in shown.bars.items()}
        owned = closes.keys() & self.ledger.owned_symbols
        self.ledger.mark({symbol: Decimal(repr(shown.value_of(symbol))) for symbol in owned})
        self.window.push(closes)
        self.volumes.push({symbol: (bar.close, bar.volume) for symbol, bar in shown.bars.items()})
        self._observe(shown)
        for symbol, side in [(of.symbol, of.entry.side) for of in self._orders.entering]:
            closed = symbol not in shown.bars or symbol in shown.frozen or self._closed(symbol) is not None
            if closed or self.breakers.open_on(symbol, "long" if side is Side.BUY else "short") is not None:
                await self._desk.cancel_entry(symbol, at)
        if pursued := self.pursued:
            await self.pursue(at, {symbol: touch for symbol in pursued if (touch := self._touch(symbol)) is not None})
        for symbol, bar in shown.bars.items():
            if self._orders.held(symbol) is not None:
                await self._protection.trail(symbol, bar, at)
        await self._reconcile()
        return shown

    @property
    def pursued(self) -> tuple[str, ...]:
        """Markets in which an entry is bought piece by piece."""
        return self._pursuing.markets

    async def pursue(self, at: datetime, touches: Mapping[str, Touch]) -> None:
        """Take the next step of entries that are bought piece by piece, at these best prices."""
        stopped = [each for each in self.pursued if self._halts.halts or self._closed(each) is not None]
        if touches or stopped:
            await self._pursuing.look(at, touches, stopped)

    async def trade_between(self, shown: Slice) -> None:
        """Trade what rests at prices that were told between two bars. A venue that trades by itself needs none of it."""
        if self._driver is not None:
            await drive(self._driver, self._desk, self._protection, shown)
            await self._reconcile()

    async def hear(self, word: VenueReport, at: datetime) -> None:
        """Book a report that the venue sent between two bars, and place protection at once.

        `at` is the present time. The orders that follow have the latest time in the report, if that is later.
        """
        await self._desk.hear(HEARD, word, max((at, *told_utc(word))))

    def raise_ramp(self, at: datetime, who: str) -> None:
        """A human raises the ramp of real money. Where it cannot be raised at this time, nothing happens."""
        if self.ramp is not None:
            self._step_ramp(raised(self.ramp, at, self.ledger.equity, who))

    @property
    def foreign(self) -> dict[str, Decimal]:
        """What lay on a real account before the session, by market [base]; nothing before it was told. Of several exchanges, on
        all of them together."""
        found: dict[str, Decimal] = {}
        for agreement in self._desk.agreements.values():
            for symbol, more in agreement.foreign.items():
                found[symbol] = found.get(symbol, Decimal(0)) + more
        return found

    @property
    def quantities(self) -> dict[str, Decimal]:
        """What is held, by market [base]."""
        return self.ledger.quantities()

    @property
    def halts(self) -> tuple[Halt, ...]:
        """The latches of the kill switch that were down when it was last read."""
        return self._halts.latches

    @property
    def paused(self) -> Halt | None:
        """The pause of entries that holds; None for none."""
        return self._halts.pause

    def pause(self, who: str, why: str, given_utc: datetime) -> None:
        """Take no new risk from the next look at the kill switch on, until `end_pause`."""
        self._halts.begin_pause(who, why, given_utc)

    def end_pause(self, who: str, why: str, given_utc: datetime) -> None:
        """End a pause at the next look. No latch and no breaker is lifted."""
        self._halts.end_pause(who, why, given_utc)

    @property
    def limits(self) -> RiskLimits:
        """The limits that hold."""
        return self._limits

    def tighten(self, limits: RiskLimits) -> None:
        """Judge by these limits from now on. Whoever calls it has made sure that none of them is looser."""
        self._limits = limits
        self._gate.tighten(limits)

    @property
    def entries(self) -> dict[str, str]:
        """The entries that are under way, in the order of signing: the decision of each, by market."""
        return {entering.symbol: entering.decision_id for entering in self._orders.entering}

    def is_leaving(self, symbol: str) -> bool:
        """Whether an order closes the position in a market."""
        held = self._orders.held(symbol)
        return held is not None and held.closing is not None

    def portfolio(self, at: datetime) -> Portfolio:
        """The book as the gate sees it now. A position shows a stop only if one rests at the venue."""
        orders = self._orders
        return Portfolio.of_ours(
            as_of_utc=aware(at),
            cash=self.ledger.cash,
            equity=self.ledger.equity,
            positions=tuple(
                [
                    Position.made_of(vars(held) | {"stop_price": orders.stop_price(held.symbol)})
                    for held in self.ledger.positions()
                ]
            ),
            pending_notional={entering.symbol: entering.open_exposure for entering in orders.entering},
            reserved=self.ledger.reserved,
        )

    def exposure(self, portfolio: Portfolio) -> Exposure:
        """Deployed share, drawdown, VaR and ES of the book."""
        worth, limits = portfolio.equity, self._limits
        equity = float(worth)
        weights = {
            held.symbol: float(held.notional) / equity for held in portfolio.positions if self._is_alive(held.symbol)
        }
        var_1d = es_1d = 0.0
        horizon = self._horizon
        if weights and (rows := self._rows(tuple(weights))) >= 2 * horizon.step_bars:
            steps = horizon.steps(self.window.portfolio_returns(weights)[-rows:])
            var_1d = max(0.0, one_day_var(steps, limits, horizon))
            es_1d = max(0.0, one_day_es(steps, limits, horizon))
        figures = {
            "deployed_fraction": float(portfolio.deployed) / equity,
            "drawdown": float(1 - worth / self.breakers.peak_equity),
            "var_1d": var_1d,
            "es_1d": es_1d,
        }
        return Exposure.made_of(figures) if math.isfinite(sum(figures.values())) else Exposure(**figures)

    def judge(self, proposal: Proposal) -> Verdict:
        """Ask the gate about a proposal on the present book. Orders that were just signed count as deployed."""
        self._halts.look(proposal.as_of_utc)
        verdict = self.judge_by(self._gate, proposal)
        if verdict.outcome is Outcome.SIGNED and verdict.order is not None and verdict.stop_fraction is not None:
            exit_price = None if proposal.exit_price is None else Decimal(repr(proposal.exit_price))
            signed = (verdict.order, verdict.stop_fraction, verdict.notional, proposal.terms)
            wanted = proposal.exposure
            share = None if wanted is None else share_left(wanted, proposal.adjust_scale)
            atr = None if proposal.atr_quote is None else Decimal(repr(proposal.atr_quote))
            self._orders.expect(*signed, share, exit_price, atr)
            self._entered[verdict.decision_id] = self._now or verdict.as_of_utc
        return verdict

    def foresee(self, proposal: Proposal) -> Verdict:
        """The gate's verdict on a proposal on the present book, of which nothing follows. Changes nothing."""
        return self.judge_by(self._gate, proposal)

    def judge_by(self, gate: RiskManager, proposal: Proposal) -> Verdict:
        """The verdict of any gate on a proposal on the present book. Changes nothing."""
        return gate.judge(self.situation(proposal, shared=gate.shares_risk))

    def situation(self, proposal: Proposal, *, shared: bool = False) -> Situation:
        """The situation of a proposal on the present book: the input of the gate and of a policy. Changes nothing.

        `shared`: include the other proposals of the session, for a gate under which proposals share the risk.
        """
        portfolio = self.portfolio(proposal.as_of_utc)
        exposed = {held.symbol for held in portfolio.positions} | portfolio.pending_notional.keys()
        alive = {symbol for symbol in exposed if self._is_alive(symbol)}
        symbols = tuple(sorted(alive | {proposal.symbol}))
        rows = self._rows(symbols)
        # The day ends at the last bar: a proposal with a wrong time must not make the trader forget entries or errors.
        day_ago = (self._now or proposal.as_of_utc) - _DAY
        return Situation(
            proposal=proposal,
            portfolio=portfolio,
            instrument=self._instruments[proposal.symbol],
            breakers=self.breakers,
            frozen=self._frozen.get(proposal.symbol) or self._why_not(proposal.symbol),
            symbols=symbols,
            returns=self.window.matrix(symbols)[-rows:] if rows else self.window.matrix(symbols)[:0],
            halted=self._halts.why,
            day_volume_quote=self.volumes.day(proposal.symbol),
            entries_today=self._entries_since(day_ago),
            order_errors=self._desk.errors_since(day_ago),
            mark=self.window.last_close(proposal.symbol),
            book=self.book(proposal.symbol),
            now_utc=self._now,
            docket=self._docket(proposal, alive) if shared else None,
            opened_utc=self.ledger.opened_utc(proposal.symbol),
            own_positions=self._orders.by_context(but=proposal.symbol),
            ramp=self.ramp,
            most_free=None if self._routes is None else self._routes.most_free(proposal.symbol),
            leverage=self._leverage,
            funding_rate=None if self._leverage is None else self._funding.get(proposal.symbol),
        )

    async def enter(
        self, verdict: Verdict, approval: RuleReport | None = None, hold: timedelta | None = None
    ) -> Verdict:
        """Send the order of a signed verdict, and return the final verdict. A refused verdict sends nothing.

        A signed verdict becomes a refusal if `approval` refuses it, if the kill switch was set after the signature, or if none
        of several exchanges may take it. `hold`: how long its voters mean to hold, if they say so.
        """
        if verdict.outcome is not Outcome.SIGNED or verdict.order is None:
            return verdict
        if approval is not None:
            verdict = verdict.with_rule(approval)
        if (why := self._halts.look(verdict.as_of_utc)) is not None:
            verdict = verdict.with_rule(kill_switch_report(why))
        place = ""
        if verdict.order is not None and self._routes is not None:
            verdict, place = self._routed(verdict, verdict.order, self._routes, hold)
        if verdict.order is None:
            self._orders.forget(verdict.symbol)
            self._entered.pop(verdict.decision_id, None)
            return verdict
        of = self._orders.of_decision(verdict.decision_id)
        if self._failover is None:
            await self._pursuing.send(verdict.order, of, self._touch(verdict.symbol))
        else:
            await self._failover.send(verdict.order, of, place)
        return verdict

    def _routed(self, verdict: Verdict, order: Order, routes: Routes, hold: timedelta | None) -> tuple[Verdict, str]:
        """The verdict after an exchange was chosen for its order, and the exchange; a refusal if none may take it."""
        of = self._orders.of_decision(verdict.decision_id)
        of.signed, of.meant_to_hold = order, hold
        routed = routes.route(order, of, verdict.as_of_utc)
        self._sink.append(routed)
        if routed.chosen is None:
            return verdict.with_rule(check("route", False, note=routed.why_not)), ""
        return verdict, routed.chosen

    async def heed(self, at: datetime) -> tuple[Sale, ...]:
        """Read the kill switch and obey it. Returns the sales that were started.

        While it is down, no entry is sent, and entries under way are withdrawn unless it only closes. With `flatten`,
        positions are closed at market, again at every look, until the venue's fills say that nothing is left: first those whose
        mark is nearest to their liquidation price. A stop is withdrawn only if a sale replaces it.
        """
        if self._halts.look(at) is None:
            return ()
        if self._halts.cancels:
            await self.wind_up(at)
        if not self._halts.flattens:
            return ()
        endangered = sorted(self.ledger.positions(), key=to_liquidation)
        sales = [self._halts.sale(held.symbol, at) for held in endangered]
        if self._closing is None:
            sold = [sale for sale in sales if await self._protection.close(sale.symbol, sale.decision_id, at)]
        else:
            sold = list(await self._closing.close(sales, at))
        left = self.ledger.positions() or self.ledger.strays()
        self._halts.told_flat(at, flat=not left and self._orders.quiet)
        return tuple(sold)

    async def leave(self, symbol: str, decision_id: str, at: datetime) -> Order | None:
        """Close a position at market; None if nothing is held, or an exit is under way."""
        return await self._protection.close(symbol, decision_id, at)

    async def expire(self, symbol: str, decision_id: str, at: datetime) -> Order | None:
        """Close a position whose time is up, in the same way."""
        return await self._protection.close(symbol, decision_id, at, Purpose.HORIZON_EXIT)

    async def reduce(self, symbol: str, keep: Decimal, at: datetime) -> Order | None:
        """Reduce a position to `keep` [base units] at market, and protect the rest; None if there is nothing to sell."""
        return await self._protection.reduce(symbol, keep, at)

    def share(self, symbol: str) -> float | None:
        """The share of a full position for which a position stands; None if nothing is held, or an order is changing it.

        A position that voters of single events have bought is a full one.
        """
        held = self._orders.held(symbol)
        if held is None or not self.ledger.holds(symbol) or self._orders.entry(symbol) is not None:
            return None
        if held.closing is not None or held.reducing is not None:
            return None
        return 1.0 if held.share is None else held.share

    def is_whole(self, symbol: str) -> bool:
        """Whether a position is held, of which nothing was sold since it was opened, and no order is changing it."""
        held = self._orders.held(symbol)
        return held is not None and not held.sold_some and self.share(symbol) is not None

    def has_bought(self, decision_id: str) -> bool:
        """Whether something was bought for a decision that was signed. Raises KeyError for any other."""
        return self._orders.of_decision(decision_id).bought

    async def withdraw(self, symbol: str, at: datetime) -> None:
        """Withdraw the entry that is under way in a market, if there is one. What it has bought stays protected."""
        await self._desk.cancel_entry(symbol, at)

    async def follow(self, symbol: str, exit_price: float | None, at: datetime) -> None:
        """Protect a position by its voters' own exit [quote] from now on: no target, and a stop that never moves down."""
        await self._protection.follow(symbol, None if exit_price is None else Decimal(repr(exit_price)), at)

    async def trim(self, symbol: str, keep: Decimal, share: float, decision_id: str, at: datetime) -> Order | None:
        """Sell the part of a position above `keep` [base units] at market; the rest stands for `share`. None if there is nothing
        to sell."""
        return await self._protection.trim(symbol, keep, share, decision_id, at)

    async def shrink(self, symbol: str, keep: Decimal, decision_id: str, at: datetime) -> Order | None:
        """Sell the part of a position above `keep` [base units] at market; the rest stands for the same share as before. None if
        there is nothing to sell, or an exit is under way."""
        return await self._protection.shrink(symbol, keep, decision_id, at)

    async def wind_up(self, at: datetime) -> None:
        """Withdraw all entries that are under way. Positions keep their protection."""
        if self._closing is not None:
            await self._closing.withdraw_entries(at)
            return
        for symbol in self.entries:
            await self._desk.cancel_entry(symbol, at)

    @property
    def _in_play(self) -> set[str]:
        """Markets with a position or a live order."""
        return {held.symbol for held in self.ledger.positions()} | self._orders.symbols

    def _entries_since(self, begin: datetime) -> int:
        """Number of entries signed after this time. Older ones are forgotten."""
        self._entered = {decision: at for decision, at in self._entered.items() if at > begin}
        return len(self._entered)

    def _docket(self, proposal: Proposal, held: set[str]) -> DocketView | None:
        """The other proposals and the positions; None if the docket names a market that is not traded here, or not the proposed
        one: a position to enlarge stands there by its proposal, and not because it is held."""
        if proposal.symbol not in proposal.docket or not set(proposal.docket) <= self._instruments.keys():
            return None
        symbols = tuple(sorted(held.union(proposal.docket)))
        rows = self._rows(symbols)
        returns = self.window.matrix(symbols)
        signs = self._signs(proposal, symbols) if self._instruments[proposal.symbol].may_be_short else None
        return DocketView(symbols, returns[len(returns) - rows :], signs)

    def _signs(self, proposal: Proposal, symbols: Sequence[str]) -> tuple[int, ...]:
        """1 for each market that is held, entered or proposed long, -1 for short."""
        exposed = self.portfolio(proposal.as_of_utc)
        short = {symbol: value < 0 for symbol, value in exposed.pending_notional.items()}
        short |= {position.symbol: position.is_short for position in exposed.positions}
        short[proposal.symbol] = proposal.direction is Direction.SHORT
        return tuple(-1 if short.get(symbol, symbol in proposal.shorts) else 1 for symbol in symbols)

    def _touch(self, symbol: str) -> Touch | None:
        """The best prices of a market; None where they are not known."""
        book = self.book(symbol)
        return Touch(book.bids[0].price, book.asks[0].price) if book and book.bids and book.asks else None

    def instrument(self, symbol: str) -> Instrument:
        """The trading rules of a market. Raises KeyError for one that is not traded here."""
        return self._instruments[symbol]

    def book(self, symbol: str) -> Book | None:
        """The order book that a market shows now; None where it shows none."""
        if self._routes is not None:
            return self._routes.book(symbol)
        return self._desk.books.get(symbol) if self.ledger.is_real else self._venue.book(symbol)

    def _why_not(self, symbol: str) -> str | None:
        """Why the venue takes no new risk in a market; None if it does."""
        if self._routes is not None:
            return self._routes.why(symbol)
        return self._desk.agreements[""].why(symbol) or self._desk.closed().why(symbol)

    def _closed(self, symbol: str) -> str | None:
        """Why a market is close-only where its entry is; None if it is not."""
        place = "" if self._routes is None else self._routes.place(symbol)
        return self._desk.closed(place).why(symbol) if place or self._routes is None else None

    def _is_alive(self, symbol: str) -> bool:
        return self.window.stale(symbol) < QUARANTINE_BARS

    def _rows(self, symbols: tuple[str, ...]) -> int:
        """Number of latest bars on which all these symbols were observed. A symbol with a short history limits all of them."""
        return min((min(self.window.observed(symbol), self.window.count) for symbol in symbols), default=0)

    async def _reconcile(self) -> None:
        """Compare the venue's account, if it gives one, with the ledger. Raises InvariantBroken if they differ."""
        account = await self._venue.account()
        if account is None:
            return
        for name, part in account.members.items():
            theirs, ours = {s: q for s, q in part.held.items() if q}, self.ledger.owned_at(name)
            if part.cash != self.ledger.cash_at(name) or theirs != ours:
                raise InvariantBroken(
                    f"{name} holds {part.cash} and {theirs}, the ledger has {self.ledger.cash_at(name)} and {ours} there. The "
                    "session was stopped. This is a defect of the program: keep the run's journal and report it."
                )
        held = self.ledger.quantities() if not account.members else self.ledger.owned()
        if account.cash != self.ledger.cash or {s: q for s, q in account.held.items() if q} != held:
            raise InvariantBroken(
                f"The venue holds {account.cash} and {account.held}, the ledger {self.ledger.cash} and {held}. The session was "
                "stopped. This is a defect of the program: keep the run's journal and report it."
            )

    def _observe(self, shown: Slice) -> None:
        """Update the breakers with this bar's equity, moves and closed trades."""
        at, limits = shown.close_utc, self._limits
        self._step(observe_equity(self.breakers, at, self.ledger.equity, limits))
        if limits.turbulence == "symbol":
            moves = {symbol: self.window.last_move(symbol) for symbol in sorted(shown.bars)}
            self._step(observe_falls(self.breakers, at, moves, self._least_fall, limits, both_sides=self._shorts))
        else:
            for symbol in shown.bars:
                self._step(observe_move(self.breakers, at, symbol, self.window.last_sigma(symbol), limits))
        closed = self.ledger.trades[self._counted_trades :]
        for trade in closed:
            self._counted_trades += 1
            self._step(observe_trade(self.breakers, at, trade.pnl, limits))
        if self.ramp is not None and self._bounds is not None:
            returns = [trade.return_on_cost for trade in closed]
            self._step_ramp(observe_ramp(self.ramp, at, self.ledger.equity, returns, self._bounds))

    def _step_ramp(self, step: tuple[Ramp, tuple[RampMoved, ...]]) -> None:
        self.ramp, events = step
        for event in events:
            self._sink.append(event)

    def _step(self, step: tuple[BreakerState, tuple[BreakerEvent, ...]]) -> None:
        self.breakers, events = step
        for event in events:
            self._sink.append(event)
