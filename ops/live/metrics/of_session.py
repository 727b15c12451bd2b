"""Metrics of the session itself: which it is, where it stands, its bars, its feeds, what stops new risk, and its alerts."""

import platform
from collections.abc import Iterator
from datetime import datetime

from config.version import version
from market.timeframe import Timeframe
from ops.live.metrics.labels import (
    BREAKER,
    CHANGE,
    CODE,
    FEED,
    MODE,
    MOVE,
    PHASE,
    PROFILE,
    PYTHON,
    QUOTE,
    RUN,
    SEVERITY,
    SYMBOL,
    TIMEFRAME,
    VERSION,
)
from ops.live.metrics.metric import Metric, Sample, Told, one


def _stamp(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _session(told: Told) -> Iterator[Sample]:
    head = told.status.head
    yield Sample(1.0, (head.run, head.profile, head.mode, head.timeframe, head.quote))


def _phases(told: Told) -> Iterator[Sample]:
    for phase in PHASE.values:
        yield Sample(float(told.status.phase == phase), (phase,))


def _feeds(told: Told) -> Iterator[Sample]:
    for feed in told.status.feeds:
        if feed.last_utc is not None:
            yield Sample(feed.last_utc.timestamp(), (feed.name,))


def _bars_at(told: Told) -> Iterator[Sample]:
    for feed in told.status.feeds:
        if feed.last_utc is not None and feed.name in told.status.head.symbols:
            yield Sample(feed.last_utc.timestamp(), (feed.name,))


def _distrusted(told: Told) -> Iterator[Sample]:
    for feed in told.status.feeds:
        yield Sample(float(bool(feed.note)), (feed.name,))


def _switch(told: Told) -> Iterator[Sample]:
    yield Sample(float(any(latch.name == "kill switch" for latch in told.status.latches)))


def _breakers(told: Told) -> Iterator[Sample]:
    down = {latch.name for latch in told.status.latches}
    for breaker in BREAKER.values:
        yield Sample(float(breaker.replace("_", " ") in down), (breaker,))


def _changes(told: Told) -> Iterator[Sample]:
    for change in CHANGE.values:
        yield Sample(told.measured.halts[change], (change,))


def _moves(told: Told) -> Iterator[Sample]:
    for breaker in BREAKER.values:
        for move in MOVE.values:
            yield Sample(told.measured.breakers[breaker, move], (breaker, move))


def _alerts(told: Told) -> Iterator[Sample]:
    for code in CODE.values:
        for severity in SEVERITY.values:
            yield Sample(told.measured.alerts[code, severity], (code, severity))


OF_SESSION = (
    Metric(
        "build_info",
        "gauge",
        "",
        "Which program measures; always 1",
        lambda told: (Sample(1.0, (version(), platform.python_version())),),
        (VERSION, PYTHON),
    ),
    Metric(
        "session_info",
        "gauge",
        "",
        "Which session is measured; always 1",
        _session,
        (RUN, PROFILE, MODE, TIMEFRAME, QUOTE),
    ),
    Metric("session_phase", "gauge", "1 or 0", "Whether the session is in this phase", _phases, (PHASE,)),
    Metric(
        "session_start_timestamp_seconds",
        "gauge",
        "s since the epoch",
        "First moment of the session",
        lambda told: one(_stamp(told.status.head.start_utc)),
    ),
    Metric(
        "session_on_the_clock",
        "gauge",
        "1 or 0",
        "Whether it trades by the clock, so that ages count from now",
        lambda told: one(told.status.head.on_the_clock),
    ),
    Metric(
        "journal_events_total",
        "counter",
        "events",
        "Events that have been taken in",
        lambda told: one(told.status.events),
    ),
    Metric(
        "journal_missed_events",
        "gauge",
        "events",
        "Events that are not in these figures, because they could not be had",
        lambda told: one(told.status.missed),
    ),
    Metric(
        "journal_unfollowed",
        "gauge",
        "1 or 0",
        "Whether the journal cannot be followed any more",
        lambda told: one(bool(told.status.fault)),
    ),
    Metric("bars_total", "counter", "bars", "Bars of the session", lambda told: one(told.status.counts.bars)),
    Metric(
        "bar_length_seconds",
        "gauge",
        "s",
        "Length of a bar",
        lambda told: one(Timeframe(told.status.head.timeframe).seconds),
    ),
    Metric(
        "last_close_timestamp_seconds",
        "gauge",
        "s since the epoch",
        "The last bar close that was decided on",
        lambda told: one(_stamp(told.status.as_of_utc)),
    ),
    Metric(
        "last_bar_timestamp_seconds",
        "gauge",
        "s since the epoch",
        "Close of the last bar of a market",
        _bars_at,
        (SYMBOL,),
    ),
    Metric(
        "last_decision_timestamp_seconds",
        "gauge",
        "s since the epoch",
        "When the last case was heard",
        lambda told: one(_stamp(told.status.last_decision_utc)),
    ),
    Metric(
        "feed_last_timestamp_seconds",
        "gauge",
        "s since the epoch",
        "When a source told something last; its age is time() less this",
        _feeds,
        (FEED,),
    ),
    Metric("feed_distrusted", "gauge", "1 or 0", "Whether a source is not believed now", _distrusted, (FEED,)),
    Metric("kill_switch", "gauge", "1 or 0", "Whether the kill switch is on for this session", _switch),
    Metric(
        "kill_switch_changes_total",
        "counter",
        "changes",
        "How often the session saw the kill switch change",
        _changes,
        (CHANGE,),
    ),
    Metric("breaker_latched", "gauge", "1 or 0", "Whether a circuit breaker stops new risk now", _breakers, (BREAKER,)),
    Metric(
        "breaker_changes_total",
        "counter",
        "changes",
        "How often a circuit breaker tripped, was extended or was lifted",
        _moves,
        (BREAKER, MOVE),
    ),
    Metric("alerts_total", "counter", "alerts", "Alerts of the session", _alerts, (CODE, SEVERITY)),
)
"""In the order in which they are exported."""
