"""The first events of a journal: the description of a session, and its warm-up."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from agents.court.minds.watchlist import watchlist_of
from agents.court.prompts.own import read_own_prompts
from agents.records.known import read_cases, read_known
from agents.records.record import ExchangeAt, KnownCases, Policy, Session, Warmup
from agents.shadow.seat import ShadowSeat, read_seat
from agents.strategies.contexts import build_contexts
from agents.strategies.own import read_own
from config.clock import to_ms
from config.errors import UsageFault
from config.sections.journal import JournalSettings
from config.settings import Settings
from config.version import version
from execution.journal.rows import key_id
from execution.venues.routed import common_rules
from market.bar import Bar, Prices
from market.instrument import Instrument
from market.tape import Tape
from risk.calibration import (
    ANALYST,
    SHRINK_K,
    VOTERS,
    CalibrationMap,
    ShortMaps,
    SizingMaps,
    maps_in,
    read_calibrations,
)
from rl.factory import Served, open_policy


def describe(
    settings: Settings, tape: Tape, key: bytes, calibration: str | None = None, record: str | None = None,
    first_utc: datetime | None = None,
) -> Session:  # fmt: skip
    """The description of a session, as its journal begins with it. `first_utc`: when its court first hears a case, where that is
    later than the first bar; what earlier runs have taught must end before that.

    Raises UsageFault, before anything is written, for markets of several quote currencies, for voters that cannot be built, for a
    policy that does not fit the run, and for a watchlist with markets that the session does not have.
    """
    _one_quote(tape)
    first_utc = first_utc or tape.start_utc
    exchanges = simulated_exchanges(settings, tape.instruments)
    perpetuals = settings.market.perpetuals is not None
    served = open_policy(settings.rl, tape.symbols, tape.timeframe, tape.start_utc, perpetuals=perpetuals)
    own = read_own(settings.strategies)
    build_contexts(settings.strategies, tape.symbols, own)
    if settings.court.mind == "models":
        watchlist_of(settings, tape.symbols)
    return Session(
        version=version(),
        settings=without_folders(settings),
        source=tape.source_label,
        symbols=tuple(tape.symbols),
        timeframe=tape.timeframe,
        instruments=common_rules([each.instruments for each in exchanges.values()])
        if exchanges
        else dict(tape.instruments),
        exchanges=exchanges,
        start_utc=tape.start_utc,
        end_utc=tape.end_utc,
        bars=len(tape),
        key_id=key_id(key),
        calibration=_maps(calibration, settings, first_utc) if calibration else None,
        policy=None if served is None else _policy(served),
        record=read_known(Path(record), first_utc) if record else None,
        memory=_memory(settings, first_utc),
        shadow=_shadow(settings),
        own_strategies=own,
        own_prompts=read_own_prompts(settings),
        findings=(*tape.findings, *(found for past in tape.warmup_slices() for found in past.findings)),
    )


def _memory(settings: Settings, first_utc: datetime) -> KnownCases | None:
    """The cases of earlier runs, where models sit that read them."""
    path = settings.court.memory
    reads = path is not None and settings.court.mind == "models" and settings.minds.case == "whole"
    return read_cases(Path(path).expanduser(), first_utc) if reads and path is not None else None


def _shadow(settings: Settings) -> ShadowSeat | None:
    """The court that hears the same cases aside, without the folders of its files."""
    seat = read_seat(settings)
    if seat is None:
        return None
    bare = without_folders(seat.within(settings))
    return seat.model_copy(update={"court": bare.court, "minds": bare.minds})


def simulated_exchanges(settings: Settings, instruments: Mapping[str, Instrument]) -> dict[str, ExchangeAt]:
    """The exchanges of a session on several, as the simulation has them: the same rules, and each its own fees; empty for one
    exchange."""
    fees = {
        each.name: {
            name: value for name in ("maker_fee_bps", "taker_fee_bps") if (value := getattr(each, name)) is not None
        }
        for each in settings.venue.also
    }
    return {
        name: ExchangeAt(
            instruments={symbol: rules.model_copy(update=fees.get(name, {})) for symbol, rules in instruments.items()}
        )
        for name in settings.venue.members
    }


def _policy(served: Served) -> Policy:
    """What the journal says of a policy."""
    verdict = served.verdict
    return Policy(
        name=served.model.name,
        sha256=served.model.sha256,
        passed=None if verdict is None else verdict.passed,
        promise=None if verdict is None else verdict.promise,
    )


def _maps(path: str, settings: Settings, first_utc: datetime) -> SizingMaps:
    """The maps that sizing uses, from a calibration file whose data ends before the first case is heard. Where the market can be
    sold short, both sides have theirs: one without an outcome says one half."""
    speakers = read_calibrations(Path(path), first_utc).speakers
    long, short = maps_in(speakers, short=False), maps_in(speakers, short=True)
    both = settings.market.perpetuals is not None and settings.court.sides == "both"
    if VOTERS not in long and not (both and VOTERS in short):
        raise UsageFault(
            f"{path} has no map of the voters' conviction, which sizing needs. Nothing was started. Make one with "
            "`tribunal calibrate --out`."
        )
    shorts = ShortMaps(voters=_voters(short), analysts=_analysts(short)) if both else None
    return SizingMaps(voters=_voters(long), analysts=_analysts(long), shorts=shorts)


def _voters(maps: Mapping[str, CalibrationMap]) -> CalibrationMap:
    return maps.get(VOTERS) or CalibrationMap(points=(), n=0, k=SHRINK_K)


def _analysts(maps: Mapping[str, CalibrationMap]) -> dict[str, CalibrationMap]:
    return {name: known for name, known in maps.items() if name.endswith(f"/{ANALYST}")}


def without_folders(settings: Settings) -> Settings:
    """The same settings with file names instead of paths, and without the place of the journal: no decision depends on where
    something lies, and the same run has the same journal in a file and in a database."""

    def bare(path: str | None) -> str | None:
        return Path(path).name if path else path

    sources = tuple(source.model_copy(update={"path": bare(source.path)}) for source in settings.sentiment.sources)
    minds = settings.minds
    providers = {name: entry.model_copy(update={"path": bare(entry.path)}) for name, entry in minds.providers.items()}
    return settings.model_copy(
        update={
            "strategies": tuple(one.model_copy(update={"file": bare(one.file)}) for one in settings.strategies),
            "sentiment": settings.sentiment.model_copy(update={"sources": sources}),
            "rl": settings.rl.model_copy(update={"model": bare(settings.rl.model)}),
            "minds": minds.model_copy(
                update={"providers": providers, "cassette": bare(minds.cassette), "prompts": bare(minds.prompts)}
            ),
            "court": settings.court.model_copy(
                update={"memory": bare(settings.court.memory), "shadow": bare(settings.court.shadow)}
            ),
            "journal": JournalSettings(group_commit=settings.journal.group_commit),
            "live": settings.live.model_copy(update={"key_backup": bare(settings.live.key_backup)}),
        }
    )


def warmup_of(tape: Tape) -> Warmup:
    """The bars before the first decision, in the form of the journal."""
    return Warmup(
        slices=tuple((to_ms(past.close_utc), _prices(past.bars)) for past in tape.warmup_slices()),
        days=tuple((to_ms(closed), _prices(bars)) for closed, bars in tape.days()),
    )


def _prices(bars: Mapping[str, Bar]) -> dict[str, Prices]:
    return {symbol: (bar.open, bar.high, bar.low, bar.close, bar.volume) for symbol, bar in bars.items()}


def _one_quote(tape: Tape) -> None:
    quotes = sorted({instrument.quote for instrument in tape.instruments.values()})
    if len(quotes) > 1:
        raise UsageFault(
            f"{', '.join(tape.symbols)} are quoted in {' and '.join(quotes)}, and an account has one currency. Nothing was "
            "started. Choose markets of one quote currency with --symbols."
        )
