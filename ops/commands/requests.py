"""From a command line to requests: what several commands read of their options in the same way.

Only the body of a command knows its namespace, and turns it into a request with what stands here. All else takes requests.
"""

import argparse
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agents.desk.request import BarsRequest, WorldRequest
from config.errors import UsageFault
from config.reading.document import read_setting
from config.reading.load import resolve
from config.reading.tree import plain
from market.files.reading import Reading
from market.store.shelves import meant
from market.timeframe import Timeframe
from ops.commands.strategy_option import strategies_asked


def world_asked(arguments: argparse.Namespace) -> WorldRequest:
    """The world of the options that every command on bars has (`ops.commands.options.add_world`). Raises UsageFault."""
    return WorldRequest(
        profile=arguments.profile,
        overrides=_asked_of_voters_once(settings_asked(arguments.set), strategies_asked(arguments.strategy)),
        bars=BarsRequest(
            data=_bars_asked(arguments),
            symbols=tuple(arguments.symbols) if arguments.symbols else None,
            start_utc=moment_of("--start", arguments.start),
            end_utc=moment_of("--end", arguments.end),
            reading=reading_of(arguments),
        ),
        timeframe=arguments.timeframe,
        seed=arguments.seed,
    )


def _asked_of_voters_once(settings: dict[str, Any], voters: dict[str, Any]) -> dict[str, Any]:
    """The settings with the voters of --strategy. Raises UsageFault where --set says something of voters that it replaces."""
    lost = next((key for key in settings if key.partition(".")[0] == "strategies"), None)
    if voters and lost is not None:
        raise UsageFault(
            f"--strategy replaces the voters of the profile, and --set {lost} would be lost. Nothing was started; write both "
            "into a profile of your own (`extends:` another one)."
        )
    return settings | voters


