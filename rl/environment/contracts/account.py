"""One account on perpetuals, as a session has it: its trader, its gate and its simulated exchange, bar after bar.

It stops at each review and at each proposal, shows what a policy would see, and goes on with the multiplier that it is given. All
that moves money is the session's own: margin, funding, liquidation, stops, breakers, costs and the gate. What it does at a close
is what `agents.cycle` does with the same votes: close what voters want closed, and what is due; ask about reviews, move stops and
trim; ask about purchases and short sales on one book; then let the gate judge them, the strongest first.

It journals nothing, asks no court (`Spoken` holds its rulings), and knows no kill switch and no outage.
"""

from collections.abc import Coroutine, Generator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import numpy as np

from config.frozen import Journaled
from execution.account.ledger import Ledger
from execution.account.shares import Change, change_of, kept_of
from execution.account.trader import Trader
from execution.kernel import records as w
from execution.kernel.lanes.result import KernelResult
from execution.reports import Fill, VenueWord
from execution.simulated.venue import SimulatedVenue
from execution.venues.sealing import open_gate, open_venue
from market.bar import Slice
from market.catalogue import margin_terms
from risk.breakers import BreakerState
from risk.measures.costs import dearest_trip_bps, trip_bps
from risk.measures.horizon import horizon_of
from risk.proposal import Direction, Proposal
from risk.sizing import share_left
from risk.verdict import Outcome
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow
from rl.environment.contracts.course import ContractCourse, Spoken
from rl.features import Floats
from rl.observation import Lookout

T = TypeVar("T")

_KEY = b"nothing of this is journaled".ljust(32, b".")
_NEVER = datetime.max.replace(tzinfo=UTC)
_OF_SIZE = ("min_notional", "share")
_BPS = 10_000.0
_FORCED = "liquidation"
_WINDOWS = 2
"""Risk windows of bars before the first that an account has read: one for the returns, one for the size of their moves."""
_CONVICTION, _RULED = 1, 3
_SIDES = {1: Direction.LONG, -1: Direction.SHORT, 0: Direction.NONE}


class Asked(NamedTuple):
    """A decision that is asked for: the row of the grid, the number of the market, whether it is a review, and what is seen."""

    row: int
    market: int
    review: bool
    seen: Floats


class _Fills:
    """Takes what a session would journal, and keeps the fills, each with the bar in which it was made."""

    def __init__(self) -> None:
        self.bar, self.traded, self.funding = 0, Decimal(0), Decimal(0)
        self.fills: list[tuple[int, Fill]] = []
        self._count = 0

    def append(self, event: Journaled) -> int:
        """The number that the event would have had."""
        self._count += 1
        if isinstance(event, VenueWord):
            self.funding += sum((due.amount for due in event.report.funding), Decimal(0))
            for fill in event.report.fills:
                self.fills.append((self.bar, fill))
                self.traded += fill.quantity * fill.price
        return self._count


