"""Questions about perpetuals to one exchange, over the same lines as its orders, and the answers as values of ours.

What it sets is set once and never repeated by itself: it is told apart from what only asks.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from config.errors import DataFault, UsageFault
from execution.venues.exchange.capabilities import Capability
from execution.venues.exchange.lines.client import Client
from execution.venues.exchange.lines.line import NoAnswer, Refused
from execution.venues.exchange.outcomes import short
from execution.venues.exchange.perpetual.told import Forced, ToldMode, ToldPayment, ToldPosition, number_in, position_of
from execution.venues.exchange.perpetual.words import WORDS
from execution.venues.exchange.told import Unreadable, mapping
from market.perpetual.margin import MarginTier, PerpetualTerms

_BPS = Decimal(10_000)
_LONGEST_MS = 6 * 86_400_000
"""The longest time that is asked for at once, since exchanges give a week at most."""


class Wealth(NamedTuple):
    """The wallet [quote], and the open positions by symbol."""

    wallet: Decimal
    positions: dict[str, ToldPosition]


class PerpetualClient:
    """Questions to one exchange. Those that ask raise NoAnswer, and Refused."""

    def __init__(self, client: Client, row: Capability) -> None:
        self._client, self._wires, self._row = client, client.wires, row
        self._words = WORDS[row.exchange]

    async def terms(self, symbol: str) -> PerpetualTerms:
        """What the contract has beside the rules of every market: its size, tiers of margin, time between fundings."""

        async def ask(ccxt: Any) -> PerpetualTerms:
            market = ccxt.market(symbol)
            size = number_in(market, "contractSize")
            if size is None or size <= 0:
                raise Unreadable("a contract without a size")
            tiers = await self._tiers(ccxt, symbol, size)
            info = market.get("info") or {}
            fee = number_in(info, "liquidationFee") if isinstance(info, dict) else None
            contracts = self._row.contracts
            return PerpetualTerms(
                contract_size=size, tiers=tiers, funding_interval_h=await self._words.interval_h(ccxt, symbol),
                liquidation_fee_bps=min((fee or Decimal(0)) * _BPS, Decimal(1000)),
                maintenance_at="mark" if contracts is None else contracts.maintenance_at,
            )  # fmt: skip

        return await self._wires.trading.ask("terms", ask)

    async def _tiers(self, ccxt: Any, symbol: str, size: Decimal) -> tuple[MarginTier, ...]:
        """The tiers, by rising notional; the last has no end. Where they are counted in contracts (OKX), the mark price of now
        makes values of them."""
        if self._row.exchange == "binance":
            told = (await ccxt.fetch_leverage_tiers([symbol])).get(symbol)
        else:
            told = await ccxt.fetch_market_leverage_tiers(symbol)
        if not isinstance(told, list) or not told:
            raise Unreadable("no tiers of margin")
        unit = Decimal(1)
        if self._row.exchange == "okx":
            ticker = mapping(await ccxt.fetch_ticker(symbol), "a ticker")
            unit = size * (number_in(ticker, "markPrice") or number_in(ticker, "last") or Decimal(0))
        found = []
        for number, each in enumerate(told, 1):
            most, rate = number_in(each, "maxNotional"), number_in(each, "maintenanceMarginRate")
            leverage = number_in(each, "maxLeverage")
            if rate is None or leverage is None or (number < len(told) and not most):
                raise Unreadable("a tier of margin without its numbers")
            found.append(
                MarginTier(
                    up_to=None if number == len(told) or most is None else most * unit, max_leverage=max(leverage, Decimal(1)),
                    maintenance_rate=rate, maintenance_amount=self._words.tier(each.get("info") or {}),
                )
            )  # fmt: skip
        return tuple(found)

    async def modes(self, symbols: Sequence[str]) -> dict[str, ToldMode]:
        """The settings of these markets."""
        return await self._wires.exits.ask("settings", lambda ccxt: self._words.modes(ccxt, symbols))

    async def positions(self, symbols: Sequence[str]) -> dict[str, ToldPosition]:
        """The open positions in these markets, whoever opened them. Two in one market are no answer: they are not netted."""
        at_once = [tuple(symbols)] if self._row.exchange == "binance" else [(symbol,) for symbol in symbols]
        found = dict[str, ToldPosition]()
        for asked in at_once:

            async def ask(ccxt: Any, asked: tuple[str, ...] = asked) -> list[ToldPosition]:
                raw = await ccxt.fetch_positions(list(asked))
                if not isinstance(raw, list):
                    raise Unreadable(f"no list of positions, but {type(raw).__name__}")
                read = [position_of(each, self._client.sizes) for each in raw]
                told = [each for each in read if each is not None and each.symbol in asked]
                if len({each.symbol for each in told}) < len(told):
                    raise Unreadable("two positions in one market")
                return told

            found.update({each.symbol: each for each in await self._wires.exits.ask("positions", ask)})
        return found

    async def wealth(self, symbols: Sequence[str], quote: str) -> Wealth:
        """The wallet, and the positions in these markets."""
        positions = await self.positions(symbols)
        return Wealth(await self.wallet(quote), positions)

    async def wallet(self, quote: str) -> Decimal:
        """Money of the account without the profit of open positions, margins included [quote]."""
        return await self._wires.trading.ask("wallet", lambda ccxt: self._words.wallet(ccxt, quote))

    async def payments(self, symbol: str, since_ms: int) -> tuple[ToldPayment, ...]:
        """Payments of funding since then."""
        return await self._wires.trading.ask("funding", lambda ccxt: self._words.payments(ccxt, symbol, since_ms))

    async def forced(self, symbol: str, since_ms: int) -> tuple[Forced, ...]:
        """What the exchange did to a position by itself since then, in base units."""

        async def ask(ccxt: Any) -> tuple[Forced, ...]:
            size = self._client.sizes.get(symbol, Decimal(1))
            found = await self._words.forced(ccxt, symbol, since_ms)
            return tuple(
                each._replace(trade=each.trade.model_copy(update={"quantity": each.trade.quantity * size}))
                for each in found
            )

        return await self._wires.exits.ask("forced", ask)

    async def clearance(self, symbol: str, since_ms: int) -> Decimal:
        """What liquidations since then have cost beside the fees of their trades [quote]."""
        return await self._wires.exits.ask("clearance", lambda ccxt: self._words.clearance(ccxt, symbol, since_ms))

    async def set_mode(self, symbol: str, now: ToldMode, leverage: Decimal) -> str:
        """Set what differs from one-way, isolated and this leverage. Why something was not taken; empty if all was."""
        wanted = (
            (now.one_way, "one-way positions", lambda ccxt: self._words.set_one_way(ccxt, symbol)),
            (now.isolated, "isolated margin", lambda ccxt: self._words.isolate(ccxt, symbol)),
            (
                now.leverage == leverage, f"leverage {leverage}", lambda ccxt: self._words.lever(ccxt, symbol, int(leverage)),
            ),
        )  # fmt: skip
        for is_so, what, call in wanted:
            if is_so:
                continue
            try:
                await self._wires.trading.once(call)
            except Exception as error:  # noqa: BLE001 - the border to CCXT, which raises what it likes
                self._wires.trading.heed(error)
                return f"{what} was not taken ({short(error)})"
        return ""


def windows(since_ms: int, now_ms: int) -> list[int]:
    """The moments from which lists are asked for, so that no part of a long absence is left out."""
    return list(range(since_ms, max(now_ms, since_ms + 1), _LONGEST_MS))


async def terms_of(client: Client, row: Capability, symbols: tuple[str, ...]) -> dict[str, PerpetualTerms]:
    """The terms of these contracts. Raises UsageFault where the exchange refuses the account, and DataFault without an answer."""
    asking = PerpetualClient(client, row)
    try:
        client.wires.correct_clock(await client.clock_ahead_ms())
        await client.prepare()
        return {symbol: await asking.terms(symbol) for symbol in symbols}
    except Refused as fault:
        raise UsageFault(
            f"{row.exchange} does not tell the margin tiers of its perpetuals to this account ({fault}). Nothing was started. "
            "Check the keys in the environment, and that they may trade futures from this address."
        ) from None
    except NoAnswer as fault:
        raise DataFault(
            f"{row.exchange} does not tell the margin tiers of its perpetuals ({fault}). Nothing was started. Try again later."
        ) from None
