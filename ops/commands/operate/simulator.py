"""What `tribunal simulator` does: it opens the exchange on the bars that were asked for, and serves it until it is stopped."""

import argparse
import asyncio
import re
import signal
import sys
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

from agents.desk.world import tape_of, world_of
from config.clock import SystemClock
from config.errors import UsageFault
from execution.wire.endpoints import NAMES
from execution.wire.faults import Scenario, read_scenario
from execution.wire.opening import exchange_on
from execution.wire.perpetual.endpoints import NAMES as PERPETUAL_NAMES
from execution.wire.server import KEY, WireServer
from market.instrument import Instrument
from market.timeframe import Timeframe
from ops.commands.requests import contracts_asked

_FASTEST = 100_000.0
_BALANCE = re.compile(r"([A-Z0-9]{1,15})=([0-9]{1,15}(\.[0-9]{1,8})?)")


def simulator_command(arguments: argparse.Namespace) -> NoReturn:
    """Serve until stopped: it ends with KeyboardInterrupt. Raises UsageFault, DataFault."""
    if not 0 <= arguments.speed <= _FASTEST:
        raise UsageFault(f"--speed {arguments.speed:g} is no speed; nothing was started. Give 0 to {_FASTEST:g}.")
    if not 0 <= arguments.port <= 65535:
        raise UsageFault(f"--port {arguments.port} is no port; nothing was started. Give 1 to 65535, or 0 for any.")
    given = dict(_balance(text) for text in arguments.balance)
    world = world_of(contracts_asked(arguments).model_copy(update={"days": arguments.days}))
    names = NAMES if world.settings.market.perpetuals is None else PERPETUAL_NAMES
    scenario = Scenario() if arguments.faults is None else read_scenario(Path(arguments.faults), names)
    tape, clock, venue = tape_of(world), SystemClock(), world.settings.venue
    played_as = None if arguments.played_as is None else Timeframe(arguments.played_as)
    exchange = exchange_on(
        tape, venue, clock.now(), given or _cash(tape.instruments, venue.starting_cash),
        fee_in_quote=arguments.fee_in == "quote", played_as=played_as,
    )  # fmt: skip
    server = WireServer(exchange, clock=clock, port=arguments.port, scenario=scenario, speed=arguments.speed)
    length = tape.timeframe.value if played_as is None else f"{tape.timeframe} played as {played_as}"
    told = (
        *world.said,
        f"It plays {tape.source_label}: {' '.join(tape.symbols)}, bars of {length}, {_pace(arguments.speed)}.",
        f"Key {KEY.name}, secret {KEY.secret}. Ctrl-C ends it; nothing is kept.",
    )
    asyncio.run(_serve(server, arguments.port, () if arguments.quiet else told))


async def _serve(server: WireServer, port: int, told: tuple[str, ...]) -> NoReturn:
    try:
        url = await server.__aenter__()
    except OSError as fault:
        raise UsageFault(
            f"Port {port} of this machine cannot be opened ({fault.strerror or fault}). Nothing was started; give another "
            "--port, or 0 for any."
        ) from None
    try:
        protocol = "USD-M protocol of perpetuals" if server.exchange.perpetual else "spot protocol"
        first = f"The simulated exchange listens at {url} (Binance's {protocol})."
        for line in (first, *told):
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        await _stopped()
    finally:
        await server.__aexit__()
        if server.faults.happened:
            counted = ", ".join(f"{kind} {count}" for kind, count in sorted(server.faults.happened.items()))
            sys.stdout.write(f"Faults that happened: {counted}.\n")
    raise KeyboardInterrupt


async def _stopped() -> None:
    """Wait for Ctrl-C or SIGTERM, also where the shell that started this in the background ignores Ctrl-C."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()


def _pace(speed: float) -> str:
    return f"{speed:g} s of the market a second" if speed else "moved by POST /sim/advance"


def _balance(text: str) -> tuple[str, Decimal]:
    found = _BALANCE.fullmatch(text)
    if found is None:
        raise UsageFault(f"--balance {text!r} is not COIN=AMOUNT; nothing was started. Write USDT=10000 or BTC=0.5.")
    return found[1], Decimal(found[2])


def _cash(instruments: dict[str, Instrument], amount: Decimal) -> dict[str, Decimal]:
    return {rules.quote: amount for rules in instruments.values()}
