"""The paper record: what voters have earned on paper, and when the kill switch was tried, sealed with the journal's key.

`tribunal record` makes it from journals that verify; real money and the doctor read it. It holds one line a closed trade, so what
is told of a voter is computed from its trades and not copied. A record that was changed does not verify.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from agents.desk.clocked.opened import by_exchange
from config.frozen import Frozen, UtcTime
from config.sections.venue import VenueSettings
from config.settings import Settings
from execution.journal.sealed import read_sealed, write_sealed
from risk.ramp import standard_error

FILE = "paper.record"
TRADES, DAYS, DRILL_DAYS = 60, 14, 30
"""Closed trades of each voter, and the days from its first purchase to its last sale, that real money asks for; and how old a
trial of the kill switch may be."""
CONFIDENCE = 0.95
_DAY_S = 86_400.0
_MEND = "Make it anew from your journals with `tribunal record RUN…`."


class PaperTrade(Frozen):
    """One closed trade of a voter: what it brought, as a fraction of what was paid, after fees."""

    sha256: str
    voter: str
    symbol: str
    entry_utc: UtcTime
    exit_utc: UtcTime
    result: float
    elsewhere: str | None = None
    """Another address than the exchange's own, where it was traded."""


class Drill(Frozen):
    """The kill switch sold what was held, and the exchange's fills said that nothing was left."""

    exchange: str
    elsewhere: str | None
    at_utc: UtcTime
    run: str
    sold: tuple[str, ...]


class PaperRecord(Frozen):
    """All trades and drills of the journals that were counted."""

    format: Literal[1] = 1
    made_utc: UtcTime
    runs: tuple[str, ...]
    trades: tuple[PaperTrade, ...]
    drills: tuple[Drill, ...]


class Earned(NamedTuple):
    """What a voter has earned a trade: number of trades, their mean and its 95 % interval by Student's t [fraction of what was
    paid; None for fewer than two], and days from the first purchase to the last sale."""

    trades: int
    mean: float
    low: float | None
    high: float | None
    days: float

    @property
    def lacks(self) -> str | None:
        """What it lacks for real money, in words; None for nothing."""
        if self.trades < TRADES:
            return f"{self.trades} of {TRADES} closed trades"
        if self.days < DAYS:
            return f"{self.days:.1f} of {DAYS} days"
        return None if self.mean > 0.0 else f"{self.mean:+.3%} a trade, which is not above nothing"


def write_record(state: Path, record: PaperRecord, key: bytes) -> Path:
    """Seal a record in the state folder; returns its file. Raises OSError."""
    write_sealed(state / FILE, record, key)
    return state / FILE


def read_record(state: Path, key: bytes) -> PaperRecord | None:
    """The record; None where none was made. Raises JournalFault for one that does not verify, OutputFault."""
    return read_sealed(state / FILE, PaperRecord, key, "The paper record", _MEND)


def earned(trades: Iterable[PaperTrade]) -> Earned:
    """What these trades brought on average, and how sure that is: the mean, plus and minus Student's t standard errors."""
    known = tuple(trades)
    if not known:
        return Earned(0, 0.0, None, None, 0.0)
    results = [trade.result for trade in known]
    count, total = len(results), sum(results)
    mean = total / count
    span = max(trade.exit_utc for trade in known) - min(trade.entry_utc for trade in known)
    days = span.total_seconds() / _DAY_S
    if count < 2:
        return Earned(count, mean, None, None, days)
    from scipy.special import stdtrit  # two closed trades at least: most starts of a session need no quantile

    error = standard_error(count, total, sum(each * each for each in results))
    half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * error
    return Earned(count, mean, mean - half, mean + half, days)


def of_voter(record: PaperRecord, sha256: str, url: str | None) -> tuple[PaperTrade, ...]:
    """The trades of exactly this voter that count for an account at `url` (None: the exchange's own address). What was traded at
    another address, such as a simulator's, counts only there."""
    return tuple(trade for trade in record.trades if trade.sha256 == sha256 and trade.elsewhere in (None, url))


def voters_lacking(record: PaperRecord, voters: Mapping[str, str], url: str | None) -> dict[str, str]:
    """What each of these voters (name: SHA-256) lacks for real money, in words; none for those that lack nothing."""
    lacking = {name: earned(of_voter(record, sha256, url)).lacks for name, sha256 in voters.items()}
    return {name: why for name, why in lacking.items() if why is not None}


def last_drill(record: PaperRecord, settings: Settings, now: datetime) -> Drill | None:
    """The latest trial of the kill switch on this venue in the last 30 days; None if there was none. Of several exchanges each
    must have been tried: it is the one whose trial is oldest."""
    latest = [_last_at(record, own.venue, now) for own in by_exchange(settings).values()]
    tried = [drill for drill in latest if drill is not None]
    return min(tried, key=lambda drill: drill.at_utc) if len(tried) == len(latest) else None


def _last_at(record: PaperRecord, venue: VenueSettings, now: datetime) -> Drill | None:
    fresh = (
        drill
        for drill in record.drills
        if (drill.exchange, drill.elsewhere) == (venue.exchange, venue.url)
        and now - timedelta(days=DRILL_DAYS) <= drill.at_utc <= now
    )
    return max(fresh, key=lambda drill: drill.at_utc, default=None)
