"""From a session's events to lines of its log. A line names the decision that it belongs to; the journal has all of it."""

from collections.abc import Iterator
from typing import Any

from agents.approval.petition import Approval
from agents.llm.attempt import Attempt
from agents.records.record import CycleRecord, Session, SessionEnd
from config.frozen import Journaled
from execution.kill_switch.halting import HaltEvent
from execution.reports import SentOrder, VenueWord
from ops.story.parts.alarms import alarm_of
from risk.breakers import BreakerEvent

Line = dict[str, Any]
_LEVELS = {"info": "info", "warning": "warning", "critical": "critical"}


def lines_of(event: Journaled) -> Iterator[Line]:
    """The lines that tell an event; none for one that is only data."""
    match event:
        case Session():
            yield {
                "event": "session",
                "profile": event.settings.profile,
                "source": event.source,
                "symbols": event.symbols,
            }
        case CycleRecord():
            yield from _bar(event)
        case Attempt():
            yield _attempt(event)
        case SentOrder():
            told = {"decision_id": event.decision_id, "symbol": event.symbol, "order_id": event.order_id}
            what = {"side": event.side.value, "kind": event.kind.value, "purpose": event.purpose.value}
            yield {"event": "order_sent", **told, **what, "quantity": event.quantity}
        case VenueWord():
            yield from _venue(event)
        case Approval():
            yield {"event": "approval", "decision_id": event.decision_id, "approved": event.approved}
        case HaltEvent():
            whys = [f"{halt.who}: {halt.why}" for halt in event.halts]
            yield {"level": "warning", "event": "kill_switch", "action": event.action, "why": whys}
        case BreakerEvent():
            what = {"breaker": event.breaker, "action": event.action}
            yield {"level": "warning", "event": "breaker", **what, "symbol": event.symbol, "why": event.why}
        case SessionEnd():
            yield {"event": "session_end", "reason": event.reason, "equity": event.portfolio.equity}
    if (alarm := alarm_of(event)) is not None:
        yield {"level": _LEVELS[alarm.severity], "event": "alert", "code": alarm.code, "text": alarm.text}


def _bar(record: CycleRecord) -> Iterator[Line]:
    for symbol, why in record.tape.frozen.items():
        yield {"level": "warning", "event": "not_believed", "symbol": symbol, "why": why}
    for heard in record.hearings:
        yield {
            "event": "ruled",
            "decision_id": heard.case.decision_id,
            "symbol": heard.case.symbol,
            "ruling": heard.ruling.outcome.value,
            "scale": heard.ruling.scale,
            "why": heard.ruling.why,
            "verdict": heard.verdict.outcome.value,
            "rule": heard.verdict.decided_by,
        }
    for review in record.reviews:
        yield {"event": "reviewed", "decision_id": review.case.decision_id, "symbol": review.case.symbol}
    yield {"event": "bar", "close": record.as_of_utc.isoformat(), "equity": record.portfolio.equity}


def _attempt(attempt: Attempt) -> Line:
    failed = attempt.outcome.value not in ("ok",)
    return {
        "level": "warning" if failed else "info",
        "event": "model",
        "decision_id": attempt.decision_id,
        "role": attempt.role,
        "model": f"{attempt.provider}/{attempt.model}",
        "outcome": attempt.outcome.value,
        "detail": attempt.detail,
        "latency_ms": attempt.latency_ms,
        "cost_usd": attempt.cost_usd,
    }


def _venue(word: VenueWord) -> Iterator[Line]:
    for state in word.report.states:
        yield {
            "level": "warning" if state.status.value in ("rejected", "unknown") else "info",
            "event": "order",
            "decision_id": state.decision_id,
            "symbol": state.symbol,
            "order_id": state.order_id,
            "status": state.status.value,
            "note": state.note,
        }
    for fill in word.report.fills:
        yield {
            "event": "fill",
            "decision_id": fill.decision_id,
            "symbol": fill.symbol,
            "order_id": fill.order_id,
            "side": fill.side.value,
            "purpose": fill.purpose.value,
            "quantity": fill.quantity,
            "price": fill.price,
        }
