"""From a command line to a world: the settings, the tape, and the description of the session that goes into the journal."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from config.errors import UsageFault
from config.reading.load import Resolved, load_profile, resolve
from config.reading.tree import exact
from config.settings import Settings
from market.finer import with_detail, with_funding
from market.tape import Tape, recorded_tape, simulated_tape

_CALL, _ROLE, _DECISION = (f"minds.deadlines.{name}_s" for name in ("call", "role", "decision"))
_COURT = "court.role_deadline_s"
_COURT_OVER_ROLE = 1.125
_LONGEST_COURT_S = 600.0


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The profile, with what the command line overrides. Raises UsageFault with all faults."""
    overrides: dict[str, Any] = {**getattr(arguments, "overrides", {}), **dict(_pair(text) for text in arguments.set)}
    if arguments.data and arguments.days is not None:
        raise UsageFault(
            "--days is the length of a simulated session; recorded bars end where --end says. Nothing was started. Give --start "
            "and --end."
        )
    if arguments.data:
        overrides["world"] = "recorded"
        overrides.setdefault("sentiment.sources", _sources(arguments.news))
    elif arguments.news:
        raise UsageFault(
            "--news goes with recorded bars: the simulated market has headlines of its own. Nothing was started."
        )
    for option, lacks in (("detail", "are not told finer"), ("funding", "pay no funding")):
        if getattr(arguments, option, None) and not arguments.data:
            raise UsageFault(
                f"--{option} goes with recorded bars: simulated ones {lacks}. Nothing was started. Give --data."
            )
    for name, key in (("timeframe", "market.timeframe"), ("days", "market.session_days"), ("seed", "seed")):
        if getattr(arguments, name) is not None:
            overrides[key] = getattr(arguments, name)
    if arguments.approve is not None:
        overrides["court.approval"] = arguments.approve
    overrides.update(_mind(arguments, overrides))
    if arguments.symbols:
        overrides["market.symbols"] = list(arguments.symbols)
    return load_profile(arguments.profile, overrides)


def tape_of(settings: Settings, arguments: argparse.Namespace) -> Tape:
    """The world's bars. Raises UsageFault or DataFault."""
    start, end = moment_of("--start", arguments.start), moment_of("--end", arguments.end)
    if settings.world == "recorded":
        if not arguments.data:
            raise UsageFault(
                f"The profile {settings.profile!r} needs recorded bars; nothing was started. "
                "Give files with --data, or use --profile paper for the simulated market."
            )
        tape = recorded_tape(settings, [Path(path) for path in arguments.data], arguments.symbols, start, end)
        return with_more(tape, getattr(arguments, "detail", None), getattr(arguments, "funding", None))
    if settings.world == "simulated":
        if start is not None or end is not None:
            raise UsageFault(
                "--start and --end choose a window of recorded bars; the simulated market has none. "
                "Nothing was started. Give --data too, or --days for a longer simulated session."
            )
        _known_to_the_simulation(settings)
        return simulated_tape(settings)
    raise UsageFault(
        f"The profile {settings.profile!r} is sound, but this version trades on its simulated exchange only: there is no "
        f"connection to {settings.venue.exchange} yet. Nothing was started. Use --profile paper."
    )


def with_more(tape: Tape, detail: Sequence[str] | None, funding: Sequence[str] | None) -> Tape:
    """The tape with what --detail and --funding tell beside its bars. Raises UsageFault or DataFault."""
    if detail:
        tape = with_detail(tape, [Path(path) for path in detail])
    if funding:
        tape = with_funding(tape, [Path(path) for path in funding])
    return tape


def _mind(arguments: argparse.Namespace, given: Mapping[str, Any]) -> dict[str, Any]:
    """What --mind and --model set where --set did not. A local model gets the patience that a processor needs."""
    if arguments.mind is None:
        if arguments.model is not None:
            raise UsageFault("--model goes with --mind: it names the model of a provider. Nothing was started.")
        return {}
    name = arguments.mind
    if name == "rules":
        return {"court.mind": "rules"}
    resolved = resolve(arguments.profile, given)
    providers = resolved.settings.minds.providers
    if name not in providers:
        near = get_close_matches(name, [*providers, "rules"], n=1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(providers)} and rules."
        raise UsageFault(f"The profile {arguments.profile!r} has no mind {name!r}; {hint} Nothing was started.")
    place = f"minds.providers.{name}"
    changed: dict[str, Any] = {"court.mind": "models", "minds.chain": [name]}
    if providers[name].kind == "local":
        changed |= _patience(resolved)
        if arguments.model is not None:
            changed |= {f"{place}.path": arguments.model, f"{place}.model": Path(arguments.model).name}
    elif arguments.model is not None:
        changed[f"{place}.model"] = arguments.model
    return {key: value for key, value in changed.items() if key not in given}


def _patience(resolved: Resolved) -> dict[str, float]:
    """The deadlines that a processor needs, where neither the command line nor a profile of the user's own states another.

    The court must outwait the models of a role: of those two, what is not stated follows from what is.
    """

    patience = {_CALL: 180.0, _ROLE: 400.0, _DECISION: 1200.0, _COURT: 450.0}
    own = {key for key in patience if exact(resolved.own, key.split(".")) is not None}
    settings = resolved.settings
    if _COURT in own:
        patience[_ROLE] = min(patience[_ROLE], settings.court.role_deadline_s / _COURT_OVER_ROLE)
    elif _ROLE in own:
        patience[_COURT] = min(_LONGEST_COURT_S, settings.minds.deadlines.role_s * _COURT_OVER_ROLE)
    return {key: value for key, value in patience.items() if key not in own}


def _sources(news: str | None) -> list[dict[str, object]]:
    return [] if news is None else [{"kind": "recorded", "name": Path(news).stem[:40], "weight": 1.0, "path": news}]


def _known_to_the_simulation(settings: Settings) -> None:
    coins = settings.market.start_price
    for symbol in settings.market.symbols:
        base = symbol.partition("/")[0]
        if base not in coins:
            raise UsageFault(
                f"The simulated market has no {base}; nothing was started. It has {', '.join(coins)}. "
                f"Give another one its first price with --set market.start_price.{base}=PRICE, or recorded bars with --data."
            )


def _pair(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise UsageFault(f"--set {text!r} is not KEY=VALUE, such as limits.max_drawdown=0.1; nothing was started.")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        raise UsageFault(f"--set {text!r}: {value!r} is not a value that YAML can read; nothing was started.") from None


def moment_of(option: str, text: str | None) -> datetime | None:
    """The moment in an option, UTC. Raises UsageFault."""
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
