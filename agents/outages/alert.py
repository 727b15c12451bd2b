"""The alert: an event about something that a person should know at once.

It says what happened, what the system did, and what comes next. It decides nothing. Its times are those of the session, so that a
replay gives the same bytes.
"""

from typing import ClassVar, Literal

from config.frozen import Journaled, UtcTime

AlertCode = Literal[
    "outage_began",
    "outage_derisked",
    "outage_ended",
    "budget_near",
    "policy_demoted",
    "account_drift",
    "close_only",
    "ramp_moved",
    "liquidated",
]
Severity = Literal["info", "warning", "critical"]


class Alert(Journaled):
    """One alert ("alert"), at a bar close."""

    event_kind: ClassVar[str] = "alert"
    event_version: ClassVar[int] = 5

    at_utc: UtcTime
    code: AlertCode
    severity: Severity
    text: str
