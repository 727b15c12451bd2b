"""Which events are alerts, and in which words: alerts themselves, and changes of an account at a real exchange."""

from agents.outages.alert import Alert, Severity
from config.frozen import Journaled
from execution.account.agreement import AccountDrift
from execution.account.close_only import MarketClosed
from risk.ramp import RampMoved


def alarm_of(event: Journaled) -> Alert | None:
    """The alert that an event is; None for one that is none."""
    match event:
        case Alert():
            return event
        case AccountDrift():
            drifts: Severity = "critical" if event.status == "begins" else "info"
            return Alert(at_utc=event.at_utc, code="account_drift", severity=drifts, text=event.text)
        case MarketClosed():
            closes: Severity = "critical" if event.status == "begins" else "info"
            return Alert(at_utc=event.at_utc, code="close_only", severity=closes, text=event.text)
        case RampMoved():
            fell: Severity = "info" if event.ramp.quarters > event.before else "critical"
            return Alert(at_utc=event.at_utc, code="ramp_moved", severity=fell, text=event.text)
        case _:
            return None
