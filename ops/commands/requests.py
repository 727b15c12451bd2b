"""From a command line to requests: what several commands read of their options in the same way.

Only the body of a command knows its namespace, and turns it into a request with what stands here. All else takes requests.
"""

import argparse
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import yaml

from agents.desk.request import BarsRequest, WorldRequest
from config.errors import UsageFault
from market.timeframe import Timeframe


def world_asked(arguments: argparse.Namespace) -> WorldRequest:
    """The world of the options that every command on bars has (`ops.commands.options.add_world`). Raises UsageFault."""
    return WorldRequest(
        profile=arguments.profile,
        overrides=settings_asked(arguments.set),
        bars=BarsRequest(
            data=tuple(arguments.data or ()),
            symbols=tuple(arguments.symbols) if arguments.symbols else None,
            start_utc=moment_of("--start", arguments.start),
            end_utc=moment_of("--end", arguments.end),
        ),
        timeframe=arguments.timeframe,
        seed=arguments.seed,
    )


def told_more(arguments: argparse.Namespace) -> WorldRequest:
    """The world of `world_asked`, with finer bars, funding, news and another mind. Raises UsageFault."""
    asked = world_asked(arguments)
    finer = {"detail": tuple(arguments.detail or ()), "funding": tuple(arguments.funding or ())}
    return asked.model_copy(
        update={
            "bars": asked.bars.model_copy(update=finer),
            "news": arguments.news,
            "news_dates": arguments.news_dates,
            "mind": arguments.mind,
            "model": arguments.model,
        }
    )


def settings_asked(pairs: Iterable[str]) -> dict[str, Any]:
    """The settings of `--set KEY=VALUE…`, by dotted key. Raises UsageFault."""
    return dict(_pair(text) for text in pairs)


def _pair(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise UsageFault(f"--set {text!r} is not KEY=VALUE, such as limits.max_drawdown=0.1; nothing was started.")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        raise UsageFault(f"--set {text!r}: {value!r} is not a value that YAML can read; nothing was started.") from None


def moment_of(option: str, text: str | None) -> datetime | None:
    """The moment in an option, UTC; without an offset it is UTC already. Raises UsageFault."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageFault(
            f"{option} {text!r} is not a date of the years 1 to 9999; nothing was started. Write 2020-02-01 or "
            "2020-02-01T06:00, in UTC."
        ) from None


def timeframe_of(text: str) -> Timeframe:
    """The timeframe of `--timeframe`. Raises UsageFault."""
    try:
        return Timeframe(text)
    except ValueError:
        raise UsageFault(
            f"--timeframe {text!r} is not known; nothing was computed. Choose one of {', '.join(Timeframe)}."
        ) from None
