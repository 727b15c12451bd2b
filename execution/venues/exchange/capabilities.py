"""What each exchange can do, as one table: how it takes, finds and cancels an order by client id, its stops, its play money.

Read in CCXT 4.5.90 and on the wire. CCXT's unified `clientOrderId` is right on Binance only, so each row says the parameters
themselves. An exchange that has no row is refused, and so is what a row says that an exchange cannot do safely.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from config.errors import UsageFault


class Find(StrEnum):
    """How orders are found by client id."""

    ONE = "asked for by its client id"
    LISTED = "among open and closed orders, asked for by its client id"
    SCANNED = "among all recent orders"


class Play(StrEnum):
    """The exchange's own world of play money."""

    TEST = "test network"
    DEMO = "demo trading"
    NONE = "none"


class Contracts(NamedTuple):
    """What an exchange wants in words of its own where linear perpetuals are traded."""

    options: Mapping[str, Any]
    """Options of CCXT that choose these markets."""
    mark: Mapping[str, Any]
    """Parameters of a stop that the mark price triggers."""
    last: Mapping[str, Any]
    """The same for the last trade."""
    changes: Mapping[str, Any] = {}
    """Fields of the row that differ from spot."""
    exit: Mapping[str, Any] = {"reduceOnly": True}
    """Parameters of an order that only reduces."""
    stop_type: str = ""
    """The type of order that a market must name so that stops may trade at market; empty where all markets have them."""
    maintenance_at: Literal["mark", "entry"] = "mark"
    """The price at which the maintenance margin is taken."""


class Capability(NamedTuple):
    """One exchange."""

    exchange: str
    create: str
    """Parameter of a new order that takes the client id."""
    echoes: bool
    """Whether the answer to a new order repeats its client id. If not, the order is looked up before it counts as accepted."""
    find: Find
    find_by: str
    """Parameter that finds an order by its client id; empty where all orders are scanned."""
    cancel_by: str
    """Parameter that cancels an order by its client id; empty where only the exchange's own id does."""
    client_keys: tuple[str, ...]
    """Keys of a raw order under which its client id may stand, the first that is there."""
    window: str
    """Option of CCXT with the time in which a request is valid [ms]; empty where requests have none."""
    late_s: float
    """Longest time after which a request that was sent can still become an order [s], with that option set."""
    market_stop: bool
    """Whether a stop may sell at market. If not, it sells at a limit below its trigger, and at market after a while."""
    play: Play
    fees: str
    """In which currency fees are charged."""
    order: Mapping[str, Any] = {}
    """Further parameters of every order."""
    stop: Mapping[str, Any] = {}
    """Further parameters of a stop."""
    stop_create: str = ""
    """Parameter that takes a stop's client id, where it differs from `create`."""
    stop_find: Mapping[str, Any] = {}
    """Further parameters to find a stop."""
    stop_cancel: Mapping[str, Any] = {}
    """Further parameters to cancel a stop."""
    closed: str = "fetch_closed_orders"
    """CCXT's method that lists closed orders, where they are found in lists."""
    lists: tuple[Mapping[str, Any], ...] = ({},)
    """The parameters of each question that lists open orders: stops are apart on some exchanges."""
    trades_by: str = ""
    """Parameter that lists the trades of one order by the exchange's id; empty where they are picked out of all recent ones."""
    child_keys: tuple[str, ...] = ()
    """Keys of a raw stop that name the orders which it became when it was triggered."""
    deadline: str = ""
    """Parameter of a new order that says when it is no longer valid (RFC 3339)."""
    serial: bool = False
    """Whether signed requests must arrive in order of their nonce, so that only one is under way at a time."""
    buys_at_market: bool = True
    """Whether it buys a quantity at market; if not, only up to a limit price."""
    oco: str = "emulated"
    """What is done with a stop and a target that cancel each other. `emulated`: the stop rests there, the target is watched."""
    first: str = ""
    """CCXT's method that is called once on each signed line, because an order would have to wait for its answer."""
    options: Mapping[str, Any] = {}
    """Options of CCXT that are set beside."""
    refusals: tuple[str, ...] = ()
    """What the text of an error holds that refuses an order, where CCXT's class of it does not say so."""
    contracts: Contracts | None = None
    """How it trades linear perpetuals; None where that is not known here."""
    perpetual: bool = False
    """Whether this is the row as perpetuals have it."""
    exit: Mapping[str, Any] = {}
    """Further parameters of an order that only reduces; spot needs none."""
    stop_type: str = "STOP_LOSS"
    """The type of order that a market must list so that stops may trade at market, where it lists any; empty for none."""

    def on_perpetuals(self, trigger: Literal["mark", "last"]) -> "Capability":
        """The row as linear perpetuals have it; `trigger`: the price that triggers stops. Raises UsageFault where it has none."""
        own = self.contracts
        if own is None:
            known = ", ".join(row.exchange for row in CAPABILITIES.values() if row.contracts is not None)
            raise UsageFault(
                f"Perpetuals of {self.exchange} cannot be traded: how it sets and tells its margin is not known here. Nothing "
                f"was started. Trade them on one of {known}, or trade spot there."
            )
        row = self._replace(**own.changes)
        triggered = own.mark if trigger == "mark" else own.last
        return row._replace(
            perpetual=True,
            exit=own.exit,
            stop_type=own.stop_type,
            stop={**row.stop, **own.exit, **triggered},
            options={**row.options, **own.options},
        )


