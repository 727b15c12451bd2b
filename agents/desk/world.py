"""From a request to a world: its resolved settings and its bars. Refuses what cannot be met, before a session starts."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from agents.desk.request import BarsRequest, WorldRequest
from agents.records.steered import Reseated
from agents.strategies.own import read_own
from agents.strategies.readiness import days_wanted
from config.errors import DataFault, UsageFault
from config.frozen import Frozen
from config.reading.load import Resolved, load_profile, resolve
from config.reading.tree import exact
from config.sections.minds import PRESETS
from config.settings import Settings
from market.perpetual.spelling import unsettled
from market.plausible.contracts import refuse_inverse
from market.tape import Tape, recorded_tape, simulated_past, simulated_tape
from market.timeframe import Timeframe

ON_THE_CLOCK = ("feed", "testnet", "live")
"""Worlds whose bars are yet to come."""
CONTEXT_DAYS = 400
"""Days before the warm-up that the market context asks for: its longest mean is of 200 days, its slowest rule of ten months."""
_CALL, _ROLE, _DECISION = (f"minds.deadlines.{name}_s" for name in ("call", "role", "decision"))
_COURT = "court.role_deadline_s"
_COURT_OVER_ROLE = 1.125
_LONGEST_COURT_S = 600.0


class World(Frozen):
    """The settings of a session, and the files of its bars. Another process can open it."""

    settings: Settings
    bars: BarsRequest = BarsRequest()
    said: tuple[str, ...] = ()
    """What was decided otherwise than the profile says, for the user."""
    seats: Reseated | None = None
    """The models that a session which is resumed has taken over since it began, with the folders of their files."""

    @property
    def seated(self) -> Settings:
        """The settings with the models that answer now."""
        if self.seats is None:
            return self.settings
        minds = self.seats.within(self.settings.minds)
        return self.settings.model_copy(update={"minds": minds})


def settings_of(request: WorldRequest) -> Settings:
    """The settings of a request that names no bars. Raises UsageFault, with all faults of the settings."""
    changed = dict(request.overrides)
    return load_profile(request.profile, changed | _mind(request, changed))


def world_of(request: WorldRequest) -> World:
    """The requested world. Raises UsageFault, with all faults of the settings, and for inverse contracts."""
    _refuse_clashes(request)
    changed = dict(request.overrides)
    if request.bars.data:
        changed["world"] = "recorded"
        changed.setdefault("sentiment.sources", _sources(request))
        if request.bars.facts:
            changed.setdefault("market.context", "facts")
    if request.feed is not None:
        changed |= _on_feed(request, changed)
    named = {
        "market.timeframe": request.timeframe,
        "market.session_days": request.days,
        "market.scenario": request.scenario,
        "seed": request.seed,
        "court.approval": request.approve,
    }
    changed |= {key: value for key, value in named.items() if value is not None}
    changed |= _mind(request, changed)
    if request.bars.symbols:
        changed["market.symbols"] = [unsettled(each) for each in request.bars.symbols]
    world = World(settings=_with_capital(load_profile(request.profile, changed), changed), bars=request.bars)
    if world.settings.market.perpetuals is not None:
        refuse_inverse(request.bars.symbols or ())
    world = _without_funding(world, request.profile, changed)
    if not request.bars.data or request.timeframe is not None or _says_timeframe(request.overrides):
        return world
    return _as_found(world, request.profile, changed)


def _without_funding(world: World, profile: str, changed: dict[str, Any]) -> World:
    """The world in which funding is no reason to refuse, where perpetuals have recorded bars and no rates of funding."""
    settings, setting = world.settings, "limits.max_funding_share"
    if settings.market.perpetuals is None or not world.bars.data or world.bars.funding:
        return world
    if settings.limits.max_funding_share is None or setting in changed:
        return world
    changed[setting] = None
    sentence = (
        f"No funding rates were given (--funding), and nothing is opened where they are unknown: {setting} is null."
    )
    return world.model_copy(update={"settings": load_profile(profile, changed), "said": (sentence,)})


def _with_capital(settings: Settings, changed: Mapping[str, Any]) -> Settings:
    """The settings in which the money of a session with real money is its capital. Raises UsageFault where it is named twice."""
    if settings.world != "live":
        return settings
    if "venue.starting_cash" in changed:
        raise UsageFault(
            "venue.starting_cash is for play money. Nothing was started. Say how much real money may be used with --set "
            "live.capital=AMOUNT."
        )
    return settings.model_copy(
        update={"venue": settings.venue.model_copy(update={"starting_cash": settings.live.capital})}
    )


def _says_timeframe(overrides: Mapping[str, Any]) -> bool:
    market = overrides.get("market")
    return "market.timeframe" in overrides or (isinstance(market, Mapping) and "timeframe" in market)


def _as_found(world: World, profile: str, changed: dict[str, Any]) -> World:
    """The world in the timeframe of its files. Raises DataFault. Files that do not exist are refused when bars are read."""
    from market.files.bars import timeframe_of_files  # it loads pandas, which simulated bars do not need
    from market.files.sources import all_exist

    bars, said = world.bars, world.settings.market.timeframe
    paths = [Path(path) for path in bars.data]
    if not all_exist(paths) or (found := timeframe_of_files(paths, bars.symbols, bars.reading)) == said:
        return world
    if found is Timeframe.W1:
        raise DataFault(
            "The files hold bars of a week, and a session decides on bars of one minute to one day. Nothing was started. Give "
            "finer bars."
        )
    settings = load_profile(profile, {**changed, "market.timeframe": found.value})
    sentence = (
        f"The files hold {found} bars, and the profile says {said}: {found} is taken. --timeframe says otherwise."
    )
    return world.model_copy(update={"settings": settings, "said": (*world.said, sentence)})


def past_of(world: World) -> Tape:
    """The bars that a policy may learn from and be judged on: the world's, and of a simulated world the time before its sessions.

    So a policy that was trained on the simulated market has learnt nothing of the session that it then serves. Raises UsageFault
    or DataFault.
    """
    return _bars_of(world, simulated_past)


def tape_of(world: World) -> Tape:
    """The world's bars. Raises UsageFault or DataFault."""
    return _bars_of(world, simulated_tape)


