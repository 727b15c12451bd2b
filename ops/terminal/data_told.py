"""Says on stderr, in one line a file, which data a command works with and how it was read. It does so with --quiet too."""

from collections.abc import Sequence
from typing import TextIO

from agents.desk.world import ON_THE_CLOCK, World
from config.clock import to_ms
from config.sections.market import PerpetualsSettings
from config.settings import Settings
from market.files.told import FileRead
from market.perpetual.spelling import Contract
from market.tape import Tape
from market.timeframe import Timeframe
from sentiment.sources.factory import told_of


def tell_data(world: World, tape: Tape, stderr: TextIO) -> None:
    """Print what was found in the files of a session: bars, with the account's currency, and headlines. Raises DataFault."""
    quotes = " or ".join(sorted({instrument.quote for instrument in tape.instruments.values()}))
    warm = to_ms(tape.warmup_start_utc), to_ms(tape.start_utc)
    lines = [*world.said]
    if world.settings.world in ON_THE_CLOCK:
        begins = tape.history_start_utc or tape.warmup_start_utc
        where = _account(world.settings)
        lines.append(
            f"{', '.join(tape.symbols)}: {tape.source_label}; their past from {begins:%Y-%m-%d} on; account in {quotes}, {where}"
        )
    perpetuals = world.settings.market.perpetuals
    lines += [
        f"{file.line(tape.timeframe, *warm)}; account in {quotes}" + _traded_as(file, perpetuals is not None)
        for file in tape.files
    ]
    lines += [f"{file.line(file.timeframe)}; inside the bars of {tape.timeframe}" for file in tape.detail_files]
    lines += [file.line(tape.timeframe) for file in tape.mark_files]
    lines += [file.line() for file in tape.fact_files]
    if perpetuals is not None:
        lines.append(_perpetual(perpetuals, tape, real=world.settings.venue.is_real))
    lines += told_of(world.settings.sentiment, tape.symbols)
    _print(lines, stderr)


def _traded_as(file: FileRead, perpetuals: bool) -> str:
    """That a file holds a perpetual contract, where it is traded as spot."""
    if perpetuals or not set(file.contracts) - {Contract.SPOT}:
        return ""
    return "; it holds a perpetual contract, and is traded as spot, long or flat (--profile perp trades both sides)"


def _perpetual(settings: PerpetualsSettings, tape: Tape, *, real: bool) -> str:
    """How perpetuals are traded, and what was assumed where marks or funding are missing. `real`: at an exchange, which tells
    both."""
    if real:
        return (
            f"{', '.join(tape.symbols)}: linear perpetuals, long and short, isolated margin, leverage {settings.leverage}, stops "
            f"on the {settings.trigger} price; mark prices and funding as the exchange tells them"
        )
    drawn = "drawn with the market" if tape.drawn else "from files"
    marks = (
        f"mark prices {drawn}"
        if tape.marks
        else "no mark prices were given (--marks), so the traded price stands for the mark: a wick of trading can liquidate"
    )
    funding = (
        f"funding {drawn}"
        if tape.funding
        else "the market draws no funding, so none is paid or received"
        if tape.drawn
        else "no funding rates were given (--funding), so none is paid or received: what is held long costs too little"
    )
    return (
        f"{', '.join(tape.symbols)}: linear perpetuals, long and short, isolated margin, leverage {settings.leverage}, stops on "
        f"the {settings.trigger} price; {marks}; {funding}"
    )


def _account(settings: Settings) -> str:
    """Where the account is that is traded, and whether its money is real."""
    venue = settings.venue
    if venue.also:
        return f"at {len(venue.members)} exchanges: {', '.join(_place(name, settings) for name in venue.members)}"
    if not venue.is_real:
        return "on the simulated exchange"
    if venue.ib is not None:
        return f"at Interactive Brokers: paper account {venue.ib.account}"
    if venue.url is not None:
        return f"at {venue.url}, no address of {venue.exchange}'s own"
    return f"at {venue.exchange}: REAL MONEY" if settings.world == "live" else f"at {venue.exchange}'s test network"


def _place(name: str, settings: Settings) -> str:
    """One of several exchanges, and what its account has."""
    venue = settings.venue.members[name]
    if venue.kind != "ccxt":
        return f"{name} (simulated, {venue.starting_cash})"
    real = "REAL MONEY" if settings.world == "live" else "its test network"
    return f"{name} ({real if venue.url is None else venue.url}, {venue.starting_cash})"


def tell_files(files: Sequence[FileRead], used: Timeframe, stderr: TextIO) -> None:
    """Print what was found in files of bars, used in the timeframe `used`."""
    _print([file.line(used) for file in files], stderr)


def _print(lines: Sequence[str], stderr: TextIO) -> None:
    for line in lines:
        stderr.write(f"{line}\n")
