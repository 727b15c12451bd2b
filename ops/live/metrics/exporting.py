"""The registry of one session, and its text for Prometheus.

The registry is our own, not the global one of the library: nothing else is in it, and two windows do not share it. Values are
read when they are asked for, so that a figure is never older than its page. Nothing here holds up a session: the lock of the
window is held for the time of one answer.
"""

from collections.abc import Iterator
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from ops.live.following.window import Window
from ops.live.metrics.catalogue import CATALOGUE
from ops.live.metrics.metric import Metric, Sample, Told
from ops.live.state.measured import Spread


class Rendered(NamedTuple):
    """A text for Prometheus, and its content type."""

    body: bytes
    content_type: str


class SessionCollector(Collector):
    """Reads every metric of the catalogue out of a window; before a session's start is known, there is none."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def describe(self) -> list[Family]:
        """The families without values: asking for them reads nothing."""
        return [_family(metric, ()) for metric in CATALOGUE]

    def collect(self) -> Iterator[Family]:
        """The families with their values now."""
        with self._window.fold() as fold:
            status = self._window.status()
            if fold is None or status is None:
                return
            told = Told(status, fold, self._window.process)
            found = [_family(metric, metric.samples(told)) for metric in CATALOGUE]
        yield from found


def registry_of(window: Window) -> CollectorRegistry:
    """The registry of a window: its session, and memory, file handles and processor time of this process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SessionCollector(window))
    ProcessCollector(registry=registry)
    return registry


def rendered(registry: CollectorRegistry, accept: str = "") -> Rendered:
    """The text that a scraper is answered. `accept`: its header, which may ask for OpenMetrics."""
    encoder, content_type = choose_encoder(accept)
    return Rendered(encoder(registry), content_type)


def _family(metric: Metric, samples: tuple[Sample, ...]) -> Family:
    names = tuple(label.name for label in metric.labels)
    match metric.kind:
        case "histogram":
            histogram = HistogramMetricFamily(metric.full_name, metric.described, labels=names)
            for spread, labels in samples:
                assert isinstance(spread, Spread)
                bounds = (*(repr(bound) for bound in spread.bounds), "+Inf")
                histogram.add_metric(labels, list(zip(bounds, spread.below(), strict=True)), spread.total)
            return histogram
        case "counter" | "gauge":
            kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = kind(metric.full_name, metric.described, labels=names)
            for value, labels in samples:
                assert not isinstance(value, Spread)
                family.add_metric(labels, value)
            return family