def _bars_of(world: World, drawn: Callable[[Settings, int], Tape]) -> Tape:
    """The world's bars; `drawn` makes those of the simulated market from the settings and the days before its warm-up."""
    settings, bars = world.settings, world.bars
    if settings.world == "recorded":
        if not bars.data:
            raise UsageFault(
                f"The profile {settings.profile!r} needs recorded bars. Nothing was started. "
                "Give files with --data, or use --profile paper for the simulated market."
            )
        return _recorded(settings, bars)
    if settings.world == "simulated":
        if bars.start_utc is not None or bars.end_utc is not None:
            raise UsageFault(
                "--start and --end choose a window of recorded bars; the simulated market has none. "
                "Nothing was started. Give --data too, or --days for a longer simulated session."
            )
        _known_to_the_simulation(settings)
        return drawn(settings, history_days(settings))
    raise UsageFault(
        f"The bars of {settings.market.feed} are yet to come, and this command needs bars that are there. Nothing was "
        "started. Trade the feed with `tribunal run`, or give recorded bars with --data."
    )


def _refuse_clashes(request: WorldRequest) -> None:
    """Raise UsageFault for options that exclude each other."""
    bars = request.bars
    if request.feed is not None:
        _refuse_beside_feed(request)
    if bars.data:
        if request.days is not None:
            raise UsageFault(
                "--days is the length of a simulated session, and --data gives recorded bars. Nothing was started. Give "
                "--start and --end instead of --days."
            )
        if request.scenario is not None:
            raise UsageFault(
                "--scenario says what the simulated market does, and --data gives recorded bars. Nothing was started. Leave out "
                "one of them."
            )
        return
    if request.news:
        raise UsageFault(
            "--news needs recorded bars: the simulated market has its own headlines. Nothing was started. Give --data too, or "
            "leave out --news."
        )
    for option, given, lacks in (
        ("detail", bars.detail, "have no finer bars"),
        ("marks", bars.marks, "have their own mark prices"),
        ("funding", bars.funding, "have funding of their own, or pay none"),
        ("facts", bars.facts, "have no other past"),
    ):
        if given:
            raise UsageFault(
                f"--{option} needs recorded bars: simulated ones {lacks}. Nothing was started. Give --data too, or leave out "
                f"--{option}."
            )


