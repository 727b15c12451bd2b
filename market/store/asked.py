"""Which spans of time an exchange was asked for, so that a download goes on where it ended and asks for no hole twice.

A span is in the file `asked.json` of a shelf once its bars are stored. A file that cannot be read counts as none: what is asked
again is compared with what is there.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from config.errors import OutputFault
from config.files import write_whole

_FILE = "asked.json"


class Span(NamedTuple):
    """A span of time [ms since 1970 UTC], its end not included."""

    begin_ms: int
    end_ms: int


def spans_asked(folder: Path) -> list[Span]:
    """The spans that were asked for, in order, none touching another."""
    with suppress(OSError, ValueError, TypeError):
        told = json.loads((folder / _FILE).read_bytes())
        return union([Span(int(begin), int(end)) for begin, end in told["asked_ms"]])
    return []


def add_span(folder: Path, span: Span) -> None:
    """Note that a span was asked for and its bars are stored. Raises OutputFault."""
    asked = union([*spans_asked(folder), span])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / _FILE, json.dumps({"asked_ms": asked}).encode() + b"\n", durable=True)
    except OSError as fault:
        raise OutputFault(
            f"{folder / _FILE} cannot be written ({fault.strerror}); the bars before it are stored."
        ) from fault


def union(spans: list[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order; spans without length vanish."""
    joined: list[Span] = []
    for span in sorted(each for each in spans if each.begin_ms < each.end_ms):
        if joined and span.begin_ms <= joined[-1].end_ms:
            joined[-1] = Span(joined[-1].begin_ms, max(joined[-1].end_ms, span.end_ms))
        else:
            joined.append(span)
    return joined


def missing(wanted: Span, asked: list[Span]) -> list[Span]:
    """The parts of `wanted` that were not asked for, in order."""
    left, begin = [], wanted.begin_ms
    for span in union(asked):
        if span.end_ms <= begin or span.begin_ms >= wanted.end_ms:
            continue
        if span.begin_ms > begin:
            left.append(Span(begin, span.begin_ms))
        begin = max(begin, span.end_ms)
    if begin < wanted.end_ms:
        left.append(Span(begin, wanted.end_ms))
    return left
