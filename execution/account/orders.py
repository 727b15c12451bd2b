"""The orders of one account: one `DecisionOrders` for each decision, found by decision, by market and by order id.

It knows only what the venue reported about an order. It refuses a purchase that no decision of this account ordered.
"""

from collections import Counter, deque
from collections.abc import Collection
from decimal import Decimal

from config.errors import InvariantBroken
from execution.account.decision import DecisionOrders, nearest
from execution.reports import Fill, OrderState
from risk.order import Order, Purpose
from risk.proposal import Terms


class Orders:
    """All decisions of one account, and their live orders."""

    def __init__(self) -> None:
        self._decisions: dict[str, DecisionOrders] = {}
        self._entering: dict[str, DecisionOrders] = {}
        self._holding: dict[str, DecisionOrders] = {}
        self._live: dict[str, DecisionOrders] = {}
        self._live_by_market: dict[str, dict[str, DecisionOrders]] = {}
        self._refused: deque[DecisionOrders] = deque()

    def expect(
        self,
        entry: Order,
        stop_fraction: float,
        notional: Decimal,
        terms: Terms | None = None,
        share: float | None = None,
        exit_price: Decimal | None = None,
        atr_quote: Decimal | None = None,
    ) -> None:
        """Add a signed entry. It counts as under way from now on. `notional` in quote units.

        `terms`: what its contexts ask; `share`: the share of a full position for which the position stands once it is filled;
        `exit_price`: its voters' exit; `atr_quote`: the average true range of its market.
        """
        signed = DecisionOrders(
            entry, stop_fraction, notional, terms, share=share, exit_price=exit_price, atr_quote=atr_quote
        )
        self._decisions[signed.decision_id] = self._entering[signed.symbol] = signed

    def forget(self, symbol: str) -> None:
        """Remove a signed entry that will not be sent."""
        signed = self._entering.pop(symbol, None)
        if signed is not None:
            del self._decisions[signed.decision_id]

    def end_entry(self, of: DecisionOrders) -> None:
        """Note that nothing more is bought for a decision, and that no piece of its entry is live."""
        of.entering = False
        if self._entering.get(of.symbol) is of:
            del self._entering[of.symbol]

    def withdraw_entry(self, symbol: str) -> str | None:
        """Note that an entry is withdrawn, so that no piece follows. The id of the order to cancel; None if there is none."""
        of = self._entering.get(symbol)
        if of is None:
            return None
        of.withdrawn = True
        if of.pursuit is not None:
            of.pursuit.given_up = True
            if of.live_entry is None:
                self.end_entry(of)
                return None
        return of.entry.order_id

    def of_decision(self, decision_id: str) -> DecisionOrders:
        """The orders of a decision that was signed. Raises KeyError for any other."""
        return self._decisions[decision_id]

    def sent(self, order: Order, of: DecisionOrders) -> None:
        """Note that an order's intent is journaled. The order is live from now on."""
        of.sent(order)
        self._live[order.order_id] = of
        self._live_by_market.setdefault(of.symbol, {})[order.order_id] = of

    def filled(self, fill: Fill) -> None:
        """Note a fill that was booked. Raises InvariantBroken for an entry that this account did not order; a liquidation nobody
        orders."""
        if fill.purpose is Purpose.ENTRY:
            self._bought(fill)
            return
        if fill.symbol in self._entering:
            self._entering[fill.symbol].sold_from = True
        held = self._holding.get(fill.symbol)
        if held is not None:
            held.sold_some = True
        if held is not None and fill.purpose is Purpose.TAKE_PROFIT and held.trailing_from is None:
            held.trailing_from = fill.price

    def settle(self, state: OrderState) -> None:
        """Note the venue's state of an order. The state of an order that is done, or not of this account, changes nothing."""
        of = self._live.get(state.order_id)
        if of is None or not of.settle(state):
            return
        del self._live[state.order_id]
        del self._live_by_market[of.symbol][state.order_id]
        if not of.entering and self._entering.get(of.symbol) is of:
            del self._entering[of.symbol]
        if of.account and of.refused_utc is not None and state.order_id == of.entry.order_id:
            self._refused.append(of)

    def next_refused(self) -> DecisionOrders | None:
        """The next decision whose entry an exchange has refused since it was last asked; None if there is no more."""
        return self._refused.popleft() if self._refused else None

    def may_enter_again(self, of: DecisionOrders) -> bool:
        """Whether a refused entry may be sent elsewhere: it was not withdrawn, bought nothing, and no other one is under way."""
        return not (of.withdrawn or of.entering or of.bought or of.symbol in self._entering)

    def enter_again(self, of: DecisionOrders) -> None:
        """Note that a refused entry is to be sent again: it counts as under way."""
        of.entering, of.pursuit, of.refused_utc = True, None, None
        self._entering[of.symbol] = of

    def close(self, held: DecisionOrders) -> None:
        """Note that a decision's position is closed and that its entry is done."""
        del self._holding[held.symbol]
        held.rest()

    @property
    def entering(self) -> tuple[DecisionOrders, ...]:
        """Decisions whose entry is under way, in the order in which they were signed."""
        return tuple(self._entering.values())

    @property
    def holding(self) -> tuple[DecisionOrders, ...]:
        """Decisions that have bought something, in the order of their first fill."""
        return tuple(self._holding.values())

    def by_context(self, *, but: str) -> Counter[str]:
        """Positions and entries under way in all markets except one, by the context that has voted for them and counts them."""
        alive = self._entering | self._holding
        terms = (of.terms for symbol, of in alive.items() if symbol != but and of.terms is not None)
        return Counter(own.context for each in terms for own in each.positions)

    def entry(self, symbol: str) -> DecisionOrders | None:
        """The decision whose entry is under way in a market."""
        return self._entering.get(symbol)

    def held(self, symbol: str) -> DecisionOrders | None:
        """The decision that bought the position in a market."""
        return self._holding.get(symbol)

    @property
    def quiet(self) -> bool:
        """Whether no order may still be filled."""
        return not self._live

    @property
    def symbols(self) -> set[str]:
        """Markets in which an order may still be filled."""
        return {symbol for symbol, live in self._live_by_market.items() if live}

    def is_live(self, order_id: str) -> bool:
        """Whether an order may still be filled."""
        return order_id in self._live

    def exits(self, symbol: str) -> tuple[str, ...]:
        """Ids of the live orders that would reduce a position, oldest first."""
        return tuple(order_id for of in self._live_in(symbol) for order_id in of.exits)

    def doubtful(self, symbol: str) -> bool:
        """Whether nobody knows yet if an exit of this market rests at the venue. No second one is sent before that is known."""
        return bool(self.doubts(symbol))

    def doubts(self, symbol: str) -> tuple[str, ...]:
        """Ids of the exits of a market of which nobody knows yet whether they rest at the venue."""
        return tuple([order_id for of in self._live_in(symbol) for order_id in of.doubts])

    def covered(self, symbol: str) -> Decimal:
        """Quantity for which a stop rests at the venue, base units."""
        return sum([of.covered for of in self._live_in(symbol)], Decimal(0))

    def stop_price(self, symbol: str) -> Decimal | None:
        """The nearest stop price that rests at the venue, in quote units; None if no stop rests there."""
        found = [(of.sign, price) for of in self._live_in(symbol) if (price := of.resting_stop) is not None]
        return nearest(found[0][0], *(price for _, price in found)) if found else None

    def _bought(self, fill: Fill) -> None:
        of = self._decisions.get(fill.decision_id)
        if of is None:
            raise InvariantBroken(
                f"The venue reports trade {fill.trade_id}, a purchase of {fill.symbol} for decision {fill.decision_id}, which "
                "this account did not sign. The session was stopped. Look the trade up in the venue's list."
            )
        of.bought = True
        held = self._holding.setdefault(fill.symbol, of)
        held.outgrown = True
        if held is not of and of.share is not None:
            held.stands_for(of.share, of.exit_price)
        elif held is not of:  # the gate counted the whole position by this stop
            held.stop_fraction = min(held.stop_fraction, of.stop_fraction)

    def _live_in(self, symbol: str) -> Collection[DecisionOrders]:
        """The decisions with live orders in a market, each once."""
        live = self._live_by_market.get(symbol)
        return {id(of): of for of in live.values()}.values() if live else ()
