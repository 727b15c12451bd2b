"""Logs, on stderr only: coloured on a terminal, otherwise as key=value or JSON lines.

One handler serves structlog and the standard library, so it also masks secrets in the logs of dependencies. It masks them
in `SecretStr` values, inside sentences and in tracebacks.
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
"""Length below which a "secret" is not masked: it protects nothing, and masking it would damage ordinary words."""


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
    """A structlog processor that replaces secrets by asterisks, in values at any depth."""
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
    """Writes to the present `sys.stderr`, so that a redirection of stderr also redirects the logs."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, value: TextIO) -> None:
        """Ignore the value: the base class sets it once, and the getter always reads `sys.stderr`."""


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