CAPABILITIES: Mapping[str, Capability] = {
    row.exchange: row
    for row in (
        Capability(
            exchange="binance", create="newClientOrderId", echoes=True, find=Find.ONE, find_by="origClientOrderId",
            cancel_by="origClientOrderId", client_keys=("origClientOrderId", "clientOrderId"), window="recvWindow", late_s=3.0,
            market_stop=True, play=Play.TEST, fees="base of a purchase, quote of a sale, or BNB",
            trades_by="orderId",
            options={"warnOnFetchOpenOrdersWithoutSymbol": False, "fetchMargins": False},
            contracts=Contracts(
                options={
                    "defaultType": "swap", "defaultSubType": "linear", "fetchMarkets": {"types": ["linear"]},
                    "watchPositions": {"fetchPositionsSnapshot": False}, "watchBalance": {"fetchBalanceSnapshot": False},
                },
                mark={"workingType": "MARK_PRICE"}, last={"workingType": "CONTRACT_PRICE"}, stop_type="STOP_MARKET",
                changes={
                    "client_keys": ("clientAlgoId", "origClientOrderId", "clientOrderId"), "play": Play.DEMO,
                    "fees": "quote, or BNB", "stop_create": "clientAlgoId", "stop_find": {"trigger": True},
                    "stop_cancel": {"trigger": True}, "child_keys": ("actualOrderId",), "lists": ({}, {"trigger": True}),
                    "refusals": tuple(
                        f'"code":{code},' for code in (-1111, -2019, -2021, -2022, -2027, -4003, -4005, -4061, -4131, -4164)
                    ),
                },
            ),
        ),
        Capability(
            exchange="kraken", create="cl_ord_id", echoes=False, find=Find.LISTED, find_by="cl_ord_id",
            cancel_by="cl_ord_id", client_keys=("cl_ord_id",), window="", late_s=5.0, market_stop=True, play=Play.NONE,
            fees="quote, as asked for with each order", deadline="deadline", serial=True,
            order={"oflags": "fciq"},
        ),
        Capability(
            exchange="bybit", create="orderLinkId", echoes=True, find=Find.LISTED, find_by="orderLinkId",
            cancel_by="orderLinkId", client_keys=("orderLinkId",), window="recvWindow", late_s=5.0, market_stop=True,
            play=Play.TEST, fees="base of a purchase, quote of a sale", stop_cancel={"orderFilter": "tpslOrder"},
            closed="fetch_canceled_and_closed_orders", first="is_unified_enabled",
            trades_by="orderId",
            options={"brokerId": ""},
            contracts=Contracts(
                options={"defaultType": "swap", "defaultSubType": "linear", "fetchMarkets": {"types": ["linear"]}},
                mark={"triggerBy": "MarkPrice"}, last={"triggerBy": "LastPrice"}, maintenance_at="entry",
                changes={"stop_cancel": {}, "fees": "quote"},
            ),
        ),
        Capability(
            exchange="okx", create="clOrdId", echoes=True, find=Find.ONE, find_by="clOrdId", cancel_by="clOrdId",
            client_keys=("algoClOrdId", "clOrdId"), window="", late_s=30.0, market_stop=True, play=Play.TEST,
            fees="base of a purchase, quote of a sale", stop={"tdMode": "cash"}, stop_create="algoClOrdId",
            stop_find={"trigger": True}, stop_cancel={"trigger": True}, child_keys=("ordIdList", "ordId"), trades_by="ordId",
            lists=({}, {"trigger": True, "ordType": "conditional"}),
            options={"brokerId": None},
            contracts=Contracts(
                options={"defaultType": "swap", "fetchMarkets": {"types": ["swap"]}}, mark={"slTriggerPxType": "mark"},
                last={"slTriggerPxType": "last"},
                changes={"order": {"tdMode": "isolated"}, "stop": {"tdMode": "isolated"}, "fees": "quote"},
            ),
        ),
        Capability(
            exchange="coinbase", create="client_order_id", echoes=True, find=Find.SCANNED, find_by="", cancel_by="",
            client_keys=("client_order_id",), window="", late_s=120.0, market_stop=False, play=Play.NONE, fees="quote",
            buys_at_market=False, options={"brokerId": ""},
        ),
    )
}  # fmt: skip
"""By CCXT's name of the exchange."""