def _bars_asked(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The files of --data, or the folders of the markets in --store. Raises UsageFault, DataFault."""
    if getattr(arguments, "feed", None) is not None:
        return tuple(arguments.data or ())
    if arguments.store is None:
        if arguments.exchange is not None:
            raise UsageFault("--exchange chooses in a --store. Nothing was started; give --store DIR too.")
        if arguments.needs_bars and not arguments.data:
            raise UsageFault("This command needs recorded bars. Nothing was started; give --data FILE, or --store DIR.")
        return tuple(arguments.data or ())
    if arguments.data:
        raise UsageFault("--data and --store both say where the bars are. Nothing was started; give one of them.")
    timeframe = None if arguments.timeframe is None else Timeframe(arguments.timeframe)
    return tuple(
        str(folder) for folder in meant(Path(arguments.store), arguments.symbols, timeframe, arguments.exchange)
    )


def contracts_asked(arguments: argparse.Namespace) -> WorldRequest:
    """The world of `world_asked`, with marks and funding of perpetual contracts. Raises UsageFault."""
    asked = world_asked(arguments)
    beside = {"marks": tuple(arguments.marks or ()), "funding": tuple(arguments.funding or ())}
    if not asked.bars.data and any(beside.values()):
        raise UsageFault(
            "--marks and --funding belong to recorded bars; the simulated market draws its own. Nothing was started. Give "
            "--data, or leave them out."
        )
    return asked.model_copy(update={"bars": asked.bars.model_copy(update=beside)})


def told_more(arguments: argparse.Namespace) -> WorldRequest:
    """The world of `world_asked`, with finer bars, marks, funding, figures, news and another mind, or none. Raises UsageFault."""
    asked = told_finer(arguments)
    seats = seats_asked("", arguments.mind, arguments.no_court)
    memory = {} if (given := getattr(arguments, "memory", None)) is None else {"court.memory": given}
    return asked.model_copy(
        update={"overrides": asked.overrides | seats | memory, "mind": arguments.mind, "model": arguments.model}
    )


def told_finer(arguments: argparse.Namespace) -> WorldRequest:
    """The world of `world_asked`, with finer bars, marks, funding, figures and news. Raises UsageFault."""
    asked = world_asked(arguments)
    finer = {
        "detail": tuple(arguments.detail or ()),
        "marks": tuple(arguments.marks or ()),
        "funding": tuple(arguments.funding or ()),
        "facts": tuple(arguments.facts or ()),
    }
    return asked.model_copy(
        update={
            "bars": asked.bars.model_copy(update=finer),
            "news": arguments.news,
            "news_dates": arguments.news_dates or arguments.dates,
        }
    )


def feed_asked(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the options say of a live feed. Raises UsageFault for a number of bars that is none."""
    if arguments.bars_limit is not None and arguments.bars_limit < 1:
        raise UsageFault(
            f"--bars-limit {arguments.bars_limit} is no number of bars. Nothing was started; give 1 or more."
        )
    store = arguments.store if arguments.feed is not None else None
    return {"feed_url": arguments.feed_url, "feed_store": store, "feed_bars": arguments.bars_limit}


def venues_asked(profile: str, asked: dict[str, Any], urls: Sequence[str] | None) -> dict[str, Any]:
    """The settings that --venue-url changes: an address for each exchange of the session. More than one for a profile with one
    exchange: that many of its kind, with equal parts of the money. `asked`: what was set beside. Raises UsageFault."""
    if urls is None:
        return {}
    if len(urls) == 1:
        return {"venue.url": urls[0]}
    settings = resolve(profile, asked).settings
    venue, live = settings.venue, settings.world == "live"
    part = ((settings.live.capital if live else venue.starting_cash) / len(urls)).quantize(Decimal("0.01"), ROUND_DOWN)
    also: list[dict[str, Any]] = [each.model_dump(mode="json", exclude_defaults=True) for each in venue.also] or [
        {"name": f"{venue.exchange}-{number}", "exchange": venue.exchange, "cash": str(part)}
        for number in range(2, len(urls) + 1)
    ]
    if len(urls) != len(also) + 1:
        raise UsageFault(
            f"--venue-url gives {len(urls)} addresses, and the session trades on {len(also) + 1} exchanges. Nothing was started; "
            "give one for each, in the order of the profile."
        )
    return {"venue.url": urls[0], "venue.also": [each | {"url": url} for each, url in zip(also, urls[1:], strict=True)]}


def reading_of(arguments: argparse.Namespace) -> Reading:
    """What the options say about files of bars (`ops.commands.options.add_reading`). Raises UsageFault."""
    try:
        return Reading(
            dates=arguments.dates,
            decimal=arguments.decimal,
            volume=arguments.volume,
            tz=arguments.tz,
            stamps=arguments.stamps,
        )
    except ValidationError:
        raise UsageFault(
            f"--tz {arguments.tz!r} is neither a time zone nor an offset from UTC; nothing was started. Write Europe/Berlin, "
            "UTC or +02:00."
        ) from None


def seats_asked(side: str, mind: str | None, no_court: bool) -> dict[str, Any]:
    """The settings of `--no-court`: nobody sits, and everything after the court stays. Raises UsageFault.

    `side` stands before the names of these options where a command has two of each: "a-" for `--a-no-court`.
    """
    if not no_court:
        return {}
    if mind is not None and mind != "rules":
        raise UsageFault(
            f"--{side}no-court seats nobody, and --{side}mind {mind} names who sits. Nothing was started; leave one of them out."
        )
    return {"court.seats": [], "court.mind": "rules"}


def settings_asked(pairs: Iterable[str]) -> dict[str, Any]:
    """The settings of `--set KEY=VALUE…`, by dotted key; values are read as a profile's are.

    A part after its whole refines it. Raises UsageFault, also for a setting that is given twice, and for a whole after a part
    of it, which would be lost.
    """
    found: dict[str, Any] = {}
    for text in pairs:
        key, value = _pair(text)
        if other := next((each for each in found if f"{each}.".startswith(f"{key}.")), None):
            both = f"{key} is given twice" if other == key else f"{other}, given before it, would be lost"
            raise UsageFault(f"--set {text!r}: {both}; nothing was started. Leave one of them out.")
        found[key] = value
    return found


def _pair(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise UsageFault(f"--set {text!r} is not KEY=VALUE, such as limits.max_drawdown=0.1; nothing was started.")
    node, faults = read_setting(key, value, "the command line")
    if node is None or faults:
        why = "; ".join(f"{fault.key}: {fault.text}" if fault.key else fault.text for fault in faults)
        raise UsageFault(f"--set {text!r} cannot be read as in a profile: {why}; nothing was started.")
    return key, plain(node)


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