def _refuse_beside_feed(request: WorldRequest) -> None:
    """Raise UsageFault for options that a live feed excludes."""
    bars = request.bars
    for option, given in (
        ("--data", bars.data),
        ("--start", bars.start_utc),
        ("--end", bars.end_utc),
        ("--scenario", request.scenario),
    ):
        if given:
            raise UsageFault(
                f"--feed trades the bars of {request.feed} as they close, and {option} says otherwise. Nothing was started. "
                "Leave one of them out."
            )


def _on_feed(request: WorldRequest, changed: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a live feed. Headlines of the simulated market say nothing of a real one: such sources are left out."""
    beside: dict[str, Any] = {"world": "feed", "market.feed": request.feed}
    if "minds.warm_wait" not in changed:
        beside["minds.warm_wait"] = False
    if "court.wait" not in changed:
        beside["court.wait"] = False
    if "sentiment.sources" not in changed:
        own = load_profile(request.profile, {**changed, **beside}).sentiment.sources
        kept = [source.model_dump(mode="json") for source in own if source.kind != "simulated"]
        beside["sentiment.sources"] = kept
    return beside


def _recorded(settings: Settings, bars: BarsRequest) -> Tape:
    from market.finer import (
        as_perpetual,
        with_detail,
        with_facts,
        with_funding,
        with_marks,
    )  # it loads pandas, which simulated bars do not need

    paths = [Path(path) for path in bars.data]
    days = history_days(settings)
    tape = recorded_tape(settings, paths, bars.symbols, bars.start_utc, bars.end_utc, bars.reading, days)
    if bars.detail:
        tape = with_detail(tape, [Path(path) for path in bars.detail], bars.reading)
    if bars.marks:
        if settings.market.perpetuals is None:
            raise UsageFault(
                "--marks gives mark prices of perpetual contracts, and the profile trades spot. Nothing was started. Take "
                "--profile perp, or leave out --marks."
            )
        tape = with_marks(tape, [Path(path) for path in bars.marks], bars.reading)
    if bars.funding:
        tape = with_funding(tape, [Path(path) for path in bars.funding])
    if settings.market.perpetuals is not None:
        tape = as_perpetual(tape)
    if settings.market.context == "none" and bars.facts:
        raise UsageFault(
            "--facts gives figures, and market.context: none says that no case reads any. Nothing was started. Leave one of them "
            "out."
        )
    if settings.market.context == "facts" and (bars.facts or bars.funding):
        files, funding = ([Path(path) for path in given] for given in (bars.facts, bars.funding))
        tape = with_facts(tape, files, funding, bars.reading)
    return tape


def history_days(settings: Settings) -> int:
    """The days before the warm-up that a session reads: those of the profile, or what its voters and its context ask for.

    A simulated market has a first day, and prices follow from it. So there the days are those of the context, or of the longest
    window if that is more: what a voter would like to learn from beyond its window changes no price that another voter meets.
    """
    said = settings.market.history_days
    if said is not None:
        return said
    context = CONTEXT_DAYS if settings.market.context == "facts" else 0
    windows_alone = settings.world == "simulated"
    return max(context, days_wanted(settings.strategies, read_own(settings.strategies), windows_alone=windows_alone))


def _mind(request: WorldRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that --mind and --model change, if --set does not. A local model gets longer deadlines."""
    name, model = request.mind, request.model
    if name is None:
        if model is not None:
            raise UsageFault(
                "--model needs --mind: it names the model of a provider. Nothing was started. Name the provider with --mind."
            )
        return {}
    if name == "rules":
        return {"court.mind": "rules"}
    if name in PRESETS and _is_new(name, request.profile, given):
        return {key: value for key, value in _preset(name, model).items() if key not in given}
    resolved = resolve(request.profile, given)
    providers = resolved.settings.minds.providers
    if name not in providers:
        near = get_close_matches(name, [*providers, *PRESETS, "rules"], n=1)
        known = ", ".join(dict.fromkeys((*providers, *PRESETS)))
        hint = f"did you mean {near[0]}?" if near else f"it has {known} and rules."
        raise UsageFault(f"The profile {request.profile!r} has no mind {name!r}; {hint} Nothing was started.")
    place = f"minds.providers.{name}"
    changed: dict[str, Any] = {"court.mind": "models", "minds.chain": [name]}
    if providers[name].kind == "local":
        changed |= _patience(resolved)
        if model is not None:
            changed |= {f"{place}.path": model, f"{place}.model": Path(model).name}
    elif model is not None:
        changed[f"{place}.model"] = model
    return {key: value for key, value in changed.items() if key not in given}


def _is_new(name: str, profile: str, given: Mapping[str, Any]) -> bool:
    """Whether neither the profile nor the command line says what kind of provider this is."""
    place = f"minds.providers.{name}"
    return not given.keys() & {place, f"{place}.kind"} and name not in resolve(profile, {}).settings.minds.providers


def _preset(name: str, model: str | None) -> dict[str, Any]:
    """The settings that seat a model of a known server which the profile does not name. Raises UsageFault without its name."""
    if model is None:
        raise UsageFault(
            f"--mind {name} needs the name of a model there. Nothing was started. Add --model NAME, or name both in "
            "minds.providers of your profile."
        )
    return {
        "court.mind": "models",
        "minds.chain": [name],
        f"minds.providers.{name}.kind": name,
        f"minds.providers.{name}.model": model,
    }


def _patience(resolved: Resolved) -> dict[str, float]:
    """Deadlines for a model on this machine's processor, if neither the command line nor the user's own profile sets them.

    The court's deadline for a role must be longer than that of its models, so if only one of the two is set, the other follows
    from it.
    """

    patience = {_CALL: 180.0, _ROLE: 400.0, _DECISION: 1200.0, _COURT: 450.0}
    own = {key for key in patience if exact(resolved.own, key.split(".")) is not None}
    settings = resolved.settings
    if _COURT in own:
        patience[_ROLE] = min(patience[_ROLE], settings.court.role_deadline_s / _COURT_OVER_ROLE)
    elif _ROLE in own:
        patience[_COURT] = min(_LONGEST_COURT_S, settings.minds.deadlines.role_s * _COURT_OVER_ROLE)
    return {key: value for key, value in patience.items() if key not in own}


def _sources(request: WorldRequest) -> list[dict[str, object]]:
    news = request.news
    if news is None:
        return []
    return [
        {"kind": "recorded", "name": Path(news).stem[:40], "weight": 1.0, "path": news, "dates": request.news_dates}
    ]


def _known_to_the_simulation(settings: Settings) -> None:
    coins = settings.market.start_price
    for symbol in settings.market.symbols:
        base = symbol.partition("/")[0]
        if base not in coins:
            raise UsageFault(
                f"The simulated market has no {base}; nothing was started. It has {', '.join(coins)}. "
                f"Set a first price with --set market.start_price.{base}=PRICE, or give recorded bars with --data."
            )
