"""Every option that several commands have, declared once. Light: `--help` of each of them reads it.

A name means one thing. Where a command needs it otherwise it says only what differs: a default, or that it must be given.
"""

import argparse
from typing import Any

from ops.commands.parser import CommandParser as CommandParser

_OPTIONS: dict[str, dict[str, Any]] = {
    "run": {"metavar": "RUN", "help": "folder of a run"},
    "runs": {"metavar": "RUN", "nargs": "+", "help": "folder of a run"},
    "--anchors": {
        "metavar": "FOLDER",
        "help": "folder that kept the head of the journal (default: the one that the run was started with, if there was one)",
    },
    "--data": {"nargs": "+", "metavar": "PATH", "help": "recorded bars: files, folders or patterns (docs/data.md)"},
    "--store": {
        "metavar": "DIR",
        "help": "folder of bars that tribunal download and tribunal ingest fill; it takes the place of --data",
    },
    "--exchange": {
        "metavar": "NAME",
        "help": "name of an exchange, as ccxt calls it: binance, kraken (default: the only one in the store)",
    },
    "--dates": {"choices": ("dmy", "mdy"), "help": "order of day and month in files with dates like 03/04/2024"},
    "--decimal": {
        "choices": (".", ","),
        "metavar": "MARK",
        "help": "decimal mark, . or , of files whose numbers do not show it",
    },
    "--volume": {
        "choices": ("base", "quote"),
        "help": "unit of the volume of the files: coins (base) or money (quote) (default: as the columns say, else base)",
    },
    "--tz": {
        "metavar": "ZONE",
        "help": "time zone of files whose times have none: Europe/Berlin, +02:00 (default: UTC)",
    },
    "--stamps": {
        "choices": ("open", "close"),
        "help": "whether the times of the files are the open or the close of a bar (default: as they show, else open)",
    },
    "--detail": {
        "nargs": "+",
        "metavar": "PATH",
        "help": "finer bars of the same markets: they show whether a stop or a target is met first inside a bar",
    },
    "--marks": {
        "nargs": "+",
        "metavar": "PATH",
        "help": "bars of the mark price of perpetual contracts: it liquidates, and triggers stops (docs/perpetuals.md)",
    },
    "--funding": {
        "nargs": "+",
        "metavar": "PATH",
        "help": "funding rates of perpetual contracts: files with time (UTC), symbol and rate",
    },
    "--facts": {
        "nargs": "+",
        "metavar": "PATH",
        "help": "figures beside the bars (docs/context.md): open interest, order books, macro series, market values, archives",
    },
    "--feed": {
        "metavar": "EXCHANGE",
        "help": "trade the closed bars of an exchange as they close, as ccxt calls it: binance, kraken; orders stay simulated",
    },
    "--feed-url": {"metavar": "URL", "help": "another address of its interface: a mirror or a server of your own"},
    "--venue-url": {
        "nargs": "+",
        "metavar": "URL",
        "help": "another address of the exchange that takes the orders, such as that of `tribunal simulator`; several: one for "
        "each exchange of the session, in the profile's order, or that many of its kind with equal parts of the money",
    },
    "--news": {"metavar": "FILE", "help": "dated headlines to go with --data: Parquet, CSV or JSON lines"},
    "--news-dates": {
        "choices": ("dmy", "mdy"),
        "help": "order of dates such as 05/11/2022 in the --news file (default: that of --dates, else asked)",
    },
    "--profile": {
        "help": "paper, balanced, backtest, perp, testnet, live, or a YAML file of your own (default: %(default)s)"
    },
    "--symbols": {"nargs": "+", "metavar": "BASE/QUOTE", "help": "only these markets (default: all)"},
    "--timeframe": {
        "choices": ("1m", "5m", "15m", "30m", "1h", "4h", "1d"),
        "help": "length of a bar (default: that of the files; without files, the profile's)",
    },
    "--start": {
        "metavar": "DATE",
        "help": "begin, UTC: 2020-02-01 or 2020-02-01T06:00; bars before it warm up (default: the first bar)",
    },
    "--end": {"metavar": "DATE", "help": "end, UTC, not included (default: the last bar)"},
    "--days": {
        "type": int,
        "metavar": "N",
        "help": "length of a simulated session, or of one on a --feed [days] (default: the profile's; a feed: no end)",
    },
    "--strategy": {
        "nargs": "+",
        "metavar": "NAME",
        "help": "voters instead of the profile's: ema_cross, golden_cross:confidence=0.7, my_file.py:MyClass:fast=5,slow=20; "
        "several vote together",
    },
    "--no-court": {
        "action": "store_true",
        "help": "nobody sits in the court: each proposal goes to the gate at its full size; gate, breakers and exits stay",
    },
    "--seed": {
        "type": int,
        "metavar": "N",
        "help": "seed of all random numbers (default: the profile's; 7 without one)",
    },
    "--set": {
        "nargs": "+",
        "default": [],
        "metavar": "KEY=VALUE",
        "help": "settings, read as in a profile: limits.max_drawdown=0.1",
    },
    "--mind": {
        "metavar": "NAME",
        "help": "who sits in the court: rules, or a provider of the profile (anthropic, openai, local; default: the profile's)",
    },
    "--model": {
        "metavar": "NAME",
        "help": "another model for --mind; for local: path of a GGUF file (default: the profile's)",
    },
    "--check": {
        "action": "store_true",
        "help": "first test who decides: voters, whether they read the future, vote at random, or need a longer warm-up (if so, "
        "nothing is run); models, by one cheap question each, whether they can sit",
    },
    "--require-models": {
        "action": "store_true",
        "help": "begin no session in which no model can sit (default: the rules mind speaks then, and it is said)",
    },
    "--calibration": {
        "metavar": "FILE",
        "help": "how often convictions came true in earlier runs (tribunal calibrate --out); it reduces sizes",
    },
    "--record": {
        "metavar": "FILE",
        "help": "what earlier runs have taught of the voters (tribunal calibrate --record); without it, only this run counts",
    },
    "--memory": {
        "metavar": "FILE",
        "help": "cases of earlier runs that models are shown where they are near (tribunal calibrate --record); without it, only "
        "this run's",
    },
    "--param": {
        "nargs": "+",
        "metavar": "KEY=VALUES",
        "required": True,
        "help": "parameters to try: ema_cross.rsi_max=55:85:10 exits.trail_fraction=0.01,0.02",
    },
    "--workers": {"type": int, "metavar": "N", "default": 2, "help": "processes at the same time (default: 2)"},
    "--ray": {"action": "store_true", "help": "work on a Ray cluster instead"},
    "--simulated": {"action": "store_true", "help": "take the simulated market in place of recorded bars"},
    "--steps": {"type": int, "default": 1_000_000, "metavar": "N", "help": "steps of each seed (default: 1,000,000)"},
    "--seeds": {
        "type": int,
        "default": 10,
        "metavar": "SEEDS",
        "help": "policies that are trained, a seed each; the model is the mean of all (default: 10)",
    },
    "--gamma": {
        "type": float,
        "nargs": "+",
        "default": [0.9],
        "metavar": "G",
        "help": "discount of later rewards; several make several models (default: 0.9)",
    },
    "--minibatch": {"type": int, "default": 1024, "metavar": "N", "help": "samples of a gradient step (default: 1024)"},
    "--learning-rate": {"type": float, "default": 1e-3, "metavar": "R", "help": "of Adam (default: 0.001)"},
    "--reward": {
        "default": "profit",
        "metavar": "NAME",
        "help": "profit, sharpe or cvar, with numbers as in profit:losses=1.2,drawdown=0.1 (default: profit)",
    },
    "--validation": {
        "type": float,
        "default": 0.2,
        "metavar": "SHARE",
        "help": "part of the bars, the latest, that stops each seed early (default: 0.2)",
    },
    "--gap-days": {
        "type": float,
        "default": 0.0,
        "metavar": "D",
        "help": "least gap before that part; never less than positions are held [days] (default: 0)",
    },
    "--most-gap-days": {
        "type": float,
        "metavar": "D",
        "help": "most that this gap may have; positions that are held for longer end with the training part (default: no limit)",
    },
    "--accounts": {
        "choices": ("together", "apart"),
        "default": "together",
        "help": "all markets in one account, as a session trades them, or one for each (default: together)",
    },
    "--mix": {
        "choices": ("none", "bootstrap", "simulated"),
        "default": "none",
        "help": "draw half of the samples from blocks of the training bars, or from the simulated market (default: none)",
    },
    "--tensorboard": {"metavar": "DIR", "help": "log for TensorBoard into this folder"},
    "--bars": {
        "type": int,
        "default": 72,
        "metavar": "N",
        "help": "bars after which a purchase has neither won nor lost (default: 72)",
    },
    "--reason": {"metavar": "TEXT", "help": "why; kept in the log and in journals"},
    "--alert": {
        "nargs": "+",
        "default": [],
        "metavar": "ROUTE",
        "help": "where alerts go: ntfy://HOST/TOPIC, or with words before it critical,fill=json://HOST/PATH; what holds tokens "
        "belongs into TRIBUNAL_ALERTS (docs/alerts.md)",
    },
    "--confirm": {"metavar": "WORDS", "help": "the words that it asks for before it does what cannot be undone"},
    "--every": {"type": float, "metavar": "S", "help": "repeat every S seconds until Ctrl-C"},
    "--out": {"metavar": "DIR", "help": "folder of the run (default: runs/PROFILE-NNN)"},
    "--plot": {"metavar": "FILE", "help": "draw the result into this HTML file"},
    "--markdown": {"metavar": "FILE", "help": "write the tables to this file too, as Markdown"},
    "--json": {"action": "store_true", "help": "print the result as JSON, and nothing else, on stdout"},
    "--quiet": {"action": "store_true", "help": "no progress on stderr"},
}


