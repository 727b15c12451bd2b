"""An order against the market as it is now: what it would cost, what it may take, and whether the price has reached it."""

from decimal import Decimal

from execution.exact import EXACT, ZERO, floor_to
from execution.wire.trading import refusals
from execution.wire.trading.floor import Floor
from execution.wire.trading.orders import WireOrder
from execution.wire.trading.purse import Purse
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import Wanted
from risk.order import Side


def check_money(floor: Floor, wanted: Wanted, purse: Purse) -> None:
    """Refuse an order that the free balances do not pay for. Raises Refused."""
    rules = floor.instrument
    quantity = wanted.quantity or bought_for(floor, wanted)
    if wanted.side is Side.SELL:
        enough = quantity <= purse.free(rules.base)
    elif wanted.buys_at:
        enough = purse.cost(EXACT.multiply(quantity, wanted.buys_at), rules) <= purse.free(rules.quote)
    else:
        enough = purse.cost(_cost(floor, quantity), rules) <= purse.free(rules.quote)
    if not enough:
        raise Refused(refusals.NO_MONEY)


def bought_for(floor: Floor, wanted: Wanted) -> Decimal:
    """How many lots a market order by value trades now [base]. Raises Refused if it is none."""
    left, quantity, lot = wanted.quote_quantity, ZERO, floor.instrument.lot_size
    for level in floor.offered(wanted.side):
        part = min(level.quantity, floor_to(left / level.price, lot)) if level.price else ZERO
        quantity, left = quantity + part, left - EXACT.multiply(part, level.price)
        if part < level.quantity:
            break
    if wanted.quote_quantity and not quantity:
        raise Refused(refusals.FILTER, "MARKET_LOT_SIZE")
    return quantity


def _cost(floor: Floor, quantity: Decimal) -> Decimal:
    """What a purchase of this quantity costs now, as far as it is offered [quote]."""
    cost = ZERO
    for level in floor.offered(Side.BUY):
        part = min(quantity, level.quantity)
        cost, quantity = EXACT.add(cost, EXACT.multiply(part, level.price)), EXACT.subtract(quantity, part)
    return cost


def accepts(order: Wanted | WireOrder, price: Decimal) -> bool:
    """Whether its limit allows a trade at this price [quote]."""
    return price <= order.price if order.side is Side.BUY else price >= order.price


def passed(wanted: Wanted, price: Decimal) -> bool:
    """Whether this price [quote] would trigger it at once."""
    return price <= wanted.stop_price if _falls(wanted) else price >= wanted.stop_price


def reached(order: WireOrder, low: Decimal, high: Decimal) -> bool:
    """Whether a movement between these prices [quote] triggers it."""
    return low <= order.stop_price if _falls(order) else high >= order.stop_price


def _falls(order: Wanted | WireOrder) -> bool:
    """Whether it waits for a price that falls: a stop to sell, or a profit to buy."""
    return (order.side is Side.SELL) == order.type.startswith("STOP")
