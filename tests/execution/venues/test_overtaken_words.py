"""An answer never ends an order before the fills that came earlier are booked: its market would be free for another one."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from execution.reports import NOTHING, Fill, Liquidity, OrderState, OrderStatus, VenueReport
from execution.venues.continued import ContinuedVenue
from risk.order import Order, OrderKind, Purpose, Side

AT = datetime(2024, 3, 1, tzinfo=UTC)
ENTRY = Order(
    order_id="d-e", decision_id="d", symbol="BTC/USDT", side=Side.BUY, kind=OrderKind.LIMIT, purpose=Purpose.ENTRY,
    quantity=Decimal(2), limit_price=Decimal(90), created_utc=AT,
)  # fmt: skip
DONE = OrderState(
    order_id="d-e", decision_id="d", symbol="BTC/USDT", status=OrderStatus.FILLED, filled_quantity=Decimal(2), at_utc=AT
)
ACCEPTED = DONE.model_copy(update={"status": OrderStatus.ACCEPTED, "filled_quantity": Decimal(0)})
BOUGHT = Fill(
    trade_id="1", order_id="d-e", decision_id="d", symbol="BTC/USDT", side=Side.BUY, purpose=Purpose.ENTRY,
    quantity=Decimal(2), price=Decimal(90), fee=Decimal(0), fee_currency="USDT", liquidity=Liquidity.MAKER, filled_utc=AT,
)  # fmt: skip


class Told:
    """An exchange that says these words one after another, and answers each question with the last state."""

    def __init__(self, *words: VenueReport) -> None:
        self._words = list(words)
        self.adopted: tuple[Order, ...] = ()

    async def hear(self) -> VenueReport:
        if not self._words:
            await asyncio.Event().wait()
        return self._words.pop(0)

    async def cancel(self, order_id: str) -> VenueReport:
        return VenueReport(states=(DONE,))

    async def account(self) -> None:
        return None

    def adopt(self, orders: Iterable[Order], *_: Iterable[Any]) -> None:
        self.adopted = tuple(orders)


def test_a_state_that_overtakes_a_fill_is_heard_after_it() -> None:
    async def main() -> None:
        venue: Any = ContinuedVenue(Told(VenueReport(states=(DONE,), fills=(BOUGHT,))), {}, 0.01)  # type: ignore[arg-type]
        venue.ledger = SimpleNamespace(fills_booked=0)
        given = await venue.hear()  # it waits for the session, which is still at its bar
        assert (await venue.cancel("d-e")).states == (ACCEPTED,)
        assert given.fills == (BOUGHT,)
        venue.ledger.fills_booked = 1
        assert (await asyncio.wait_for(venue.hear(), 5)).states == (DONE,)
        assert (await venue.cancel("d-e")).states == (DONE,), "all is booked: nothing can be overtaken"

    asyncio.run(main())


def test_a_state_does_not_overtake_a_word_that_was_not_given_to_the_session_yet() -> None:
    async def main() -> None:
        venue: Any = ContinuedVenue(Told(VenueReport(states=(DONE,), fills=(BOUGHT,))), {}, 0.01)  # type: ignore[arg-type]
        venue.ledger = SimpleNamespace(fills_booked=0)
        venue._word = asyncio.ensure_future(venue._exchange.hear())
        await asyncio.sleep(0)
        assert (await venue.cancel("d-e")).states == (ACCEPTED,)
        assert (await venue.hear()).fills == (BOUGHT,)
        assert (await venue.hear()).states == (DONE,)

    asyncio.run(main())


class Past:
    """A recorded past in which an entry was filled, and whose last words were these."""

    past, unanswered, forgotten = True, frozenset[str](), frozenset[str]()

    def __init__(self, *answers: VenueReport) -> None:
        self._answers = list(answers)

    async def submit(self, order: Order) -> VenueReport:
        return self._answers.pop(0)

    async def cancel(self, order_id: str) -> VenueReport:
        return self._answers.pop(0)


def adopted(*answers: VenueReport) -> tuple[Order, ...]:
    """The orders that an exchange is asked for after this past."""

    async def main() -> tuple[Order, ...]:
        exchange, past = Told(NOTHING), Past(*answers)
        venue: Any = ContinuedVenue(exchange, {}, 0.01, past, past)  # type: ignore[arg-type]
        await venue.submit(ENTRY)
        await venue.cancel("d-e")
        past.past = False
        await venue.hear()
        return exchange.adopted

    return asyncio.run(main())


def test_after_a_kill_an_order_that_was_over_is_asked_for_while_the_journal_misses_a_fill_of_it() -> None:
    begun, ended = VenueReport(states=(ACCEPTED,)), VenueReport(states=(DONE,))
    assert adopted(begun, ended) == (ENTRY,)
    assert adopted(begun, VenueReport(states=(DONE,), fills=(BOUGHT,))) == ()
    assert adopted(VenueReport(states=(ACCEPTED,), fills=(BOUGHT,)), ended) == ()