class Account:
    """An account on a course. `bars` it has closed; `equity` at the last close, and `peak`, the highest [quote]."""

    def __init__(self, course: ContractCourse, *, reviews: bool) -> None:
        rules = course.rules
        self._course, self._reviews = course, reviews and rules.resize_band is not None
        self._symbols = course.grid.symbols
        self._number = {symbol: number for number, symbol in enumerate(self._symbols)}
        self._instruments = {each.symbol: each for each in rules.instruments}
        self._sink, self._due = _Fills(), dict[str, datetime]()
        self._curve: list[float] = []
        self.equity = self.peak = rules.starting_cash
        self.trader = self._opened()
        self._lookout = Lookout(self.trader.situation, rules.limits, rules.bars_per_day)
        self._life = self._lived()
        self.asked: Asked | None = None

    @property
    def bars(self) -> int:
        """How many bars it has closed [bars]."""
        return len(self._curve)

    @property
    def traded(self) -> float:
        """Notional of all fills so far [quote]."""
        return float(self._sink.traded)

    @property
    def funding(self) -> float:
        """Funding paid so far, below 0 where it was received [quote]."""
        return float(self._sink.funding)

    @property
    def liquidations(self) -> int:
        """Positions that were closed by force so far [count]."""
        return sum(fill.purpose.value == _FORCED for _, fill in self._sink.fills)

    def go_on(self, multiplier: float | None = None) -> None:
        """Go on to the next decision, or to the end.

        `multiplier`: the answer to the present one, dimensionless; None at first.
        """
        try:
            self.asked = next(self._life) if multiplier is None else self._life.send(multiplier)
        except StopIteration:
            self.asked = None

    def look(self, market: int) -> Floats:
        """What a policy sees of one market at the last close, where nothing is proposed: shape (len(columns),), float64 [units of
        `rl.observation.Observation`]. Direction is that of the position."""
        symbol = self._symbols[market]
        held, shown = self.trader.ledger.position(symbol), self._shown()
        side = 0 if held is None else -1 if held.is_short else 1
        said = self._course.bars.spoken[self._row()].get(symbol, Spoken())
        row = self._lookout.row(self.trader.situation(self._proposal(symbol, said._replace(opens=side), shown)))
        row[[_CONVICTION, _RULED]] = np.nan
        return row

    def result(self) -> KernelResult:
        """Fills and equity so far; bars are counted from the first of the course."""
        made = np.zeros(len(self._sink.fills), dtype=w.FILL)
        for at, (bar, fill) in enumerate(self._sink.fills):
            rules = self._instruments[fill.symbol]
            purpose = w.PURPOSES.index(fill.purpose.value)
            made[at]["fee"], made[at]["bar"], made[at]["symbol"] = float(fill.fee), bar, self._number[fill.symbol]
            made[at]["buys"], made[at]["purpose"] = fill.side.sign > 0, purpose
            made[at]["lots"] = round(fill.quantity / rules.lot_size)
            made[at]["ticks"] = round(fill.price / rules.tick_size)
        return KernelResult(self._symbols, np.array(self._curve), made, {}, self._proposed, self._signed)

    def _opened(self) -> Trader:
        """The account with its gate and its exchange, which has read the bars before its first one."""
        rules, (first, _) = self._course.rules, self._course.stretch
        limits, per_day, cash = rules.limits, rules.bars_per_day, rules.venue.starting_cash
        size = horizon_of(limits, per_day).window_bars
        window, volumes = ReturnWindow(self._symbols, size), VolumeWindow(self._symbols, per_day)
        for shown in self._course.bars.slices[max(0, first - _WINDOWS * size) : first]:
            window.push({symbol: bar.close for symbol, bar in shown.bars.items()})
            volumes.push({symbol: (bar.close, bar.volume) for symbol, bar in shown.bars.items()})
        venue = open_venue(dict(self._instruments), rules.venue, _KEY, None, rules.perpetuals)
        assert isinstance(venue, SimulatedVenue)
        begins = self._course.bars.slices[first].close_utc - self._course.grid.timeframe.duration
        self._proposed = self._signed = 0
        leverage = rules.perpetuals.leverage
        return Trader(
            venue=venue,
            driver=venue,
            ledger=Ledger(cash, rules.instruments[0].quote, margin=margin_terms(self._instruments), leverage=leverage),
            sink=self._sink,
            gate=open_gate(limits, rules.exits, _KEY, per_day),
            limits=limits,
            exits=rules.exits,
            window=window,
            volumes=volumes,
            breakers=BreakerState.fresh(cash, begins),
            bars_per_day=per_day,
            entries=rules.venue.entry,
            leverage=leverage,
        )

    def _row(self) -> int:
        return self._course.stretch[0] + max(0, self.bars - 1)

    def _shown(self) -> Slice:
        return self._course.bars.slices[self._row()]

    def _lived(self) -> Generator[Asked, float, None]:
        (first, end), bars = self._course.stretch, self._course.bars
        for row in range(first, end):
            self._sink.bar = row - first
            shown = _done(self.trader.pass_bar(bars.slices[row]))
            self.equity = float(self.trader.ledger.equity)
            self.peak = max(self.peak, self.equity)
            self._curve.append(self.equity)
            told = bars.spoken[row - self._course.delay]
            said = {symbol: each for symbol, each in told.items() if symbol in shown.bars}
            if any(not each.silent or self._is_due(symbol, shown) for symbol, each in said.items()):
                yield from self._decided(row, shown, said)

    def _decided(self, row: int, shown: Slice, said: Mapping[str, Spoken]) -> Generator[Asked, float, None]:
        """All that is decided at one close."""
        trader, at = self.trader, shown.close_utc
        book = trader.portfolio(at)
        idle = {each for each in said if book.position(each) is None and each not in book.pending_notional}
        held = {each for each in said if book.position(each) is not None}
        self._close(at, said, idle, held)
        parts = yield from self._reviewed(row, shown, said)
        self._shape(at, said, parts)
        tried = [
            self._proposal(symbol, each, shown, enlarged)
            for symbol, each in said.items()
            if (enlarged := self._enlarged_from(symbol, each, parts)) is not None or (each.opens and symbol in idle)
        ]
        shorts = tuple(each.symbol for each in tried if each.direction is Direction.SHORT)
        together = tuple(each.symbol for each in tried)
        heard = [each for each in tried if self._pays(each) and self._is_signable(each, together, shorts)]
        yield from self._judged(row, heard)

    def _close(self, at: datetime, said: Mapping[str, Spoken], idle: set[str], held: set[str]) -> None:
        """Close what the voters want closed, and then what is due."""
        trader = self.trader
        for symbol, each in said.items():
            position = trader.ledger.position(symbol)
            if position is not None and each.closes(short=position.is_short):
                _done(trader.leave(symbol, _name(at, symbol), at))
        for symbol, each in said.items():
            if each.opens:
                until, before = self._until(at, each), self._due.get(symbol, at)
                self._due[symbol] = until if symbol in idle else max(before, until)
            elif each.silent and symbol in held and at >= self._due.get(symbol, _NEVER):
                _done(trader.expire(symbol, _name(at, symbol), at))

    def _is_due(self, symbol: str, shown: Slice) -> bool:
        return shown.close_utc >= self._due.get(symbol, _NEVER)

    def _until(self, at: datetime, said: Spoken) -> datetime:
        if said.holds_bars is None or self._course.rules.exits.horizon == "ignore":
            return _NEVER
        return at + said.holds_bars * self._course.grid.timeframe.duration

    def _share(self, symbol: str, said: Spoken) -> float | None:
        """The share for which a position stands, on the side that is proposed; None for any other."""
        position = self.trader.ledger.position(symbol)
        if position is None or not said.opens or position.is_short is not (said.opens < 0):
            return None
        return self.trader.share(symbol)

    def _reviewed(
        self, row: int, shown: Slice, said: Mapping[str, Spoken]
    ) -> Generator[Asked, float, dict[str, float]]:
        """Ask about each position by shares. Returns what is left of the share that its voters want, by symbol."""
        parts: dict[str, float] = {}
        for symbol, each in said.items() if self._reviews else ():
            held = self._share(symbol, each)
            if each.exposure is None or held is None:
                continue
            seen = self._lookout.row(self.trader.situation(self._proposal(symbol, each, shown, held)))
            seen[_RULED] = np.nan
            answer = yield Asked(row, self._number[symbol], True, seen)
            parts[symbol] = share_left(1.0, answer)
        return parts

    def _shape(self, at: datetime, said: Mapping[str, Spoken], parts: Mapping[str, float]) -> None:
        """Move stops to the voters' exits, and trim what is wanted smaller."""
        trader, rules = self.trader, self._course.rules
        for symbol, each in said.items():
            position = trader.ledger.position(symbol)
            if each.exposure is None or position is None or not each.opens or position.is_short is not (each.opens < 0):
                continue
            exit_price = None if each.exit_price is None else each.exit_price
            _done(trader.follow(symbol, exit_price, at))
            wanted, share = each.exposure * parts.get(symbol, 1.0), trader.share(symbol)
            position = trader.ledger.position(symbol)
            if share is None or position is None:
                continue
            most = Decimal(repr(rules.limits.max_position_fraction)) * trader.ledger.equity
            keep = kept_of(position, share, wanted, most, rules.resize_band)
            if keep is not None:
                _done(trader.trim(symbol, keep, wanted, _name(at, symbol), at))

    def _enlarged_from(self, symbol: str, said: Spoken, parts: Mapping[str, float]) -> float | None:
        held = self._share(symbol, said)
        if held is None or said.exposure is None:
            return None
        wanted = said.exposure * parts.get(symbol, 1.0)
        return held if change_of(held, wanted, self._course.rules.resize_band) is Change.ENLARGE else None

    def _proposal(self, symbol: str, said: Spoken, shown: Slice, held: float | None = None) -> Proposal:
        """What the gate reads, before a policy was asked."""
        bar = shown.bars.get(symbol)
        price = self.trader.window.last_close(symbol) if bar is None else bar.close
        return Proposal(
            decision_id=_name(shown.close_utc, symbol),
            symbol=symbol,
            as_of_utc=shown.close_utc,
            direction=_SIDES[said.opens],
            conviction=said.conviction,
            reference_price=Decimal(repr(price)),
            atr_quote=said.atr_quote,
            argument=said.argument,
            ruling_scale=said.scale,
            record=said.record,
            exposure=said.exposure,
            exit_price=said.exit_price,
            held_share=held,
        )

    def _pays(self, proposal: Proposal) -> bool:
        """Whether the move to its first target pays for the trade, as far as it is known (`court.cost_edge`)."""
        rules = self._course.rules
        if rules.cost_edge is None or proposal.exposure is not None:
            return True
        expected, market = rules.exits.take_profit_fraction * _BPS, self._instruments[proposal.symbol]
        if expected >= rules.cost_edge * dearest_trip_bps(market, rules.limits):
            return True
        trip = trip_bps(market, self.trader.book(proposal.symbol), rules.limits)
        return trip is None or expected >= rules.cost_edge * trip

    def _is_signable(self, proposal: Proposal, together: tuple[str, ...], shorts: tuple[str, ...]) -> bool:
        """Whether the gate would sign any of it, where the profile hears nothing else."""
        if not self._course.rules.signable:
            return True
        whole = proposal.model_copy(
            update={"ruling_scale": 1.0, "argument": None, "docket": together, "shorts": shorts}
        )
        verdict = self.trader.foresee(whole)
        return verdict.outcome is not Outcome.REFUSED or verdict.binding_rule not in _OF_SIZE

    def _judged(self, row: int, heard: list[Proposal]) -> Generator[Asked, float, None]:
        """Ask about all that is heard on one book; then the gate judges it, the strongest first, and what it signs is sent."""
        scaled: list[Proposal] = []
        for proposal in heard:
            bare = proposal.model_copy(update={"argument": None})
            seen = self._lookout.row(self.trader.situation(bare))
            answer = yield Asked(row, self._number[proposal.symbol], False, seen)
            scaled.append(proposal.model_copy(update={"adjust_scale": answer}))
        together = tuple(each.symbol for each in scaled if each.ruling_scale * each.adjust_scale > 0.0)
        shorts = tuple(each.symbol for each in scaled if each.direction is Direction.SHORT)
        verdicts = {}
        for at in sorted(range(len(scaled)), key=lambda n: (-scaled[n].conviction, scaled[n].symbol)):
            asked = scaled[at].model_copy(update={"docket": together, "shorts": shorts})
            verdicts[at] = self.trader.judge(asked)
        for at in range(len(scaled)):
            self._proposed += 1
            self._signed += _done(self.trader.enter(verdicts[at])).outcome is Outcome.SIGNED


def _name(at: datetime, symbol: str) -> str:
    return f"{at:%Y%m%dT%H%M}-{symbol.replace('/', '')}"


def _done(work: Coroutine[Any, Any, T]) -> T:
    """The result of what waits for nobody: a simulated exchange answers at once."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise RuntimeError("the simulated exchange has waited for something")
