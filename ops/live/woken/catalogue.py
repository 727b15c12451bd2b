"""Every alert, declared once: how grave it is, what happened, what to do, and from what it is derived.

What is derived from this table: which codes a route may name, the order of docs/runbook.md, the table of docs/alerts.md. A test
fails when an alert is derived that has no row, and when a row has no section in the runbook.
"""

from typing import NamedTuple

from agents.outages.alert import Severity


class Wake(NamedTuple):
    """One alert. `do`: the first thing to do, in a line; its section in docs/runbook.md has the name of its code."""

    code: str
    severity: Severity
    what: str
    do: str
    source: str
    """The event, or the change of what is known, from which it is derived."""


NOTHING = "nothing"
_SESSION, _WORD, _BAR, _HALT = "Session, SessionEnd", "VenueWord", "CycleRecord", "HaltEvent"

WAKES: tuple[Wake, ...] = (
    Wake(
        "process_gone",
        "critical",
        "the process of a session is gone, without an end",
        "resume the run",
        "watchdog",
    ),
    Wake(
        "heartbeat_lost",
        "critical",
        "a session lives and finishes nothing",
        "look at its stderr, then resume the run",
        "watchdog",
    ),
    Wake(
        "session_failed",
        "critical",
        "a session ended with an error",
        "read its error, mend it, resume the run",
        "its error",
    ),
    Wake(
        "order_unknown",
        "critical",
        "an order was sent and nobody knows what became of it",
        "compare the exchange's orders with the journal",
        _WORD,
    ),
    Wake(
        "stop_failed",
        "critical",
        "a stop was refused, so a position may be unprotected",
        "look whether the position has a stop or was sold",
        _WORD,
    ),
    Wake(
        "exit_failed",
        "critical",
        "the exchange refused an exit",
        "look whether the position was sold",
        _WORD,
    ),
    Wake(
        "liquidated",
        "critical",
        "the exchange liquidated a position",
        "look at stop and leverage",
        _WORD,
    ),
    Wake(
        "account_drift",
        "critical",
        "the exchange's account and the ledger differ",
        "compare the exchange's trades with the journal",
        "AccountDrift",
    ),
    Wake(
        "close_only",
        "critical",
        "a market takes no new risk, because the exchange contradicts itself there",
        "compare the exchange's orders with the journal",
        "MarketClosed",
    ),
    Wake(
        "clock_off",
        "critical",
        "this machine's clock is too far off the exchange's",
        "set the clock (NTP)",
        "MarketClosed",
    ),
    Wake(
        "journal_lost",
        "critical",
        "the journal cannot be written",
        "free the disk, and do not end the session before that",
        _HALT,
    ),
    Wake(
        "venue_unreachable",
        "critical",
        "the exchange does not answer about orders",
        "look at the exchange's own status page",
        _HALT,
    ),
    Wake(
        "error_rate",
        "critical",
        "many questions to the exchange fail",
        "look at the exchange's own status page",
        _HALT,
    ),
    Wake(
        "feeds_stale",
        "critical",
        "bars are overdue for so long that new risk stops",
        "look whether the exchange trades",
        _HALT,
    ),
    Wake(
        "flash_crash",
        "critical",
        "a market fell further in minutes than the profile allows",
        "look at prices elsewhere before you unhalt",
        _HALT,
    ),
    Wake(
        "order_rate",
        "critical",
        "far more orders than usual, so that new risk stops",
        "find who orders before you unhalt",
        _HALT,
    ),
    Wake(
        "kill_switch",
        "critical",
        "the kill switch fell",
        "find out who did it and why",
        _HALT,
    ),
    Wake(
        "approval_waiting",
        "critical",
        "a position waits for a human's yes; silence is a no",
        "answer on the terminal of the session",
        "Petition",
    ),
    Wake(
        "outage_derisked",
        "critical",
        "models are silent, and the schedule sold a part of what is held",
        "see what models answer",
        "Alert",
    ),
    Wake(
        "ramp_moved",
        "critical",
        "the ramp of real money fell, or was raised",
        "read why it fell before you raise it",
        "RampMoved",
    ),
    Wake(
        "breaker",
        "warning",
        "a circuit breaker tripped",
        "look at the losses of the day; it lifts as its text says",
        "BreakerEvent",
    ),
    Wake(
        "drawdown_step",
        "warning",
        "equity fell below its peak by a further quarter of the allowed drawdown",
        "look at what loses",
        _BAR,
    ),
    Wake(
        "loss_streak",
        "warning",
        "a strategy lost several trades in a row",
        "look at its trades",
        _WORD,
    ),
    Wake(
        "order_rejected",
        "warning",
        "the exchange refused an entry",
        "read its words; nothing is held of it",
        _WORD,
    ),
    Wake(
        "order_volume",
        "warning",
        "more orders or proposals in an hour than usual",
        "look at what is ordered",
        "SentOrder, CycleRecord",
    ),
    Wake(
        "bar_overdue",
        "warning",
        "the next closed bar has not come",
        "wait; look whether the exchange answers",
        _BAR,
    ),
    Wake(
        "data_frozen",
        "warning",
        "data of a market is not believed, so nothing new is bought there",
        "compare the price elsewhere",
        _BAR,
    ),
    Wake(
        "outage_began",
        "warning",
        "models have stopped to answer",
        "see what models answer",
        "Alert",
    ),
    Wake(
        "model_errors",
        "warning",
        "half of the requests to models fail",
        "see what models answer",
        "Attempt",
    ),
    Wake(
        "budget_near",
        "warning",
        "80 % of a budget for models is used",
        "raise it, or leave it",
        "Alert",
    ),
    Wake(
        "budget_spent",
        "warning",
        "a budget for models is used up",
        "raise it, or wait for the next day",
        "Attempt",
    ),
    Wake(
        "policy_demoted",
        "warning",
        "the policy no longer changes sizes, because its results fell out of its promise",
        "evaluate it anew",
        "Alert",
    ),
    Wake(
        "alerts_lost",
        "warning",
        "alerts could not be kept or sent",
        "look at the channel that failed",
        "this room",
    ),
    Wake(
        "outage_ended",
        "info",
        "models answer again",
        NOTHING,
        "Alert",
    ),
    Wake(
        "flat",
        "info",
        "after the kill switch all is sold, by the exchange's word",
        NOTHING,
        _HALT,
    ),
    Wake(
        "fill",
        "info",
        "an order was filled",
        NOTHING,
        _WORD,
    ),
    Wake(
        "stop_placed",
        "info",
        "a stop is at the exchange",
        NOTHING,
        _WORD,
    ),
    Wake(
        "veto",
        "info",
        "the court or the gate refused a proposal",
        NOTHING,
        _BAR,
    ),
    Wake(
        "dust",
        "info",
        "the rest of a position is too small to sell",
        NOTHING,
        "DustSwept",
    ),
    Wake(
        "daily_summary",
        "info",
        "the day in figures: profit, decisions, costs, what court and gate took",
        NOTHING,
        _BAR,
    ),
    Wake(
        "session_started",
        "info",
        "a session began, or goes on",
        NOTHING,
        _SESSION,
    ),
    Wake(
        "session_ended",
        "info",
        "a session came to its end",
        NOTHING,
        _SESSION,
    ),
    Wake(
        "test",
        "info",
        "you asked for a test",
        NOTHING,
        "tribunal alert",
    ),
)
"""The gravest first."""

BY_CODE = {wake.code: wake for wake in WAKES}


def table() -> str:
    """The table of docs/alerts.md, in Markdown."""
    head = ("code", "severity", "what happened", "from")
    rows = [(f"[`{wake.code}`](runbook.md#{wake.code})", wake.severity, wake.what, wake.source) for wake in WAKES]
    lines = [" | ".join(cells) for cells in (head, ("---",) * len(head), *rows)]
    return "\n".join(f"| {line} |" for line in lines)
