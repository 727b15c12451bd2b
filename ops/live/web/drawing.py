"""Templates of the pages, with what they are given. All text is escaped, also that of models and headlines."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup, escape

from agents.court.hearing import Hearing
from agents.llm.attempt import Role
from ops.live.state.fold import Speaking
from ops.live.state.values import Status
from ops.report.page import TEMPLATES, environment_of
from ops.report.transcripts import AttemptView, by_role
from ops.story.trials.trial import Trial, TrialFill
from ops.tables import plain
from ops.tables.trial.whole import trial_lines

_WIDE, _NARROW = 100, 46
"""Widths of a trial in text, for a screen and for a telephone [columns]."""
_AGES = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


class HearingView(NamedTuple):
    """A hearing as the report's template shows it."""

    hearing: Hearing
    attempts: dict[Role, tuple[AttemptView, ...]]
    executions: tuple[TrialFill, ...] = ()
    pnl: Decimal | None = None
    left_why: str = ""
    fast: Hearing | None = None


def environment() -> Environment:
    """The templates of the window, beside those of the report, whose form a hearing has here too."""
    made = environment_of(ChoiceLoader([PackageLoader("ops.live.web", "templates"), TEMPLATES]))
    made.filters.update(age=age, stamp=stamp, usage=usage, seconds=lambda at: int(at.timestamp()))
    made.globals.update(rule_words=plain.RULES, purpose_words=plain.PURPOSES, alert_words=plain.ALERTS)
    return made


def hearing_view(trial: Trial) -> HearingView | None:
    """A trial for the report's template; None for a review, which the report tells as text."""
    if not isinstance(trial.hearing, Hearing):
        return None
    return HearingView(trial.hearing, by_role(trial.attempts), trial.fills, trial.pnl, "", trial.fast)


def as_text(trial: Trial) -> dict[str, Markup]:
    """A trial as `tribunal show` prints it, `wide` and `narrow`; struck citations are crossed out."""
    return {"wide": _drawn(trial, _WIDE), "narrow": _drawn(trial, _NARROW)}


def unsaid(speaking: Speaking) -> tuple[str, ...]:
    """The roles that are still to speak on a case."""
    heard = {said.role for said in speaking.said}
    return tuple(role for role in ("analyst", "risk_agent", "devils_advocate", "supervisor") if role not in heard)


def now_of(status: Status, clock: Callable[[], datetime]) -> datetime:
    """The moment from which ages count: the machine's in a session on the clock that runs, otherwise that of the last bar."""
    if status.head.on_the_clock and status.phase == "running":
        return clock()
    return status.as_of_utc or status.head.start_utc


def age(at: datetime | None, now: datetime) -> str:
    """How long ago something was, in its largest unit: `3 h`."""
    if at is None:
        return "never"
    seconds = max(timedelta(0), now - at).total_seconds()
    for size, unit in _AGES:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return "now"


def stamp(at: datetime | None) -> Markup:
    """A moment in UTC that a browser tells in local time when it is pointed at."""
    if at is None:
        return Markup("")
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), plain.moment(at))


def usage(now: float, limit: float) -> str:
    """How much of a limit is used, in a word for its colour."""
    share = now / limit if limit else 0.0
    return "full" if share >= 1 else "near" if share >= 0.75 else "free"


def _drawn(trial: Trial, width: int) -> Markup:
    lines = []
    for line in trial_lines(trial, width):
        text, shown, at = line.plain, "", 0
        for span in sorted(line.spans):
            name = "struck" if "strike" in str(span.style) else "strong"
            shown += f'{escape(text[at : span.start])}<span class="{name}">{escape(text[span.start : span.end])}</span>'
            at = span.end
        lines.append(shown + str(escape(text[at:])))
    return Markup("\n".join(lines).strip("\n"))