class Unsaid(str):
    """The default of an option that was not typed: a text like another, for whoever does not ask."""


class Typed(argparse.Action):
    """Keeps all values that were typed, however often the option is given; the default counts only where none was."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add these values to those that were typed before."""
        known = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*([] if known is self.default else known), *values])


def add(parse: argparse.ArgumentParser, *names: str, **differs: Any) -> None:
    """Add shared options by their names. `differs`: arguments for argparse that replace the shared ones, for all of these.

    An option that takes several values may be given several times: all of them count.
    """
    for name in names:
        told = _OPTIONS[name] | differs
        many: dict[str, Any] = {"action": Typed} if name.startswith("--") and told.get("nargs") == "+" else {}
        parse.add_argument(name, **(many | told))


def add_world(parse: argparse.ArgumentParser, *, profile: str, recorded: bool) -> None:
    """The options of every command on bars. `recorded`: it has no simulated market, so `--data` must be given."""
    add(parse, "--data")
    add(parse, "--store", "--exchange")
    parse.set_defaults(needs_bars=recorded)
    add(parse, "--profile", default=Unsaid(profile))
    add(parse, "--symbols", "--timeframe", "--start", "--end", "--strategy", "--seed", "--set")
    add_reading(parse)


def add_contracts(parse: argparse.ArgumentParser) -> None:
    """The options of what perpetual contracts have beside their bars, for commands that read no other finer thing."""
    add(parse, "--marks", "--funding")


