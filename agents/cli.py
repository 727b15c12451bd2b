"""The console script `tribunal`: finds the command, imports only that one, and hands it the arguments.

It knows names and nothing else, so that asking for help never loads the trading system.
"""

import importlib
import sys
from collections.abc import Sequence
from difflib import get_close_matches

from config.errors import TribunalError, UsageFault

COMMANDS = {
    "run": ("agents.run", "trade a session; paper money unless the profile says otherwise"),
    "backtest": ("agents.backtest", "put recorded bars through the same path, and judge the result"),
    "halt": ("agents.halt", "the kill switch: no new risk in any session, until resumed"),
    "resume": ("agents.resume", "lift the kill switch, with a reason"),
    "replay": ("agents.replay", "replay a journal and compare it byte by byte"),
    "calibrate": ("agents.calibrate", "hold the convictions stated in court against what happened"),
    "attribution": ("agents.attribution", "who changed the rulings, and what that was worth"),
    "ablation": ("agents.ablation", "what each part of the system adds, rung by rung"),
    "walkforward": ("agents.walkforward", "choose parameters on the past, judge on what came next; how much is luck"),
    "sweep": ("agents.sweep", "search parameters; resumable"),
    "audit": ("agents.audit", "turn the evidence round, hide the names: does the ruling follow?"),
    "riskmodel": ("agents.riskmodel", "hold the VaR and ES estimators against what happened, out of sample"),
    "impact": ("agents.impact", "what a large order costs, from recorded order books"),
    "collect": ("sentiment.collect", "add new headlines of RSS feeds to a point-in-time archive"),
    "check": ("config.check", "show what a profile resolves to, or everything that is wrong with it"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; 2 for an unknown one."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        (sys.stdout if arguments else sys.stderr).write(_help())
        return 0 if arguments else UsageFault.exit_code
    name, *rest = arguments
    if name not in COMMANDS:
        sys.stderr.write(_unknown(name))
        return UsageFault.exit_code
    try:
        return int(importlib.import_module(COMMANDS[name][0]).main(rest) or 0)
    except TribunalError as fault:
        sys.stderr.write(f"{fault}\n")
        return fault.exit_code


def _help() -> str:
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:<{width}}{text}" for name, (_, text) in COMMANDS.items()]
    return (
        "\n".join(
            [
                "usage: tribunal COMMAND [options]",
                "",
                "commands:",
                *lines,
                "",
                "`tribunal COMMAND --help` lists its options.",
            ]
        )
        + "\n"
    )


def _unknown(name: str) -> str:
    near = get_close_matches(name, COMMANDS, n=1)
    hint = f"Did you mean `tribunal {near[0]}`?" if near else f"Known are {', '.join(COMMANDS)}."
    return f"There is no command {name!r}; nothing was started. {hint}\n"
