"""Whether the window answers (`/health`), and whether what it shows can be relied on (`/ready`), with reasons."""

from datetime import datetime, timedelta

from pydantic import Field

from config.frozen import Frozen
from market.timeframe import Timeframe
from ops.live.following.window import Window

_LATE_BARS = 2
"""Bars after which a session on the clock is late."""


class Health(Frozen):
    """An answer to a probe."""

    ok: bool
    reasons: tuple[str, ...] = Field(default=(), description="why not; empty where it is")


def ready(window: Window, now: datetime) -> Health:
    """Whether the window shows the session as it stands. `now`: the machine's time, for sessions on the clock."""
    reasons = []
    status = window.status()
    if status is None:
        reasons.append("the start of the session is not known yet")
    if window.fault:
        reasons.append(window.fault)
    if window.is_reading:
        reasons.append(
            f"the journal is still being read: {window.events:,} of {max(window.total, window.events):,} events"
        )
    if status is not None and status.missed:
        reasons.append(f"{status.missed:,} events could not be had")
    if status is not None and status.phase == "running" and status.head.on_the_clock and status.as_of_utc is not None:
        late = now - status.as_of_utc
        if late > _LATE_BARS * timedelta(seconds=Timeframe(status.head.timeframe).seconds):
            reasons.append(f"the last bar closed {late.total_seconds():,.0f} s ago")
    return Health(ok=not reasons, reasons=tuple(reasons))
