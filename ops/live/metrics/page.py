"""Generates `docs/metrics.md` from the catalogue: each metric with its kind, unit, meaning and labels.

`python -m ops.live.metrics.page > docs/metrics.md` writes it again.
"""

import sys

from ops.live.metrics.catalogue import CATALOGUE, PARTS
from ops.live.metrics.metric import Label, Metric

_HEAD = """# Metrics

`/metrics` of a session's window tells these figures to Prometheus. `python -m ops.live.metrics.page` generates this page from the
catalogue (`ops/live/metrics`) that exports them.

Every other figure is read out of the events of one session when it is asked for: live, beside a running session, or on a finished
one, with the same answer. A counter counts from the session's first event, also in a run that was resumed. Times are those of the
session: in one that is not on the clock (`tribunal_session_on_the_clock` 0) an age against `time()` means nothing. A metric that
is not known is absent, and never 0.

What stands under *Journal and exchange* is no event: only the session's own process knows it, under `tribunal run --serve`, since
it began. A window beside another process does not have it.

Labels have few values. What a profile brings (voters, providers, models) is kept apart up to 40 names of each sort; what comes
after them is `other`, and so is a value that is in none of the closed sets below.
"""

_TAIL = """
## Process

`process_resident_memory_bytes`, `process_virtual_memory_bytes`, `process_open_fds`, `process_max_fds`,
`process_cpu_seconds_total` and `process_start_time_seconds` come from the client library. They tell of the process that answers:
the session's own under `tribunal run --serve`, the window's under `tribunal serve RUN`.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title, metrics in PARTS.items():
        parts.append(f"\n## {title}\n\n| metric | kind | unit | meaning | labels |\n|---|---|---|---|---|\n")
        parts += [_row(metric) for metric in metrics]
    parts.append("\n## Labels\n\n| label | meaning | values |\n|---|---|---|\n")
    known = dict.fromkeys(label for metric in CATALOGUE for label in metric.labels)
    parts += [_label_row(label) for label in known]
    return "".join((*parts, _TAIL))


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label.name}`" for label in metric.labels)
    return f"| `{metric.full_name}` | {metric.kind} | {metric.unit} | {metric.help} | {labels} |\n"


def _label_row(label: Label) -> str:
    return f"| `{label.name}` | {label.help} | {', '.join(f'`{value}`' for value in label.values)} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
