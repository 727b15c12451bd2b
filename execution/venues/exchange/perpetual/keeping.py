"""Keeps an account of perpetuals as the session wants it: settings first, then what happens to its positions without an order.

Before anything is sent it sets one-way positions, isolated margin and the leverage, and asks whether they are so. Where that is
not certain, the market takes no entry, and it is told why. It asks again on the timer: a setting that was changed by hand closes
the market for entries until it is back. A position that was there before the session is not ours: nothing is sent in its market.

Funding is booked by the exchange's own number of the payment, a liquidation and an auto-deleveraging by that of the trade, each
once. It orders nothing, and never changes a setting under an open position.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from config.clock import Clock, to_ms
from config.errors import UsageFault
from execution.exact import EXACT
from execution.reports import Fill, Funding, Liquidity, PositionTold, VenueAccount
from execution.venues.exchange.lines.line import NoAnswer, Refused
from execution.venues.exchange.perpetual.client import PerpetualClient, Wealth, windows
from execution.venues.exchange.perpetual.told import Forced, ToldMode, ToldPayment, ToldPosition
from execution.venues.exchange.shelf import Shelf
from execution.venues.exchange.told import is_counted
from market.instrument import Instrument
from risk.order import Purpose

_OVERLAP = timedelta(minutes=10)
"""How far back lists are asked for again: an entry may be written down late."""
_TRIES = 5
"""How often a change of the wallet is looked for in the list of payments."""
_ZERO = Decimal(0)
_ROUNDING = Context(prec=EXACT.prec)


class Keeper:
    """The perpetuals of one account. `leverage`: notional over margin, in every market."""

    def __init__(self, client: PerpetualClient, shelf: Shelf, leverage: Decimal, exchange: str, clock: Clock) -> None:
        self._client, self._shelf, self._leverage, self._exchange, self._clock = (
            client,
            shelf,
            leverage,
            exchange,
            clock,
        )
        self._doubts: dict[str, str] = {}
        """Why the settings of a market are not those of the session, as its entries were halted for it."""
        self._foreign: dict[str, str] = {}
        self._since = clock.now()
        self._seen: tuple[int, Decimal] | None = None
        self._tried = 0

    def recall(self, since: datetime | None, taken: Mapping[str, str]) -> None:
        """Look through payments, and what the exchange did by itself, from this moment on: the last word of the journal.

        `taken`: what the journal says of markets in which a position was auto-deleveraged; they stay closed for entries.
        """
        if since is not None:
            self._since, self._seen = min(since, self._since), None
        for symbol, note in sorted(taken.items()):
            self._shelf.halt(symbol, _paused(note))

    @property
    def _instruments(self) -> Mapping[str, Instrument]:
        gone = self._shelf.gone
        return {symbol: each for symbol, each in self._shelf.instruments.items() if symbol not in gone}

    @property
    def _quote(self) -> str:
        return next(iter(self._shelf.instruments.values())).quote

    # Settings

    async def begin(self, *, resumed: bool) -> None:
        """Set what is to be set, and verify it. Nothing is set under an open position. Raises UsageFault, NoAnswer, Refused.

        `resumed`: the positions are the session's own, whose journal is read later.
        """
        if self._leverage % 1:
            raise UsageFault(
                f"{self._exchange} takes whole numbers as leverage, and the session is to use {self._leverage}. Nothing was "
                "started. Set market.perpetuals.leverage to one."
            )
        symbols = tuple(self._instruments)
        positions, modes = await self._client.positions(symbols), await self._client.modes(symbols)
        untaken = dict[str, str]()
        for symbol, rules in self._instruments.items():
            terms = rules.perpetual
            if terms is not None and self._leverage > terms.tiers[0].max_leverage and not resumed:
                raise UsageFault(
                    f"{self._exchange} offers a leverage of {terms.tiers[0].max_leverage} in {symbol} at most, and the session "
                    f"is to use {self._leverage}. Nothing was started. Set market.perpetuals.leverage, or leave the market out."
                )
            position, mode = positions.get(symbol), modes[symbol]
            if position is not None and not resumed:
                self._refuse(symbol, position, mode)
                self._foreign[symbol] = why = (
                    f"a position of {position.quantity} {rules.base} lies there that is not this session's: nothing is sent "
                    "there until it is gone"
                )
                self._shelf.halt(symbol, why)
        for symbol in symbols:
            if symbol not in positions:
                untaken[symbol] = await self._client.set_mode(symbol, modes[symbol], self._leverage)
        for symbol, mode in (await self._client.modes(symbols)).items():
            if symbol not in self._foreign:
                self._doubt(symbol, mode, untaken.get(symbol, ""))

    def _refuse(self, symbol: str, position: ToldPosition, mode: ToldMode) -> None:
        """Raise UsageFault for a position that was opened in a mode which cannot be traded beside."""
        if mode.one_way and mode.isolated and position.isolated is not False:
            return
        what = "isolated margin" if mode.one_way else "one-way positions (hedge mode is on)"
        raise UsageFault(
            f"{symbol} at {self._exchange} has an open position of {position.quantity} and no {what}, which cannot be changed "
            "under it. Nothing was started, and nothing was sent. Close the position and change the mode at the exchange, or "
            "leave the market out."
        )

    async def check(self) -> None:
        """Ask whether the settings are still those of the session; entries are halted where they are not. Without an answer
        nothing changes: they were right when they were asked for last."""
        try:
            modes = await self._client.modes(tuple(self._instruments))
        except (NoAnswer, Refused):
            return
        for symbol, mode in modes.items():
            if symbol not in self._foreign:
                self._doubt(symbol, mode, "")

    def _doubt(self, symbol: str, mode: ToldMode, refused: str) -> None:
        """Halt the entries of a market whose settings are wrong, and lift that where they are right again."""
        wrong = [
            what
            for is_wrong, what in (
                (not mode.one_way, "positions are not one-way (hedge mode is on)"),
                (not mode.isolated, "its margin is not isolated"),
                (mode.leverage != self._leverage, f"its leverage is {mode.leverage} and not {self._leverage}"),
            )
            if is_wrong
        ]
        before = self._doubts.pop(symbol, None)
        why = "; ".join([*wrong, refused] if refused else wrong)
        if why:
            why = f"{why}: correct it at the exchange"
        if before is not None and before != why:
            self._shelf.lift(symbol, before)
        if why:
            self._doubts[symbol] = why
            self._shelf.halt(symbol, why)

    # What happens without an order

    async def account(self) -> VenueAccount | None:
        """The wallet and the positions; what was paid or done to them meanwhile is let be heard. None without an answer."""
        version = self._shelf.version
        try:
            wealth = await self._client.wealth(tuple(self._instruments), self._quote)
            await self._settle(wealth, version)
        except (NoAnswer, Refused):
            return None
        numbers = [wealth.wallet, *(told.quantity for told in wealth.positions.values())]
        if not all(map(is_counted, numbers)):
            return None
        held = {symbol: told.quantity for symbol, told in sorted(wealth.positions.items())}
        positions = {symbol: _told(told) for symbol, told in sorted(wealth.positions.items())}
        return VenueAccount(cash=wealth.wallet, held=held, positions=positions)

    async def _settle(self, wealth: Wealth, version: int) -> None:
        """Look for payments if money has moved, and for what the exchange did where a position is smaller than ours."""
        now, found = self._clock.now(), self._shelf.version
        for symbol in [symbol for symbol in self._foreign if symbol not in wealth.positions]:
            self._shelf.lift(symbol, self._foreign.pop(symbol))
        traded = [
            symbol for symbol in self._instruments if self._shelf.position(symbol) or symbol in self._shelf.symbols()
        ]
        less = [symbol for symbol in traded if self._is_less(symbol, wealth.positions.get(symbol))]
        with localcontext(_ROUNDING):
            money = wealth.wallet - sum((told.quantity * told.entry_price for told in wealth.positions.values()), _ZERO)
            money = money.quantize(Decimal("1e-6"), ROUND_HALF_EVEN)
        if (self._seen == (version, money) or not traded) and not less:
            return
        for symbol in traded:
            for since_ms in windows(to_ms(self._since - _OVERLAP), to_ms(now)):
                for paid in await self._client.payments(symbol, since_ms):
                    self._pay(symbol, paid)
        for symbol in less:
            await self._force(symbol, to_ms(self._since - _OVERLAP), to_ms(now))
        self._tried += 1
        explained = self._seen is None or self._seen[0] != version or self._shelf.version != found
        if explained or self._tried >= _TRIES:
            self._seen, self._tried, self._since = (version, money), 0, now

    def _is_less(self, symbol: str, told: ToldPosition | None) -> bool:
        """Whether the exchange has less of a position than our own trades have left."""
        own, there = self._shelf.position(symbol), _ZERO if told is None else told.quantity
        return there < own if own > 0 else there > own

    def _pay(self, symbol: str, paid: ToldPayment) -> None:
        quantity, rate, mark = self._shelf.position(symbol), paid.rate, paid.mark_price
        with localcontext(_ROUNDING):
            if rate is None:
                rate = _ratio(paid.amount, quantity * mark, "1e-12") if mark else _ZERO
            if mark is None:
                mark = _ratio(paid.amount, quantity * rate, "1e-8")
        self._shelf.count_funding(
            Funding(
                funding_id=paid.number, symbol=symbol, rate=rate, quantity=quantity, mark_price=mark, amount=paid.amount,
                at_utc=paid.at_utc,
            )
        )  # fmt: skip

    async def _force(self, symbol: str, since_ms: int, now_ms: int) -> None:
        """Count the trades that the exchange made by itself. What a liquidation cost beside is part of its last trade's fee."""
        found = [
            each for start_ms in windows(since_ms, now_ms) for each in await self._client.forced(symbol, start_ms)
            if not self._shelf.settled(symbol, each.trade.trade_id)
        ]  # fmt: skip
        found = list({each.trade.trade_id: each for each in found}.values())
        ours = [each for each in found if self._reduces(symbol, each)]
        liquidated = [each for each in ours if each.purpose is Purpose.LIQUIDATION]
        beside = _ZERO
        if liquidated:
            first_ms = to_ms(min(each.trade.at_utc for each in liquidated))
            beside = await self._client.clearance(symbol, first_ms - 1000)
        for each in ours:
            last = bool(liquidated) and each is liquidated[-1]
            self._count(symbol, each, beside if last else _ZERO)

    def _reduces(self, symbol: str, each: Forced) -> bool:
        return -each.trade.side.sign * self._shelf.position(symbol) > 0

    def _count(self, symbol: str, each: Forced, beside: Decimal) -> None:
        trade, own = each.trade, abs(self._shelf.position(symbol))
        if not own:
            return
        decision, liquidated = self._shelf.decision(symbol), each.purpose is Purpose.LIQUIDATION
        quantity = min(trade.quantity, own)
        kind, name = ("liquidated", "liq") if liquidated else ("auto-deleveraged", "adl")
        note = f"{kind}: the exchange has traded {trade.quantity} at {trade.price} by itself"
        fill = Fill(
            trade_id=trade.trade_id, order_id=f"{decision}-{name}{trade.venue_id}", decision_id=decision, symbol=symbol,
            side=trade.side, purpose=each.purpose, quantity=quantity, price=trade.price, fee=trade.fee + beside,
            fee_currency=trade.fee_currency, liquidity=Liquidity.TAKER, filled_utc=trade.at_utc,
        )  # fmt: skip
        self._shelf.count_forced(fill, note)
        if not liquidated:
            self._shelf.halt(symbol, _paused(note))
        elif quantity < trade.quantity:
            self._shelf.halt(symbol, f"{note}, and only {own} were this session's")


def _ratio(amount: Decimal, by: Decimal, step: str) -> Decimal:
    """A quotient in steps; 0 where there is nothing to divide by."""
    return (amount / by).quantize(Decimal(step), ROUND_HALF_EVEN) if by else _ZERO


def _paused(note: str) -> str:
    return f"{note}, and nobody has ordered it: no entry is taken there while this session runs"


def _told(told: ToldPosition) -> PositionTold:
    return PositionTold(
        entry_price=told.entry_price, mark_price=told.mark_price, margin=told.margin, liquidation_price=told.liquidation_price
    )  # fmt: skip
