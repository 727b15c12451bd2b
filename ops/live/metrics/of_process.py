"""Metrics of the session's own process, which no event tells: its journal's commits, and the lines to exchanges."""

from collections.abc import Callable, Iterator

from execution.venues.exchange.lines.seen import LinesNow
from ops.live.metrics.labels import EXCHANGE, RESULT_OF_REQUEST
from ops.live.metrics.metric import Metric, Sample, Told


def _of_lines(read: Callable[[LinesNow], float | None]) -> Callable[[Told], Iterator[Sample]]:
    def samples(told: Told) -> Iterator[Sample]:
        for name, lines in ({} if told.process is None else told.process.lines()).items():
            if (value := read(lines)) is not None:
                yield Sample(value, (name or told.fold.session.settings.venue.exchange,))

    return samples


def _requests(told: Told) -> Iterator[Sample]:
    for name, lines in ({} if told.process is None else told.process.lines()).items():
        exchange = name or told.fold.session.settings.venue.exchange
        yield Sample(lines.asked - lines.failed, (exchange, "answered"))
        yield Sample(lines.failed, (exchange, "failed"))


def _commits(told: Told) -> tuple[Sample, ...]:
    return () if told.process is None else (Sample(told.process.commits),)


OF_PROCESS = (
    Metric(
        "journal_commit_seconds",
        "histogram",
        "s",
        "How long commits of the journal took, from the events in memory to the disk or the database",
        _commits,
    ),
    Metric(
        "exchange_clock_ahead_seconds",
        "gauge",
        "s",
        "How far this machine's clock is ahead of the exchange's, as measured last; negative: behind it",
        _of_lines(lambda lines: lines.clock_ahead_s),
        (EXCHANGE,),
    ),
    Metric(
        "exchange_requests_total",
        "counter",
        "requests",
        "Requests to the exchange that carries the orders, since this process opened its lines",
        _requests,
        (EXCHANGE, RESULT_OF_REQUEST),
    ),
    Metric(
        "exchange_rate_limit_used_ratio",
        "gauge",
        "fraction",
        "Part of its rate limit that is used, as the exchange says; absent where it does not tell",
        _of_lines(lambda lines: lines.used),
        (EXCHANGE,),
    ),
)
"""In the order in which they are exported."""
