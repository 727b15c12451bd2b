"""What `tribunal doctor` says, as values: the exit code, each check, and what is to be mended next."""

import asyncio
import io
import json
from typing import Any, NamedTuple

from execution.wire.server import WireServer
from ops.commands.operate.doctor import doctor_command
from ops.doctor import parser

BTC = ("--symbols", "BTC/USDT")


class Said(NamedTuple):
    """The exit code, the checks by name as (state, what was found and what mends it), and the one that is named."""

    code: int
    checks: dict[str, tuple[str, str]]
    next: str | None


def said(*options: str) -> Said:
    """What the doctor says in JSON."""
    out = io.StringIO()
    code = doctor_command(parser().parse_args([*options, "--json"]), out)
    tree = json.loads(out.getvalue())
    checks = {each["check"]: (each["state"], f"{each['told']} {each['how']}") for each in tree["checks"]}
    return Said(code, checks, tree["next"] and tree["next"]["check"])


def said_of(server: WireServer, *options: str, profile: str = "testnet", before: Any = None) -> Said:
    """What it says of a running exchange; `before` is awaited with its address first."""

    async def main() -> Said:
        async with server as url:
            if before is not None:
                await before(url)
            return await asyncio.to_thread(said, "--profile", profile, "--venue-url", url, *BTC, *options)

    return asyncio.run(main())
