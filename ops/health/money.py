"""What real money asks for beside all else: the account, its ramp, the paper record and a trial of the kill switch.

It asks nothing of an exchange, and makes no key. Without the journal's key none of it can be believed, and none is said to be
well.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from agents.desk.clocked.account import cash_setting
from agents.desk.clocked.book import Books, named
from agents.desk.clocked.opening import symbols_of
from agents.desk.clocked.takeover import Found, stands
from agents.desk.clocked.voters import voters_of
from agents.strategies.own import read_own
from config.errors import TribunalError
from config.settings import Settings
from execution.venues.exchange.capabilities import Play, capability_of
from ops.health.finding import Finding, ill, tried, unasked, well
from ops.paper.record import DAYS, DRILL_DAYS, TRADES, PaperRecord, last_drill, read_record, voters_lacking
from risk.ramp import TOP, Ramp

RECORD = "paper record"
"""The one check that a human may override, in words."""
_ACCOUNT, _RAMP, DRILL = "account", "ramp", "kill switch tried"


class RealMoney(NamedTuple):
    """The findings, the settings with the money that the account has, and the part of each size that the ramp allows."""

    findings: tuple[Finding, ...]
    settings: Settings
    part: Decimal


def real_money(settings: Settings, folder: Path, key: bytes | None, now: datetime) -> RealMoney:
    """What real money asks for. `key`: that of the journal; None where there is none yet."""
    quarter = Decimal(1) / TOP
    if key is None:
        silent = (unasked(check, "There is no journal key yet.") for check in (_ACCOUNT, _RAMP, RECORD, DRILL))
        return RealMoney(tuple(silent), settings, quarter)
    account, found = _account(settings, folder, key, now)
    record = _Record(settings, folder, key)
    findings = (
        account,
        _ramp(settings, None if found is None else found.standing.ramp),
        tried(RECORD, record.enough),
        tried(DRILL, lambda: record.drilled(now, first=found is None or found.standing.before is None)),
    )
    if found is None or found.standing.ramp is None:
        return RealMoney(findings, settings, quarter)
    venue = settings.venue.model_copy(update={"starting_cash": found.cash})
    part = max(found.standing.ramp.share, quarter)  # at nothing, the next quarter is what has to be enough
    return RealMoney(findings, settings.model_copy(update={"venue": venue}), part)


def _account(settings: Settings, folder: Path, key: bytes, now: datetime) -> tuple[Finding, Found | None]:
    """How the account stands, as a session would find it."""
    quote = symbols_of(settings)[0].partition("/")[2]
    try:
        found = stands(settings, Books(folder, key).read(named(settings), quote), key, now, ())
    except TribunalError as fault:
        return ill(_ACCOUNT, str(fault)), None
    breakers, money = found.standing.breakers, found.standing.money
    if latch := breakers.open:
        how = "Wait until its time has run."
        if latch.until_utc is None:
            how = "Only a human lifts it: `tribunal account --begin-anew --reason TEXT`."
        return ill(_ACCOUNT, f"A breaker is tripped: {latch.why}.", how), found
    if found.standing.before is None:
        return well(_ACCOUNT, f"It begins with {money:,.2f} {quote} ({cash_setting(settings)})."), found
    told = f"{found.cash:,.2f} {quote} of {money:,.2f}; peak {breakers.peak_equity:,.2f}; {found.standing.trades} closed trades."
    return well(_ACCOUNT, told), found


def _ramp(settings: Settings, ramp: Ramp | None) -> Finding:
    if ramp is None:
        return unasked(_RAMP, "How the account stands is not known.")
    told = f"{ramp.usable:,.2f} of {ramp.capital:,.2f} may be used, {ramp.share:.0%} of each size."
    later = f"{ramp.raised_from:%Y-%m-%d %H:%M} UTC"
    if ramp.quarters == 0:
        return ill(
            _RAMP, f"It has fallen to nothing. {told}", f"Raise it with `tribunal account --raise`, from {later} on."
        )
    return well(_RAMP, told if ramp.quarters == TOP else f"{told} It can be raised from {later} on.")


class _Record:
    """The paper record, and what it says of these settings."""

    def __init__(self, settings: Settings, folder: Path, key: bytes) -> None:
        self._settings = settings
        self._read: Callable[[], PaperRecord | None] = lambda: read_record(folder, key)

    def enough(self) -> Finding:
        """Whether each voter has earned enough on paper. Raises TribunalError for a record or a voter that cannot be read."""
        settings, record = self._settings, self._read()
        how = "Trade on paper (--feed) or on a test network, then `tribunal record RUN…`."
        if record is None:
            return ill(RECORD, "There is none.", how)
        voters = voters_of(settings, read_own(settings.strategies))
        lacking = voters_lacking(record, voters, settings.venue.url)
        if lacking:
            told = "; ".join(f"{name} has {why}" for name, why in lacking.items())
            return ill(RECORD, f"{told} (exactly this text and these parameters).", how)
        return well(
            RECORD,
            f"{', '.join(voters)}: at least {TRADES} closed trades in {DAYS} days, above nothing on average.",
        )

    def drilled(self, now: datetime, *, first: bool) -> Finding:
        """Whether the kill switch was tried on this venue lately; `first`: no session has traded real money there. Raises
        TribunalError for a record that cannot be read."""
        settings, venue, record = self._settings, self._settings.venue, self._read()
        drill = None if record is None else last_drill(record, settings, now)
        if drill is not None:
            return well(
                DRILL, f"{drill.at_utc:%Y-%m-%d %H:%M} UTC in {drill.run}: {', '.join(drill.sold)} sold, then flat."
            )
        if first and venue.url is None and capability_of(venue.exchange, live=True).play is Play.NONE:
            how = "Try it with the first position of real money: `tribunal halt --flatten`."
            return unasked(DRILL, f"{venue.exchange} has no test network. {how}")
        how = f"While a session on {venue.exchange} holds something: `tribunal halt --flatten`; then `tribunal record RUN…`."
        return ill(DRILL, f"Not on {venue.exchange} in the last {DRILL_DAYS} days, by the record.", how)
