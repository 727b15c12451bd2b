"""How a session is run and its folder concluded: the path that `tribunal run` and `tribunal backtest` share.

It takes a world that has been read already, so that a wrong setting is told before all that is here is loaded.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agents.approval.petition import teller_of
from agents.desk.description import describe
from agents.desk.kept import keep_request
from agents.desk.models import key_variables, refuse_without_keys, shadow_models_of, sits
from agents.desk.outside import outside_of
from agents.desk.paper import open_paper
from agents.desk.request import RunRequest
from agents.desk.steered.glance import Looked
from agents.desk.steered.parts import seated_models
from agents.desk.steered.source import SteerSource
from agents.desk.world import ON_THE_CLOCK, World, tape_of
from agents.llm.attempt import Attempt
from agents.recorded.resumed import ResumingSink
from agents.records.events import holds
from agents.records.folder import RunFolder, journal_of, make_folder, new_journal, write_checksum
from agents.records.record import CycleRecord, Session, SessionEnd
from agents.session import run_session
from agents.strategies.contexts import build_contexts
from agents.strategies.readiness import who_cannot_vote
from config.clock import PacedClock
from config.confirm import confirm, live_words, refuse_without_terminal
from config.ending import INTERRUPTED
from config.errors import UsageFault
from config.logging import configure
from config.secrets import Secrets, journal_key, load_secrets
from config.settings import Settings
from execution.journal.chain import Journal
from execution.journal.event import Listener
from market.tape import Tape
from ops.anchoring import Anchoring
from ops.commands.sessions.steered import steered
from ops.commands.switch_options import user
from ops.conclusion.closing import typed
from ops.live.onlookers import looked_on, paced
from ops.live.woken.opening import beating, masked_values, waking_of
from ops.logs.logged import Logged, logged
from ops.terminal.data_told import tell_data
from ops.terminal.listening import listened, listeners_of
from ops.terminal.progress import SessionProgress
from ops.terminal.seats import SeatsTeller, shadow_told
from ops.terminal.stopping import StopSignals
from ops.terminal.watching import Watching

if TYPE_CHECKING:
    from ops.commands.feeding import PastOfRun


class Conclude(Protocol):
    """What is done with the folder of a run that has ended."""

    def __call__(self, folder: Path, key: bytes, *, as_json: bool) -> None: ...


def run(request: RunRequest, world: World, conclude: Conclude, clock: PacedClock | None = None) -> int:
    """Run one session in its world, then `conclude` its folder; returns the exit code. `clock`: what a session on the clock lives
    by; None for this machine's.

    Raises TribunalError for whatever ends it before or midway, KeyboardInterrupt for a signal that does.
    """
    with StopSignals() as signals:
        return _run(request, world, conclude, signals, clock)


def _run(request: RunRequest, world: World, conclude: Conclude, signals: StopSignals, clock: PacedClock | None) -> int:
    settings = world.settings
    _refuse_without_feed(world)
    _refuse_unread_address(settings)
    _refuse_pace_of_time(settings, request)
    refuse_without_terminal(settings, sys.stdin, request.confirm)
    secrets = load_secrets(also=(*key_variables(world.seated), *settings.venue.key_variables))
    refuse_without_keys(world.seated, secrets)
    configure(level=secrets.log_level, secrets=masked_values(secrets))
    waking = waking_of(request, settings, secrets, sys.stderr)
    key = journal_key()
    anchoring = Anchoring(settings.journal, None if request.resume is None else Path(request.resume))
    past = _past(world, request, key, clock)
    if past is not None:
        world, settings = past.world, past.world.settings
        _confirmed(settings, past, request)
    tape = tape_of(world) if past is None else past.tape
    tell_data(world, tape, sys.stderr)
    session = describe(settings, tape, key, request.calibration, request.record)
    if past is not None:
        session = past.told_in(session, request.world, world.bars.feed_url)
    contexts = build_contexts(settings.strategies, session.symbols, session.own_strategies)
    known_days = (tape.start_utc - (tape.history_start_utc or tape.warmup_start_utc)).days
    for why in who_cannot_vote(contexts, len(session.symbols), settings.market.warmup_bars, known_days).values():
        sys.stderr.write(f"{why}\n")
    seats = SeatsTeller(settings, sys.stderr, required=request.require_models, quiet=request.quiet)
    fresh = request.resume is None
    folder = (
        make_folder(request.out, settings.profile)
        if request.resume is None
        else RunFolder(Path(request.resume), made=False)
    )
    try:
        if fresh:
            policy = settings.rl.model if settings.rl.mode != "off" else None
            anchor = settings.journal.anchor
            keep_request(folder.path, request, policy, anchor, anchoring.run if anchor else None)
        else:
            anchoring.refuse_cut_back(folder.path, key)
        group = 1 if _is_written_at_once(settings, request, past) else settings.journal.group_commit
        journal = _journal(folder.path, key, group, settings.journal.url, anchoring, fresh=fresh)
        path = journal_of(folder.path)
        keepers = anchoring.keepers(journal, path)
        steering = steered(world, request, folder.path, journal)
        with (
            logged(request.log_file, masked_values(secrets)) as lines,
            beating(settings, folder.path, signals) as beats,
            waking(folder.path.name) as woken,
        ):
            steering.parts.hide = partial(hide_more, lines, list(masked_values(secrets)))
            hearing = (*keepers, *beats, *woken, *lines, steering)
            if past is not None:
                from ops.commands.feeding import trade_feed

                end = trade_feed(world, past, session, journal, path, key, signals, seats, hearing, request, steering)
            else:
                end = _live(world, session, tape, journal, folder.path, key, signals, seats, hearing, request, steering)
        for keeper in keepers:
            keeper.finish()
    except BaseException as fault:
        if fresh and not _worth_keeping(folder.path, fault, real=settings.venue.is_real):
            folder.remove()
        elif journal_of(folder.path).exists():
            _tell_of(folder.path)
        raise
    write_checksum(folder.path)
    conclude(folder.path, key, as_json=request.as_json)
    seats.at_end()
    return INTERRUPTED if end.reason == "interrupted" else 0


def _refuse_without_feed(world: World) -> None:
    """Raise UsageFault for options of a live feed in a world that has none."""
    if world.settings.world not in ON_THE_CLOCK and (world.bars.feed_url or world.bars.feed_bars):
        raise UsageFault(
            "--feed-url and --bars-limit belong to a live feed. Nothing was started; name its exchange with --feed."
        )


def _refuse_unread_address(settings: Settings) -> None:
    """Raise UsageFault for an address of an exchange where the exchange is simulated: no order would go there."""
    venue = settings.venue
    if venue.kind != "ccxt" and (venue.url or any(other.url for other in venue.also)):
        raise UsageFault(
            f"The profile {settings.profile!r} simulates its exchange, so no order would go to the address that --venue-url (or "
            "venue.url) gives. Nothing was started; name a profile that trades there, such as testnet, or leave it out."
        )


def _is_written_at_once(settings: Settings, request: RunRequest, past: "PastOfRun | None") -> bool:
    """Whether each event is committed by itself: where models sit, whose words cost money, where a run goes on, and
    where somebody looks on beside a paced tape."""
    return sits(settings) or past is not None or request.pace_s is not None


def _refuse_pace_of_time(settings: Settings, request: RunRequest) -> None:
    """Raise UsageFault for a pace where bars have one of their own."""
    if request.pace_s is not None and settings.world in ON_THE_CLOCK:
        raise UsageFault(
            "--pace is for bars that are there already, and these close when they close. Nothing was started; leave it out."
        )


def _past(world: World, request: RunRequest, key: bytes, clock: PacedClock | None) -> "PastOfRun | None":
    """What a session by the clock begins with; None for any other, which loads no client of an exchange."""
    if world.settings.world not in ON_THE_CLOCK:
        return None
    from ops.commands.feeding import past_of_run
    from ops.health.start import typed_for_real_money

    words = typed_for_real_money(request, world.settings, user()) if world.settings.world == "live" else ()
    return past_of_run(world, request, key, clock, words)


def _confirmed(settings: Settings, past: "PastOfRun", request: RunRequest) -> None:
    """Return when no real money is traded, or the user has typed how much of it, and where. Raises NotConfirmed."""
    ramp = past.ramp
    if settings.world != "live" or ramp is None:
        return
    quote = past.quote
    place = settings.venue.exchange if settings.venue.url is None else settings.venue.url
    told = (
        f"The profile {settings.profile!r} sends orders for real money to {place}: {ramp.usable} of {ramp.capital} {quote} may "
        f"be used now ({ramp.share:.0%})."
    )
    confirm(live_words(settings, ramp.usable, quote), told, sys.stdin, sys.stderr, request.confirm)


def _worth_keeping(folder: Path, fault: BaseException, *, real: bool) -> bool:
    """Whether a broken-off run holds anything that models were asked for, or bars of a session that was stopped at once, or bars
    on which orders may have left this program."""
    path = journal_of(folder)
    if not path.exists():
        return False
    return holds(path, Attempt) or ((real or isinstance(fault, KeyboardInterrupt)) and holds(path, CycleRecord))


def _tell_of(folder: Path) -> None:
    with suppress(OSError):
        sys.stderr.write(f"What was journaled is kept: {typed('run', '--resume', folder)} goes on from there.\n")


def _journal(
    folder: Path, key: bytes, group_commit: int, url: str | None, anchoring: Anchoring, *, fresh: bool
) -> Journal | ResumingSink:
    if fresh:
        return Journal(new_journal(folder, url), key, group_commit, url)
    path = journal_of(folder)
    return ResumingSink(path, key, group_commit, partial(anchoring.shortens, path))


def hide_more(lines: Sequence[Logged], hidden: list[str], secrets: Secrets) -> None:
    """Keep the keys of models that a session takes over out of its logs, and go on to keep all that were `hidden` before."""
    hidden += [value for value in masked_values(secrets) if value not in hidden]
    configure(level=secrets.log_level, secrets=hidden)
    for line in lines:
        line.hide(hidden)


def _live(
    world: World,
    session: Session,
    tape: Tape,
    journal: Journal | ResumingSink,
    folder: Path,
    key: bytes,
    signals: StopSignals,
    seats: SeatsTeller,
    keepers: Sequence[Listener],
    request: RunRequest,
    steering: SteerSource,
) -> SessionEnd:
    settings = world.settings

    async def trade(stop: Callable[[], bool], watch: Watching) -> SessionEnd:
        secrets = load_secrets(also=key_variables(world.seated))
        async with (
            seated_models(world.seated, secrets, steering.parts, seats.at_start) as asker,
            shadow_models_of(settings, secrets, shadow_told(settings, sys.stderr, quiet=request.quiet)) as shadow_asker,
        ):
            told = teller_of(keepers)
            outside = outside_of(settings, asker, journal, told, folder, shadow_asker)
            outside = outside._replace(overheard=watch.overheard)
            looked = Looked(steering, journal.input) if isinstance(journal, ResumingSink) else Looked(steering)
            outside = outside._replace(looked=looked, parts=steering.parts)
            sink = listened(journal, listeners)
            desk = open_paper(settings, session, tape, sink, key, outside)
            return await run_session(desk, stop, paced(request.pace_s, stop))

    try:
        with (
            SessionProgress(session.bars or 1, None if request.quiet else sys.stderr) as progress,
            looked_on(request, session, journal, folder, key, progress.above) as watch,
            signals.trading(),
        ):
            listeners = listeners_of(settings, progress, seats, *watch.listeners, *keepers)
            end = asyncio.run(trade(signals.asked, watch))
        journal.close()
    except BaseException:
        journal.abandon()
        raise
    return end
