"""Sends orders, finds out what became of them, and withdraws them.

An order is sent once. If the answer does not prove what became of it, it is looked for: by its client id, among open orders,
among trades. It is sent again, with the same client id, only if its absence is proven: the time in which the request could still
arrive has passed, and two answers after that know nothing. An order whose fate stays unknown halts its market and is told; it is
looked for as long as the session lives, and evidence lifts the halt. A cancel is over when the exchange says that the order is.

Deliveries run beside the caller, so a session that gives up waiting does not cut one off.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from config.clock import Clock, to_ms
from execution.venues.exchange.capabilities import Capability
from execution.venues.exchange.ids import SENDINGS
from execution.venues.exchange.lines.client import PAGE, Client, Wanted
from execution.venues.exchange.lines.line import NoAnswer, Pace, Quiet, Refused
from execution.venues.exchange.outcomes import Outcome, Verdict
from execution.venues.exchange.rules import Sized
from execution.venues.exchange.shelf import Shelf
from execution.venues.exchange.told import Standing, ToldOrder
from execution.venues.exchange.tracked import Phase, Sending, Tracked
from risk.order import Purpose

_SENT_AGAIN = 3
"""How often one sending is repeated, each time after its absence was proven."""
_SUSPECTS = 20
_STRANGERS = 5_000
"""Orders of others that are remembered, so that they are not asked for again."""
_BEFORE = timedelta(seconds=60)
"""How long before an order was made its trades are looked for: clocks differ."""
_LONG_BEFORE = timedelta(minutes=10)
"""The same where no trade is to prove that there was none."""


class Sender:
    """Orders to one exchange."""

    def __init__(self, client: Client, row: Capability, shelf: Shelf, pace: Pace, quiet: Quiet, clock: Clock) -> None:
        self._client, self._row, self._shelf = client, row, shelf
        self._pace, self._quiet, self._clock = pace, quiet, clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers: dict[str, None] = {}
        """The exchange's ids of orders that are none of ours, and were asked for once."""

    @property
    def late_s(self) -> float:
        """After so long no request that was sent can become an order any more [s]."""
        return self._row.late_s + self._pace.margin_s

    async def close(self) -> None:
        """Stop everything that runs beside."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the caller."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def send(self, tracked: Tracked, sized: Sized, *, at_once: bool) -> None:
        """Begin to send an order, or the next order of one. Its fate is known when `tracked.resolved` is set.

        An order that was sent too often already is at its end.
        """
        if len(tracked.sendings) >= SENDINGS:
            tracked.phase, tracked.note = Phase.DONE, f"it was sent {SENDINGS} times"
            return
        wanted = Wanted(
            self._shelf.ids.of(tracked.order.order_id, len(tracked.sendings)),
            tracked.order.symbol,
            tracked.order.side,
            sized,
            at_once,
            tracked.order.reduce_only,
        )
        self._expect(tracked, wanted.client_id, sized)
        self.begin(self._deliver(tracked, wanted))

    def seek(self, tracked: Tracked, sized: Sized, *, at_once: bool) -> None:
        """Begin to look for an order that may have been sent before; it is sent if its absence is proven."""
        order = tracked.order
        client_id = self._shelf.ids.of(order.order_id)
        wanted = Wanted(client_id, order.symbol, order.side, sized, at_once, order.reduce_only)
        self._expect(tracked, wanted.client_id, sized)
        self.begin(self._deliver(tracked, wanted, first=Outcome(Verdict.UNKNOWN, "the session was broken off")))

    async def withdraw(self, tracked: Tracked) -> bool:
        """Withdraw an order's present sending. Whether the exchange says that it is over, and all its trades are known.

        Never ends the order by itself: `tracked.conclude` does, unless the sending is withdrawn to be sent otherwise.
        """
        loop = asyncio.get_running_loop()
        end_s, pause_s = loop.time() + self._pace.cancel_s, self._pace.pause_s
        if not await self.until_resolved(tracked, self._pace.cancel_s) or tracked.phase is not Phase.LIVE:
            return tracked.phase is Phase.DONE
        sending = tracked.at
        while not sending.over and loop.time() < end_s:
            if not await self._cancelled(tracked, sending):
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, self._pace.longest_pause_s)
        return sending.over and await self.gather(tracked, end_s - loop.time())

    async def until_resolved(self, tracked: Tracked, seconds: float) -> bool:
        """Wait until an order's fate is known, for so long at most."""
        try:
            async with asyncio.timeout(seconds):  # `wait_for` may lose a cancellation
                await tracked.resolved.wait()
        except TimeoutError:
            return False
        return True

    async def refresh(self, tracked: Tracked) -> bool | None:
        """Ask how an order's present sending stands. Whether the exchange knows it; None without an answer."""
        sending = tracked.at
        try:
            found = await self._client.look(
                tracked.order.symbol, sending.client_id, stop=sending.stop, exits=tracked.order.reduce_only
            )
            if found and len(sending.orders) > 1:  # by client id an exchange tells only the newest
                unseen = sending.orders.keys() - {each.venue_id for each in found}
                found += tuple([await self._client.order(tracked.order.symbol, each) for each in sorted(unseen)])
        except (NoAnswer, Refused):
            return None
        for told in found:
            self._shelf.sight(tracked, sending, told)
        return bool(found)

    async def gather(self, tracked: Tracked, seconds: float) -> bool:
        """Ask for an order's trades until they make up what was filled, for so long at most. Whether they do."""
        loop = asyncio.get_running_loop()
        end_s, pause_s = loop.time() + seconds, self._pace.pause_s
        since_ms = to_ms(tracked.order.created_utc - _BEFORE)
        while tracked.trades_missing:
            try:
                trades = await self._client.trades_of(tracked.order.symbol, tracked.venue_ids, since_ms)
            except (NoAnswer, Refused):
                trades = ()
            self._shelf.count(tracked, trades)
            if tracked.trades_missing:
                if loop.time() + pause_s > end_s:
                    return False
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, self._pace.longest_pause_s)
        return True

    async def sweep(self, symbol: str, since_ms: int) -> None:
        """Look among recent trades for a second order with one of our client ids: one that arrived twice, and was filled at once,
        is in no other list. Without an answer nothing is found."""
        try:
            found = await self._unknown_traders(symbol, since_ms)
        except (NoAnswer, Refused):
            return
        self._shelf.sighted(found)
        for told in found:
            tracked = self._shelf.of(self._shelf.ids.order_of(told.client_id))
            if tracked is None or tracked.recovering:  # what is looked for anyhow is found with all its sendings
                continue
            if await self.gather(tracked, self._pace.patience_s):
                tracked.conclude()
                self._shelf.say(tracked)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._shelf.fail(error)

    def _expect(self, tracked: Tracked, client_id: str, sized: Sized) -> None:
        now_s = asyncio.get_running_loop().time()
        tracked.sendings.append(Sending(client_id, sized.quantity, now_s, sized.trigger is not None, sized.limit))
        tracked.phase = Phase.UNKNOWN
        tracked.resolved.clear()

    async def _deliver(self, tracked: Tracked, wanted: Wanted, first: Outcome | None = None) -> None:
        """Send an order and find out what became of it, again where its absence is proven."""
        for sent in range(_SENT_AGAIN + 1):
            outcome, told = (first, None) if first and not sent else await self._created(tracked, wanted)
            if told is not None:
                self._shelf.sight(tracked, tracked.at, told)
            if doubted := self._is_a_matter_of_the_clock(tracked, outcome):
                await asyncio.sleep(self._pace.pause_s)  # it is measured again meanwhile
            known = outcome.verdict is Verdict.ACCEPTED
            if outcome.verdict is Verdict.UNKNOWN or doubted:
                known = await self._found(tracked, wanted, 0.0 if doubted else self.late_s)
            if known:
                self._settled(tracked, Phase.LIVE)
                await self._tell(tracked)
                return
            if doubted and not tracked.withdrawing:
                continue
            if outcome.verdict is Verdict.REJECTED:
                self._settled(tracked, Phase.DONE, outcome.note)
                return
            if outcome.verdict is Verdict.LEAVE_ALONE and tracked.order.reduce_only:
                await asyncio.sleep(self._quiet.left_s())
            elif outcome.verdict is Verdict.LEAVE_ALONE:
                break
            if not self._may_be_sent_again(tracked):
                break
        note = "withdrawn" if tracked.withdrawing else "not sent again"
        self._settled(tracked, Phase.DONE, f"the exchange does not have it, and it was {note} ({outcome.note})")

    def _is_a_matter_of_the_clock(self, tracked: Tracked, outcome: Outcome) -> bool:
        """Whether an exit was rejected for its time stamp alone. It is sent again if it is not there."""
        told = outcome.verdict is Verdict.REJECTED and outcome.note.startswith("InvalidNonce")
        return told and tracked.order.reduce_only and not tracked.withdrawing

    async def _tell(self, tracked: Tracked) -> None:
        """Let be heard what was filled at once. What is still missing then is asked for on the timer."""
        if tracked.at.filled and not tracked.held_back and await self.gather(tracked, self._pace.patience_s):
            tracked.conclude()
            self._shelf.say(tracked)

    async def _created(self, tracked: Tracked, wanted: Wanted) -> tuple[Outcome, ToldOrder | None]:
        """Send it now, unless the exchange wants to be left alone."""
        if (left_s := self._quiet.left_s()) > 0.0:
            return Outcome(Verdict.LEAVE_ALONE, f"the exchange wants to be left alone for {left_s:.0f} s", left_s), None
        tracked.at.sent_s = asyncio.get_running_loop().time()
        return await self._client.create(wanted, exits=tracked.order.reduce_only)

    def _settled(self, tracked: Tracked, phase: Phase, note: str = "") -> None:
        """An order's fate is known."""
        tracked.phase, tracked.note = phase, note
        self._shelf.lift(tracked.order.symbol, _frozen(tracked))
        if phase is Phase.DONE and tracked.held_back:
            tracked.phase = Phase.WATCHED  # this sending never was; who holds the order back decides what follows
        elif phase is Phase.DONE and tracked.answered:
            self._shelf.say(tracked)  # who sent it waits no more, and would never learn of the end
        tracked.resolved.set()
        self._shelf.stirred.set()

    def _may_be_sent_again(self, tracked: Tracked) -> bool:
        """Whether an order that is proven absent is still wanted: an exit always, an entry while its decision is fresh."""
        if tracked.withdrawing:
            return False
        age = self._clock.now() - tracked.order.created_utc
        return tracked.order.purpose is not Purpose.ENTRY or age <= timedelta(seconds=self._pace.fresh_s)

    async def _found(self, tracked: Tracked, wanted: Wanted, late_s: float) -> bool:
        """Look for an order until there is evidence. False only if its absence is proven.

        `late_s`: time in which it may still arrive [s]; 0 for one that was turned away.
        """
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        proof_s = begun_s + late_s  # the request was signed before now, however long it waited
        unseen, pause_s = 0, self._pace.pause_s / 2
        while True:
            asked_s = loop.time()
            known = await self._evidence(tracked, wanted, late=asked_s >= proof_s)
            if known:
                return True
            unseen = unseen + 1 if known is False and asked_s >= proof_s else 0
            if unseen >= 2:
                return False
            if loop.time() - begun_s > self._pace.frozen_s and wanted.symbol not in self._shelf.halted:
                tracked.note = f"its fate has been unknown for {self._pace.frozen_s:.0f} s"
                self._shelf.halt(wanted.symbol, _frozen(tracked))
                self._shelf.say(tracked, unknown=True)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.7, self._pace.longest_pause_s, max(self._pace.pause_s, proof_s - loop.time()))

    async def _evidence(self, tracked: Tracked, wanted: Wanted, *, late: bool) -> bool | None:
        """Whether the exchange knows the order; None without an answer. `late`: look among trades too."""
        sending = tracked.at
        if tracked.withdrawing and (known := await self._dislodged(tracked, wanted, late=late)) is not None:
            return known
        try:
            found = await self._client.look(
                wanted.symbol, wanted.client_id, stop=sending.stop, exits=tracked.order.reduce_only
            )
            if not found and late:
                found = await self._among_trades(wanted, to_ms(tracked.order.created_utc - _BEFORE))
        except (NoAnswer, Refused):
            return None
        for told in found:
            self._shelf.sight(tracked, sending, told)
        return bool(found)

    async def _dislodged(self, tracked: Tracked, wanted: Wanted, *, late: bool) -> bool | None:
        """The evidence of a cancel on an order that is to be withdrawn, and of the list of trades: it needs no answer on how the
        order stands. Whether the exchange knows it; None without an answer.

        A cancel that knows no such order, after the time in which it could still arrive, says that it does not rest. If no trade
        since then is of an order that is not known, it was not filled either: it is absent.
        """
        sending, exits = tracked.at, tracked.order.reduce_only
        try:
            told = await self._client.cancel(wanted.symbol, wanted.client_id, None, stop=sending.stop)
        except NoAnswer:
            return None
        except Refused as refused:
            if not refused.unknown or not late:
                return None
            return await self._was_traded(wanted.symbol, to_ms(tracked.order.created_utc - _LONG_BEFORE), exits=exits)
        if told is None:
            return None
        self._shelf.sight(tracked, sending, told)
        return True

    async def _was_traded(self, symbol: str, since_ms: int, *, exits: bool) -> bool | None:
        """False if every recent trade is of an order that is known; None if one is not, or without an answer."""
        try:
            trades = await self._client.recent_trades(symbol, since_ms, exits=exits)
        except (NoAnswer, Refused):
            return None
        known = self._shelf.venue_ids(symbol) | self._strangers.keys()
        return False if len(trades) < PAGE and all(each.venue_id in known for each in trades) else None

    async def _among_trades(self, wanted: Wanted, since_ms: int) -> tuple[ToldOrder, ...]:
        """The order, if one of the account's recent trades is of it. Raises NoAnswer, and Refused."""
        found = await self._unknown_traders(wanted.symbol, since_ms, exits=wanted.reduces)
        return tuple(told for told in found if told.client_id == wanted.client_id)

    async def _unknown_traders(self, symbol: str, since_ms: int, *, exits: bool = False) -> tuple[ToldOrder, ...]:
        """The orders behind recent trades that are not known as ours, and were not asked for before. Raises NoAnswer, Refused."""
        trades = await self._client.recent_trades(symbol, since_ms, exits=exits)
        known = self._shelf.venue_ids(symbol) | self._strangers.keys()
        suspects = dict.fromkeys(each.venue_id for each in trades if each.venue_id not in known)
        found = list[ToldOrder]()
        for venue_id in list(suspects)[-_SUSPECTS:]:
            told = await self._client.order(symbol, venue_id, exits=exits)
            if self._shelf.of(self._shelf.ids.order_of(told.client_id)) is None:
                self._strangers[venue_id] = None
                if len(self._strangers) > _STRANGERS:
                    del self._strangers[next(iter(self._strangers))]
            else:
                found.append(told)
        return tuple(found)

    async def _cancelled(self, tracked: Tracked, sending: Sending) -> bool:
        """Ask once for a cancel, and then how the order stands. Whether the exchange says that it is over."""
        venue_id = next(iter(sending.orders), None)
        try:
            told = await self._client.cancel(tracked.order.symbol, sending.client_id, venue_id, stop=sending.stop)
        except (NoAnswer, Refused):
            told = None
        if told is not None and told.standing is not Standing.OPEN:
            self._shelf.sight(tracked, sending, told)
        return sending.over or (await self.refresh(tracked) is True and sending.over)


def _frozen(tracked: Tracked) -> str:
    """Why a market is halted whose order has an unknown fate."""
    return f"nobody knows what became of order {tracked.order.order_id}"
