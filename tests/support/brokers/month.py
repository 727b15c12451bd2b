"""A month of trading days at a double of TWS: the command `tribunal run --profile ib` in full, on a clock that strides.

Three shares whose averages cross in that month, and what can befall an order: the first is bought in parts and sold by its
attached stop; the stop of the second is rejected once; the third is bought before the line breaks. Run by hand:
`python tests/support/brokers/month.py FOLDER` (the folder of the run, which must not exist yet).
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

if __name__ == "__main__":  # by hand: what pytest would otherwise add to the path
    _HERE = Path(__file__).resolve()
    sys.path[:0] = [str(_HERE.parents[3]), str(_HERE.parents[1] / "market")]

from tws import DAY_ROW, Listing, Tws
from virtual_clock import VirtualClock

from agents.desk.request import BarsRequest, RunRequest, WorldRequest
from agents.desk.world import world_of
from config.secrets import journal_key
from market.sessions.calendar import TradingCalendar, calendar_of
from ops.commands.resuming import resumed
from ops.commands.sessions.session import run
from ops.conclusion.finish import finish

ZONE = ZoneInfo("Asia/Kolkata")
BEGINS = datetime(2026, 9, 30, 14, 0, tzinfo=UTC)
ISINS = {"INFY/INR": "INE009A01021", "TCS/INR": "INE467B01029", "RELIANCE/INR": "INE002A01018"}
CROSSES = {"INFY/INR": 3, "TCS/INR": 5, "RELIANCE/INR": 8}
"""On which session of the month the averages of each share cross."""
OPENS, CLOSES = time(9, 15), time(15, 30)
TICK = 0.05


class Killed(Exception):
    """The process is gone."""


class Gateway:
    """A double of TWS in a thread of its own, so that a session that blocks does not hold it up."""

    def __init__(self, tws: Tws) -> None:
        self.tws = tws
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Gateway":
        self._thread.start()
        self.do(self.tws.start())
        return self

    def __exit__(self, *_: object) -> None:
        self.do(self.tws.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Do something in the thread of the double, and wait for it."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(20)

    def call(self, act: Callable[[], None]) -> None:
        async def acting() -> None:
            act()

        self.do(acting())


class Month:
    """The market of a month: what the double shows at each moment, and what befalls."""

    def __init__(self, sessions: int = 20) -> None:
        self.calendar: TradingCalendar = calendar_of("XBOM")
        today = BEGINS.astimezone(ZONE).date()
        past = self.calendar.between(self.calendar.back(today, 1239), today)
        self.days = self.calendar.between(today, date(2026, 12, 1))[:sessions]
        self.whole: dict[int, list[DAY_ROW]] = {}
        listings = []
        for number, (symbol, isin) in enumerate(ISINS.items(), start=1):
            rows = shares(number, len(past), self.days, CROSSES[symbol], past)
            self.whole[number] = rows[len(past) :]
            listings.append(Listing(number, isin, symbol.partition("/")[0], "NSE", "INR", bars=rows[: len(past)]))
        self.moment = BEGINS
        self.tws = Tws(listings, now=lambda: self.moment)
        self.befalls: dict[date, Callable[[Gateway], None]] = {}
        """What happens at noon of a day."""
        self._done: set[tuple[date, str]] = set()

    def reach(self, gateway: Gateway, now: datetime) -> None:
        """Let the double be as it is at this moment."""
        self.moment = now
        local = now.astimezone(ZONE)
        day = local.date()
        if day not in self.days:
            return
        if OPENS <= local.time() < CLOSES:
            gateway.call(lambda: self._trade(day, local))
            if local.time() >= time(12) and self._first(day, "noon") and day in self.befalls:
                self.befalls[day](gateway)
        elif local.time() >= CLOSES and self._first(day, "close"):
            gateway.call(lambda: self._close(day))

    def stride(self, now: datetime) -> float:
        """How long nobody needs to look [s]: five minutes while there is trading, one near its end, half an hour otherwise."""
        local = now.astimezone(ZONE)
        if local.date() not in self.days or not time(9, 0) <= local.time() < time(15, 45):
            return 1800.0
        return 60.0 if local.time() >= time(15, 15) else 300.0

    def _first(self, day: date, what: str) -> bool:
        before = (day, what) in self._done
        self._done.add((day, what))
        return not before

    def _trade(self, day: date, local: datetime) -> None:
        begin, end = (datetime.combine(day, each, ZONE) for each in (OPENS, CLOSES))
        part = (local - begin) / (end - begin)
        for con_id, listing in self.tws.listings.items():
            whole = next(row for row in self.whole[con_id] if row[0] == day)
            shown = _so_far(whole, part)
            known = listing.bars[:-1] if listing.bars[-1][0] == day else listing.bars
            listing.bars = [*known, shown]
            self.tws.move(con_id, f"{shown[4]:.2f}")

    def _close(self, day: date) -> None:
        for con_id, listing in self.tws.listings.items():
            whole = next(row for row in self.whole[con_id] if row[0] == day)
            listing.bars = [*[row for row in listing.bars if row[0] != day], whole]
        self.tws.end_day()


class Striding(VirtualClock):
    """A clock on which nobody looks more often than the market needs; at each step the double is as it is then."""

    def __init__(self, month: Month, gateway: Gateway, kill_at: datetime | None, start: datetime = BEGINS) -> None:
        super().__init__(start, waiters=2)
        self._month, self._gateway, self._kill_at = month, gateway, kill_at

    async def wait(self, seconds: float) -> None:
        if seconds <= 1.0:
            seconds = self._month.stride(self.now())
        await super().wait(seconds)
        self._month.reach(self._gateway, self.now())
        if self._kill_at is not None and self.now() >= self._kill_at:
            raise Killed
        await asyncio.sleep(0.003)  # what was sent arrives
        for _ in range(500):  # a line that is broken comes back before time goes on
            if self._month.tws.is_in:
                break
            await asyncio.sleep(0.02)


def shares(seed: int, before: int, days: tuple[date, ...], crosses: int, past: tuple[date, ...]) -> list[DAY_ROW]:
    """Daily bars that fall for long, and then rise so that the averages of 50 and 200 closes cross on that session of the month;
    eight sessions later the price falls by a tenth."""
    total, wanted = before + len(days), before + crosses
    for rise in range(total - 120, total):
        closes = [1500.0]
        for number in range(1, total):
            drift = -0.0006 if number < rise else 0.011
            if number == wanted + 8:
                drift = -0.10
            elif number > wanted + 8:
                drift = -0.002
            wobble = 0.004 * (((number * 7 + seed * 3) % 11) - 5) / 5
            closes.append(closes[-1] * (1 + drift + wobble))
        if _crosses_first(closes, before) == wanted:
            return [_row(day, closes[max(0, n - 1)], closes[n]) for n, day in enumerate((*past, *days))]
    raise AssertionError("no such prices")


def _crosses_first(closes: list[float], begin: int) -> int | None:
    for n in range(begin - 60, len(closes)):
        fast, slow = (sum(closes[n - size + 1 : n + 1]) / size for size in (50, 200))
        if fast > slow:
            return n
    return None


def _row(day: date, before: float, close: float) -> DAY_ROW:
    first, last = _tick(before), _tick(close)
    return (
        day,
        first,
        _tick(max(first, last) * 1.006),
        _tick(min(first, last) * 0.994),
        last,
        900_000.0 + day.toordinal() % 7 * 10_000,
    )


def _tick(price: float) -> float:
    return round(round(price / TICK) * TICK, 2)


def _so_far(whole: DAY_ROW, part: float) -> DAY_ROW:
    """A bar as it is when a part of its session is over: the price goes from the open straight to the close."""
    day, first, high, low, close, volume = whole
    now = _tick(first + (close - first) * min(1.0, part))
    top, bottom = max(first, now), min(first, now)
    if part > 0.5:
        top, bottom = high, low
    return (day, first, top, bottom, now, float(round(volume * part)))


def session(
    gateway: Gateway, month: Month, folder: Path, bars: int, kill_at: datetime | None = None, resume: bool = False
) -> int | None:
    """Trade at the double with `tribunal run --profile ib`; its exit code, or None if it was killed."""
    overrides = {
        "venue.ib.port": gateway.tws.port, "venue.ib.account": gateway.tws.account, "venue.ib.answer_s": 5,
        "market.symbols": list(ISINS),
        "venue.ib.contracts": {symbol: {"isin": isin, "exchange": "NSE"} for symbol, isin in ISINS.items()},
    }  # fmt: skip
    if resume:
        request, world = resumed(
            RunRequest(world=WorldRequest(profile="ib"), resume=str(folder), quiet=True), None, journal_key()
        )
    else:
        asked = WorldRequest(profile="ib", overrides=overrides, bars=BarsRequest(feed_bars=bars))
        request = RunRequest(world=asked, out=str(folder), quiet=True)
        world = world_of(asked)
    clock = Striding(month, gateway, kill_at, month.moment)
    try:
        return run(request, world, finish, clock)
    except Killed:
        return None


def befallen(month: Month) -> None:
    """What befalls in the month: parts, a rejected stop, a line that breaks, a gateway that restarts."""
    tws = month.tws

    def parts(gateway: Gateway) -> None:
        tws.most_a_move = Decimal(40)

    def whole_again(gateway: Gateway) -> None:
        tws.most_a_move = None

    def reject(gateway: Gateway) -> None:
        tws.reject_children = 1

    def breaks(gateway: Gateway) -> None:
        gateway.call(tws.drop)

    def restarts(gateway: Gateway) -> None:
        async def again() -> None:
            await tws.stop()
            await tws.start()

        gateway.do(again())

    month.befalls |= {
        month.days[3]: parts, month.days[4]: whole_again, month.days[5]: reject, month.days[6]: breaks, month.days[9]: restarts,
    }  # fmt: skip


def main(folder: Path) -> int:
    month = Month()
    befallen(month)
    killed = datetime.combine(month.days[9], time(14), ZONE).astimezone(UTC)
    with Gateway(month.tws) as gateway:
        assert session(gateway, month, folder, len(month.days), kill_at=killed) is None
        sys.stderr.write(f"killed at {month.moment:%Y-%m-%d %H:%M} UTC; resumed\n")
        month.moment += timedelta(minutes=20)
        code = session(gateway, month, folder, len(month.days), resume=True)
        for each in month.tws.executions:
            sys.stderr.write(
                f"{each[5]:%Y-%m-%d %H:%M} {each[1].listing.symbol:9} {each[1].kind:5} {each[1].action} {each[2]} at {each[3]}\n"
            )
    return code or 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
