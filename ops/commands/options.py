"""Every option that several commands have, declared once. Light: `--help` of each of them reads it.

A name means one thing. Where a command needs it otherwise it says only what differs: a default, or that it must be given.
"""

import argparse
from typing import Any

_OPTIONS: dict[str, dict[str, Any]] = {
    "run": {"metavar": "RUN", "help": "folder of a run"},
    "runs": {"metavar": "RUN", "nargs": "+", "help": "folder of a run"},
    "--data": {"nargs": "+", "metavar": "PATH", "help": "recorded bars: Parquet, Feather or CSV files"},
    "--detail": {
        "nargs": "+",
        "metavar": "PATH",
        "help": "finer bars of the same markets: they show whether a stop or a target is met first inside a bar",
    },
    "--funding": {
        "nargs": "+",
        "metavar": "PATH",
        "help": "funding rates of perpetual contracts: files with time (UTC), symbol and rate",
    },
    "--news": {"metavar": "FILE", "help": "dated headlines to go with --data: Parquet, CSV or JSON lines"},
    "--news-dates": {
        "choices": ("dmy", "mdy"),
        "help": "order of dates such as 05/11/2022 in the --news file, if none of its dates proves it",
    },
    "--profile": {"help": "paper, backtest, testnet, live, or a YAML file of your own (default: %(default)s)"},
    "--symbols": {"nargs": "+", "metavar": "BASE/QUOTE", "help": "only these markets"},
    "--timeframe": {
        "choices": ("1m", "5m", "15m", "30m", "1h", "4h", "1d"),
        "help": "length of a bar (default: the profile's; 1h without one)",
    },
    "--start": {"metavar": "DATE", "help": "begin, UTC: 2020-02-01 or 2020-02-01T06:00; bars before it warm up"},
    "--end": {"metavar": "DATE", "help": "end, UTC, not included"},
    "--seed": {
        "type": int,
        "metavar": "N",
        "help": "seed of all random numbers (default: the profile's; 7 without one)",
    },
    "--set": {"nargs": "+", "default": [], "metavar": "KEY=VALUE", "help": "settings: limits.max_drawdown=0.1"},
    "--mind": {
        "metavar": "NAME",
        "help": "who sits in the court: rules, or a provider of the profile (anthropic, openai, local)",
    },
    "--model": {"metavar": "NAME", "help": "another model for --mind; for local: path of a GGUF file"},
    "--calibration": {
        "metavar": "FILE",
        "help": "how often convictions came true in earlier runs (tribunal calibrate --out); it reduces sizes",
    },
    "--param": {
        "nargs": "+",
        "metavar": "KEY=VALUES",
        "required": True,
        "help": "parameters to try: ema_cross.rsi_max=55:85:10 exits.trail_fraction=0.01,0.02",
    },
    "--workers": {"type": int, "metavar": "N", "default": 2, "help": "processes at the same time (default: 2)"},
    "--ray": {"action": "store_true", "help": "try the sets on a Ray cluster instead"},
    "--bars": {
        "type": int,
        "default": 72,
        "metavar": "N",
        "help": "bars after which a purchase has neither won nor lost (default: 72)",
    },
    "--reason": {"metavar": "TEXT", "help": "why; kept in the log and in journals"},
    "--out": {"metavar": "DIR", "help": "folder of the run (default: runs/PROFILE-NNN)"},
    "--plot": {"metavar": "FILE", "help": "draw the result into this HTML file"},
    "--markdown": {"metavar": "FILE", "help": "write the tables to this file too, as Markdown"},
    "--json": {"action": "store_true", "help": "print the result as JSON, and nothing else, on stdout"},
    "--quiet": {"action": "store_true", "help": "no progress on stderr"},
}


def add(parse: argparse.ArgumentParser, *names: str, **differs: Any) -> None:
    """Add shared options by their names. `differs`: arguments for argparse that replace the shared ones, for all of these."""
    for name in names:
        parse.add_argument(name, **(_OPTIONS[name] | differs))


def add_world(parse: argparse.ArgumentParser, *, profile: str, recorded: bool) -> None:
    """The options of every command on bars. `recorded`: it has no simulated market, so `--data` must be given."""
    add(parse, "--data", required=recorded)
    add(parse, "--profile", default=profile)
    add(parse, "--symbols", "--timeframe", "--start", "--end", "--seed", "--set")


def add_told_finer(parse: argparse.ArgumentParser) -> None:
    """The options for finer bars, funding and news."""
    add(parse, "--detail", "--funding", "--news", "--news-dates")


def add_scope(parse: argparse.ArgumentParser) -> None:
    """The option that chooses the sessions of the kill switch."""
    parse.add_argument("--profile", metavar="NAME", help="only sessions of this profile (default: all)")