def capability_of(exchange: str, *, live: bool, trigger: Literal["mark", "last"] | None = None) -> Capability:
    """The row of an exchange. Raises UsageFault for one without, and for play money where it has none.

    `live`: real money, or else the exchange's own test network or demo trading. `trigger`: for linear perpetuals, the price that
    triggers stops; None for spot.
    """
    row = CAPABILITIES.get(exchange)
    if row is None:
        raise UsageFault(
            f"Orders cannot be sent to {exchange!r}: how it finds an order whose answer was lost is not known here. Nothing was "
            f"started. Trade on one of {', '.join(CAPABILITIES)}."
        )
    if trigger is not None:
        row = row.on_perpetuals(trigger)
    if not live and row.play is Play.NONE:
        others = ", ".join(name for name, each in CAPABILITIES.items() if each.play is not Play.NONE)
        raise UsageFault(
            f"{exchange} has no test network and no demo trading. Nothing was started. Use --profile paper, or try the wires on "
            f"one that has: {others}."
        )
    return row


def takes_fee_in_base(exchange: str) -> bool:
    """Whether the fee of a purchase is taken out of what was bought, where the account pays it in no coin of the exchange's own.
    Raises KeyError for an exchange without a row."""
    return CAPABILITIES[exchange].fees.startswith("base of a purchase")


def perpetual_table() -> str:
    """The table of perpetuals of docs/exchanges.md, in Markdown."""
    head = (
        "exchange",
        "client id of a stop",
        "stop triggered by the mark, or the last trade",
        "reduce only",
        "play money",
        "fees",
    )
    rows = []
    for each in CAPABILITIES.values():
        if each.contracts is not None:
            row = each.on_perpetuals("mark")
            triggers = " or ".join(
                f"`{name}={value}`" for of in (each.contracts.mark, each.contracts.last) for name, value in of.items()
            )
            reduces = ", ".join(f"`{name}`" for name in row.exit)
            rows.append((row.exchange, row.stop_create or row.create, triggers, reduces, row.play.value, row.fees))
    lines = [" | ".join(cells) for cells in (head, ("---",) * len(head), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def table() -> str:
    """The table of docs/exchanges.md, in Markdown."""
    head = ("exchange", "client id", "found again", "cancelled by", "stop", "requests valid", "play money", "fees")
    rows = [
        (
            row.exchange,
            row.create + (f", of a stop {row.stop_create}" if row.stop_create else ""),
            row.find.value + ("" if row.echoes else ", at once, since the answer does not repeat it"),
            row.cancel_by or "the exchange's own id",
            "at market" if row.market_stop else "at a limit, then at market",
            f"{row.late_s:g} s",
            row.play.value,
            row.fees,
        )
        for row in CAPABILITIES.values()
    ]
    lines = [" | ".join(cells) for cells in (head, ("---",) * len(head), *rows)]
    return "\n".join(f"| {line} |" for line in lines)
