"""Logs, on stderr and nowhere else: for people on a terminal, as key=value or JSON lines for machines.

One handler serves structlog and the standard library, so that what a dependency logs is masked too. No secret leaves
here: not as a `SecretStr`, not inside a sentence, not in a traceback.
"""

import logging
import sys
from collections.abc import Mapping, Sequence
from json import dumps
from typing import Any, TextIO

import structlog
from pydantic import SecretStr
from structlog.types import EventDict, Processor

from config.clock import Clock, SystemClock

MASK = "**********"
_SHORTEST = 6
"""Shorter "secrets" are left alone: masking them would eat ordinary words, and they protect nothing."""


def configure(
    *,
    json: bool = False,
    level: str = "INFO",
    secrets: Sequence[str] = (),
    stream: TextIO | None = None,
    clock: Clock | None = None,
) -> None:
    """Send all logs of `level` and above to `stream` (stderr).

    `secrets` are bare values (`Secrets.values()`) to mask wherever they appear. Raises ValueError for an unknown level.
    """
    out = stream or sys.stderr
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _stamper(clock or SystemClock()),
        structlog.processors.format_exc_info,
        masker(secrets),
    ]
    handler = _Stderr() if stream is None else logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(json, out)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def masker(secrets: Sequence[str]) -> Processor:
    """A structlog processor that puts asterisks in the place of secrets, in keys' values at any depth."""
    bare = {secret for secret in secrets if len(secret) >= _SHORTEST}
    quoted = {text[1:-1] for secret in bare for text in (repr(secret), dumps(secret))}
    known = sorted(bare | quoted, key=len, reverse=True)

    def masked(value: Any) -> Any:
        match value:
            case SecretStr():
                return MASK
            case None | bool() | int() | float():
                return value
            case Mapping():
                return {masked(key): masked(item) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [masked(item) for item in value]
            case _:
                text = value if isinstance(value, str) else str(value)
                for secret in known:
                    text = text.replace(secret, MASK)
                return text

    def process(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {key: item if key.startswith("_") else masked(item) for key, item in event.items()}

    return process


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at that moment: who redirects it gets the logs too."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, value: TextIO) -> None:
        """The base class sets it once; there is nothing to keep."""


def _stamper(clock: Clock) -> Processor:
    def process(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = clock.now().isoformat(timespec="milliseconds")
        return event

    return process


def _renderer(json: bool, out: TextIO) -> Processor:
    if json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    if out.isatty():
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"], drop_missing=True)
