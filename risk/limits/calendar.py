"""The rule about releases that move every market: near one, nothing is opened. What is held keeps its exits."""

from datetime import timedelta

from market.context.calendar.releases import calendar
from risk.facts import Facts, check
from risk.verdict import RuleReport


def macro_event(facts: Facts) -> RuleReport:
    """Nothing is opened within `macro_pause_h` before or after a release; nor at a time whose releases are not known."""
    hours, now = facts.limits.macro_pause_h, facts.proposal.as_of_utc
    if hours is None:
        return check("macro_event", True, note="no limit is set")
    pause, known = timedelta(hours=hours), calendar()
    if not known.covers(now, pause):
        note = f"releases are known from {known.begin_utc:%Y-%m-%d} to {known.end_utc:%Y-%m-%d}"
        return check("macro_event", False, None, hours, "h", note=note)
    release = known.near(now, pause)
    if release is None:
        return check("macro_event", True, None, hours, "h", note="no release is near")
    away = (release.at_utc - now) / timedelta(hours=1)
    return check("macro_event", False, away, hours, "h", note=f"{release.kind} at {release.at_utc:%Y-%m-%d %H:%M} UTC")