def add_simulated(parse: argparse.ArgumentParser) -> None:
    """The options of commands of the policy that take the simulated market in place of recorded bars."""
    add(parse, "--simulated")
    add(
        parse, "--days", default=400, metavar="DAYS", help="length of the market with --simulated [days] (default: 400)"
    )


def add_training(parse: argparse.ArgumentParser) -> None:
    """The options of the commands that train a policy."""
    add(
        parse,
        "--steps",
        "--seeds",
        "--gamma",
        "--minibatch",
        "--learning-rate",
        "--reward",
        "--validation",
        "--gap-days",
        "--most-gap-days",
    )
    add(parse, "--accounts", "--mix", "--tensorboard", "--workers", "--ray")


def add_reading(parse: argparse.ArgumentParser) -> None:
    """The options that decide what files of bars leave open."""
    add(parse, "--dates", "--decimal", "--volume", "--tz", "--stamps")


def add_told_finer(parse: argparse.ArgumentParser) -> None:
    """The options for finer bars, mark prices, funding, figures of the market context and news."""
    add(parse, "--detail", "--marks", "--funding", "--facts", "--news", "--news-dates")


def add_scope(parse: argparse.ArgumentParser) -> None:
    """The option that chooses the sessions of the kill switch."""
    parse.add_argument("--profile", metavar="NAME", help="only sessions of this profile (default: all)")
