"""How each exchange tells and sets what perpetuals need, in CCXT's methods: one class an exchange, all with the same questions.

CCXT has unified methods for positions and tiers, and they are used. Wallets, settings, payments and what the exchange did by
itself are told in its own bodies, since the unified ones leave out what is needed here or mean something else by it: CCXT's
balance of Binance is the equity and not the wallet, and its funding history of Bybit has the sign of an expense.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from config.clock import from_ms
from execution.venues.exchange.perpetual.told import Forced, ToldMode, ToldPayment, number_in, number_of
from execution.venues.exchange.told import Unreadable, mapping, text_in, trade_of
from risk.order import Purpose

MOST = 100
"""Rows of a list that are asked for at once."""
_HOUR_MS = 3_600_000


class Words(Protocol):
    """One exchange. Each method asks it through a CCXT instance, and raises what CCXT raises, or Unreadable."""

    async def modes(self, ccxt: Any, symbols: Sequence[str]) -> dict[str, ToldMode]:
        """The settings of these markets."""
        ...

    async def set_one_way(self, ccxt: Any, symbol: str) -> None:
        """Net positions from now on."""
        ...

    async def isolate(self, ccxt: Any, symbol: str) -> None:
        """Isolate margins from now on."""
        ...

    async def lever(self, ccxt: Any, symbol: str, leverage: int) -> None:
        """Set the leverage of a market."""
        ...

    async def wallet(self, ccxt: Any, quote: str) -> Decimal:
        """Money of the account without the profit of open positions, margins included [quote]."""
        ...

    async def payments(self, ccxt: Any, symbol: str, since_ms: int) -> tuple[ToldPayment, ...]:
        """Payments of funding since then."""
        ...

    async def forced(self, ccxt: Any, symbol: str, since_ms: int) -> tuple[Forced, ...]:
        """What the exchange did to the position by itself since then. Quantities in contracts."""
        ...

    async def clearance(self, ccxt: Any, symbol: str, since_ms: int) -> Decimal:
        """What liquidations since then have cost beside the fees of their trades [quote]."""
        ...

    async def interval_h(self, ccxt: Any, symbol: str) -> int:
        """Time between fundings [h]."""
        ...

    def tier(self, raw: Mapping[str, Any]) -> Decimal:
        """What is taken off the maintenance margin in a tier [quote]."""
        ...


class Binance:
    """Binance USD-M."""

    async def modes(self, ccxt: Any, symbols: Sequence[str]) -> dict[str, ToldMode]:
        sides = mapping(await ccxt.fapiprivate_get_positionside_dual(), "a position mode")
        if not isinstance(sides.get("dualSidePosition"), bool):
            raise Unreadable("no dualSidePosition")
        found = {}
        for symbol in symbols:
            rows = _rows(await ccxt.fapiprivate_get_symbolconfig({"symbol": _id(ccxt, symbol)}))
            row = _only(rows, "symbol", _id(ccxt, symbol))
            margin = text_in(row.get("marginType"), "margin mode")
            found[symbol] = ToldMode(not sides["dualSidePosition"], margin == "ISOLATED", number_of(row, "leverage"))
        return found

    async def set_one_way(self, ccxt: Any, symbol: str) -> None:
        await ccxt.set_position_mode(False, symbol)

    async def isolate(self, ccxt: Any, symbol: str) -> None:
        await ccxt.set_margin_mode("isolated", symbol)

    async def lever(self, ccxt: Any, symbol: str, leverage: int) -> None:
        await ccxt.set_leverage(leverage, symbol)

    async def wallet(self, ccxt: Any, quote: str) -> Decimal:
        told = mapping(await ccxt.fapiprivatev3_get_account(), "an account")
        return number_of(_only(_rows(told.get("assets")), "asset", quote), "walletBalance")

    async def payments(self, ccxt: Any, symbol: str, since_ms: int) -> tuple[ToldPayment, ...]:
        rows = _rows(
            await ccxt.fapiprivate_get_income(_asked(ccxt, symbol, since_ms, incomeType="FUNDING_FEE", limit=1000))
        )
        if not rows:
            return ()
        rates = _rows(await ccxt.fapipublic_get_fundingrate(_asked(ccxt, symbol, since_ms - _HOUR_MS, limit=1000)))
        found = []
        for row in rows:
            at_ms = int(number_of(row, "time"))
            due = next((each for each in rates if abs(int(number_of(each, "fundingTime")) - at_ms) < _HOUR_MS // 2), {})
            found.append(
                ToldPayment(
                    number=str(row.get("tranId")), symbol=symbol, amount=-number_of(row, "income"), at_utc=from_ms(at_ms),
                    rate=number_in(due, "fundingRate"), mark_price=number_in(due, "markPrice"),
                )
            )  # fmt: skip
        return tuple(found)

    async def forced(self, ccxt: Any, symbol: str, since_ms: int) -> tuple[Forced, ...]:
        orders = _rows(await ccxt.fapiprivate_get_forceorders(_asked(ccxt, symbol, since_ms, limit=MOST)))
        found = []
        for order in orders:
            client_id = str(order.get("clientOrderId"))
            purpose = Purpose.DELEVERAGING if client_id.startswith("adl") else Purpose.LIQUIDATION
            trades = await ccxt.fetch_my_trades(symbol, None, 500, {"orderId": str(order.get("orderId"))})
            found += [Forced(trade_of(each), purpose) for each in trades]
        return tuple(found)

    async def clearance(self, ccxt: Any, symbol: str, since_ms: int) -> Decimal:
        asked = _asked(ccxt, symbol, since_ms, incomeType="INSURANCE_CLEAR", limit=MOST)
        return -sum((number_of(row, "income") for row in _rows(await ccxt.fapiprivate_get_income(asked))), Decimal(0))

    async def interval_h(self, ccxt: Any, symbol: str) -> int:
        rows = _rows(await ccxt.fapipublic_get_fundinginfo())
        own = [row for row in rows if row.get("symbol") == _id(ccxt, symbol)]
        return int(number_of(own[0], "fundingIntervalHours")) if own else 8  # only those that differ must be listed

    def tier(self, raw: Mapping[str, Any]) -> Decimal:
        return number_in(raw, "cum") or Decimal(0)


class Bybit:
    """Bybit, linear contracts of a unified account, whose margin mode is one for all markets."""

    async def modes(self, ccxt: Any, symbols: Sequence[str]) -> dict[str, ToldMode]:
        info = mapping(mapping(await ccxt.private_get_v5_account_info(), "an account").get("result"), "an account")
        isolated, found = text_in(info.get("marginMode"), "margin mode") == "ISOLATED_MARGIN", {}
        for symbol in symbols:
            told = await ccxt.private_get_v5_position_list({"category": "linear", "symbol": _id(ccxt, symbol)})
            rows = _bybit_rows(told)
            if not rows:
                raise Unreadable("no settings of the position")
            one_way = all(str(row.get("positionIdx")) == "0" for row in rows)
            found[symbol] = ToldMode(one_way, isolated, number_of(rows[0], "leverage"))
        return found

    async def set_one_way(self, ccxt: Any, symbol: str) -> None:
        await ccxt.set_position_mode(False, symbol)

    async def isolate(self, ccxt: Any, symbol: str) -> None:
        await ccxt.private_post_v5_account_set_margin_mode({"setMarginMode": "ISOLATED_MARGIN"})

    async def lever(self, ccxt: Any, symbol: str, leverage: int) -> None:
        await ccxt.set_leverage(leverage, symbol)

    async def wallet(self, ccxt: Any, quote: str) -> Decimal:
        told = mapping(await ccxt.private_get_v5_account_wallet_balance({"accountType": "UNIFIED"}), "a balance")
        accounts = _rows(mapping(told.get("result"), "a balance").get("list"))
        if not accounts:
            raise Unreadable("a balance without an account")
        return number_of(_only(_rows(accounts[0].get("coin")), "coin", quote), "walletBalance")

    async def payments(self, ccxt: Any, symbol: str, since_ms: int) -> tuple[ToldPayment, ...]:
        asked = {
            "category": "linear",
            "symbol": _id(ccxt, symbol),
            "execType": "Funding",
            "startTime": since_ms,
            "limit": MOST,
        }
        return tuple(
            ToldPayment(
                number=text_in(row.get("execId"), "id of the payment"), symbol=symbol, amount=number_of(row, "execFee"),
                at_utc=from_ms(int(number_of(row, "execTime"))), rate=number_in(row, "feeRate"),
                mark_price=number_in(row, "markPrice") or number_in(row, "execPrice"),
            )
            for row in _bybit_rows(await ccxt.private_get_v5_execution_list(asked))
        )  # fmt: skip

    async def forced(self, ccxt: Any, symbol: str, since_ms: int) -> tuple[Forced, ...]:
        found = []
        for kind, purpose in (("BustTrade", Purpose.LIQUIDATION), ("AdlTrade", Purpose.DELEVERAGING)):
            trades = await ccxt.fetch_my_trades(symbol, since_ms, MOST, {"execType": kind})
            found += [Forced(trade_of(each), purpose) for each in trades]
        return tuple(found)

    async def clearance(self, ccxt: Any, symbol: str, since_ms: int) -> Decimal:
        return Decimal(0)  # it is in the fees of the trades

    async def interval_h(self, ccxt: Any, symbol: str) -> int:
        return int(number_of(mapping(ccxt.market(symbol).get("info"), "a market"), "fundingInterval")) // 60

    def tier(self, raw: Mapping[str, Any]) -> Decimal:
        return number_in(raw, "mmDeduction") or Decimal(0)


class Okx:
    """OKX, whose orders name the margin mode themselves; the leverage is that of isolated positions."""

    async def modes(self, ccxt: Any, symbols: Sequence[str]) -> dict[str, ToldMode]:
        rows = _rows(mapping(await ccxt.private_get_account_config(), "an account").get("data"))
        if not rows or rows[0].get("posMode") not in ("net_mode", "long_short_mode"):
            raise Unreadable("no position mode")
        if str(rows[0].get("acctLv")) == "1":
            raise Unreadable("an account in spot mode, which trades no perpetuals")
        found = {}
        for symbol in symbols:
            asked = {"instId": _id(ccxt, symbol), "mgnMode": "isolated"}
            told = _rows(mapping(await ccxt.private_get_account_leverage_info(asked), "a leverage").get("data"))
            if not told or len({str(row.get("lever")) for row in told}) != 1:
                raise Unreadable("no leverage, or two")
            found[symbol] = ToldMode(rows[0]["posMode"] == "net_mode", True, number_of(told[0], "lever"))
        return found

    async def set_one_way(self, ccxt: Any, symbol: str) -> None:
        await ccxt.set_position_mode(False, symbol)

    async def isolate(self, ccxt: Any, symbol: str) -> None:
        """Nothing: each order says it."""

    async def lever(self, ccxt: Any, symbol: str, leverage: int) -> None:
        await ccxt.set_leverage(leverage, symbol, {"mgnMode": "isolated"})

    async def wallet(self, ccxt: Any, quote: str) -> Decimal:
        told = _rows(mapping(await ccxt.private_get_account_balance(), "a balance").get("data"))
        if not told:
            raise Unreadable("a balance without an account")
        row = _only(_rows(told[0].get("details")), "ccy", quote)
        return number_of(row, "eq") - (number_in(row, "upl") or Decimal(0))

    async def payments(self, ccxt: Any, symbol: str, since_ms: int) -> tuple[ToldPayment, ...]:
        rows = await ccxt.fetch_funding_history(symbol, since_ms, MOST)
        found = []
        for each in rows:
            raw = mapping(mapping(each, "a payment").get("info"), "a payment")
            found.append(
                ToldPayment(
                    number=text_in(each.get("id"), "id of the payment"), symbol=symbol, amount=-number_of(each, "amount"),
                    at_utc=from_ms(int(each.get("timestamp") or 0)), rate=None, mark_price=number_in(raw, "px"),
                )
            )  # fmt: skip
        return tuple(found)

    async def forced(self, ccxt: Any, symbol: str, since_ms: int) -> tuple[Forced, ...]:
        found = []
        for each in await ccxt.fetch_my_trades(symbol, since_ms, MOST):
            kind = str(mapping(each.get("info"), "a trade").get("subType"))
            if kind in _OKX_LIQUIDATED | _OKX_DELEVERAGED:
                purpose = Purpose.DELEVERAGING if kind in _OKX_DELEVERAGED else Purpose.LIQUIDATION
                found.append(Forced(trade_of(each), purpose))
        return tuple(found)

    async def clearance(self, ccxt: Any, symbol: str, since_ms: int) -> Decimal:
        return Decimal(0)  # it is in the fees of the trades

    async def interval_h(self, ccxt: Any, symbol: str) -> int:
        told = mapping(mapping(await ccxt.fetch_funding_rate(symbol), "a funding rate").get("info"), "a funding rate")
        between_ms = int(number_of(told, "nextFundingTime")) - int(number_of(told, "fundingTime"))
        if not _HOUR_MS <= between_ms <= 24 * _HOUR_MS:
            raise Unreadable(f"fundings {between_ms} ms apart")
        return between_ms // _HOUR_MS

    def tier(self, raw: Mapping[str, Any]) -> Decimal:
        return Decimal(0)


_OKX_LIQUIDATED = frozenset({"100", "101", "102", "103", "104", "105", "106", "107"})
_OKX_DELEVERAGED = frozenset({"125", "126", "127", "128"})
WORDS: Mapping[str, Words] = {"binance": Binance(), "bybit": Bybit(), "okx": Okx()}
"""By CCXT's name of the exchange: one for each row of the table of capabilities that trades perpetuals."""


def _id(ccxt: Any, symbol: str) -> str:
    return str(ccxt.market(symbol)["id"])


def _asked(ccxt: Any, symbol: str, since_ms: int, **more: Any) -> dict[str, Any]:
    return {"symbol": _id(ccxt, symbol), "startTime": since_ms, **more}


def _rows(raw: Any) -> list[Mapping[str, Any]]:
    if not isinstance(raw, list):
        raise Unreadable(f"no list, but {type(raw).__name__}")
    return [mapping(each, "an entry") for each in raw]


def _bybit_rows(raw: Any) -> list[Mapping[str, Any]]:
    return _rows(mapping(mapping(raw, "a list").get("result"), "a list").get("list"))


def _only(rows: list[Mapping[str, Any]], name: str, value: str) -> Mapping[str, Any]:
    """The row of this value. Raises Unreadable where there is none."""
    found = [row for row in rows if row.get(name) == value]
    if len(found) != 1:
        raise Unreadable(f"no {name} {value}")
    return found[0]
