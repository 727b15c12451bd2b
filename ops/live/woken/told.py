"""Alerts that a single event is, whatever came before it."""

from agents.records.record import CycleRecord, SessionEnd
from config.frozen import Journaled
from config.sections.emergency.table import TRIGGERS
from execution.account.agreement import AccountDrift
from execution.account.close_only import MarketClosed
from execution.kill_switch.halting import PAUSED, Halt, HaltEvent
from execution.kill_switch.storage import JOURNAL_LOST
from execution.kill_switch.triggers import SCOPE, WHO
from execution.reports import CLOCK_OFF, DustSwept
from ops.live.woken.notice import Notice, notice
from ops.story.parts.alarms import alarm_of
from risk.breakers import BreakerEvent
from risk.ramp import RampMoved

_TRIGGERS = frozenset(row.name for row in TRIGGERS)
_HUMAN = ("drawdown", "weekly_loss", "daily_loss")
"""Breakers of losses."""


def told_of(event: Journaled) -> tuple[Notice, ...]:
    """The alerts of an event; none for most."""
    match event:
        case BreakerEvent():
            return _breaker(event)
        case DustSwept():
            text = f"{event.symbol}: {event.quantity} is too small to be sold, and is dust from now on."
            return (notice("dust", event.at_utc, text, key=event.symbol, amounts=(event.quantity,)),)
        case CycleRecord():
            return _vetoes(event)
        case SessionEnd():
            at = event.portfolio.as_of_utc
            held = len(event.portfolio.positions)
            text = f"The session has ended ({event.reason}) after {event.bars} bars; positions still held: {held}."
            return (notice("session_ended", at, text),)
        case _:
            return _alarm(event)


def halt_code(halt: Halt) -> str:
    """The alert that a latch is: that of its trigger, of the journal, or of the kill switch itself."""
    if halt.scope == JOURNAL_LOST:
        return "journal_lost"
    named = halt.scope.removeprefix(SCOPE) if halt.scope.startswith(SCOPE) else halt.why.partition(":")[0]
    return named if named in _TRIGGERS and halt.who == WHO else "kill_switch"


def halts_told(event: HaltEvent, before: tuple[Halt, ...]) -> tuple[Notice, ...]:
    """What a change of the kill switch tells, given the latches that were down `before` it."""
    at = event.as_of_utc
    if event.action == "flat":
        return (
            notice("flat", at, "All positions are closed and no order can be filled any more, by the venue's word."),
        )
    scopes = {halt.scope for halt in before}
    down = [
        notice(halt_code(halt), at, _halted(halt), key=halt.scope) for halt in event.halts if halt.scope not in scopes
    ]
    left = {halt.scope for halt in event.halts}
    over = [
        notice(halt_code(halt), at, _lifted(halt), key=halt.scope, is_over=True)
        for halt in before
        if halt.scope not in left
    ]
    return (*down, *over)


def _lifted(halt: Halt) -> str:
    return "The pause of entries has ended." if halt.scope == PAUSED else f"The latch of {halt.scope} is lifted."


def _halted(halt: Halt) -> str:
    held = "all positions are sold at market" if halt.flatten else "what is held keeps its stops"
    return f"{halt.who} {'paused' if halt.scope == PAUSED else 'halted'} {halt.scope}: {halt.why}. No new risk; {held}."


def _breaker(event: BreakerEvent) -> tuple[Notice, ...]:
    if event.action == "extended":
        return ()
    where = " ".join(filter(None, (event.symbol, event.against and f"({event.against}s)")))
    name = event.breaker.replace("_", " ")
    text = f"The breaker {name} {event.action}{' for ' + where if where else ''}: {event.why}."
    severity = "critical" if event.breaker in _HUMAN else None
    key = f"{event.breaker} {where}"
    return (
        notice("breaker", event.at_utc, text, severity=severity, key=key, is_over=event.action == "lifted"),  # type: ignore[arg-type]
    )


def _vetoes(record: CycleRecord) -> tuple[Notice, ...]:
    told = []
    for hearing in record.hearings:
        if hearing.verdict.order is not None:
            continue
        case, ruling = hearing.case, hearing.ruling
        if ruling.outcome.value == "rejected":
            who, why = "the court rejected it", ruling.why
        else:
            who, why = f"the gate refused it by {hearing.verdict.binding_rule}", f"ruling: {ruling.outcome.value}"
        text = f"{case.symbol} {case.proposal.direction.value}: {who} ({why}). {case.decision_id}"
        told.append(notice("veto", record.as_of_utc, text, key=case.decision_id))
    return tuple(told)


def _alarm(event: Journaled) -> tuple[Notice, ...]:
    """The alerts that are events themselves, and changes of an account at a real exchange."""
    alarm = alarm_of(event)
    if alarm is None:
        return ()
    match event:
        case AccountDrift():
            sizes = (event.venue, event.ledger, event.foreign)
            return (_status("account_drift", event, f"{event.account} {event.what}", amounts=sizes),)
        case MarketClosed():
            code = "clock_off" if event.why.startswith(CLOCK_OFF) else "close_only"
            return (_status(code, event, f"{event.account} {event.symbol} {event.why}"),)
        case RampMoved():
            return (
                notice("ramp_moved", alarm.at_utc, alarm.text, severity=alarm.severity, amounts=(event.ramp.capital,)),
            )
        case _:
            return (notice(alarm.code, alarm.at_utc, alarm.text, severity=alarm.severity),)


def _status(code: str, event: AccountDrift | MarketClosed, key: str, amounts: tuple[object, ...] = ()) -> Notice:
    key = "" if code == "clock_off" else key  # all markets at once
    return notice(code, event.at_utc, event.text, key=key, is_over=event.status == "ends", amounts=amounts)
