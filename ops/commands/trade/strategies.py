"""What `tribunal strategies` does: it lists the built-in voters and what a voter may read, or writes a new one with its test."""

import argparse
import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agents.records.page import fields_of, read_glossary
from agents.strategies.contexts import sides_of, strategy_class
from agents.strategies.template import drafted
from config.errors import OutputFault, UsageFault
from config.reading.schema import spot_of
from config.sections.strategies import STRATEGIES
from market.indicators.window import Bars
from market.signals import TechnicalSignals
from ops.commands.latest_votes import show_crossings, show_latest, show_published, show_trial
from ops.tables.grid import Grid, open_console


def strategies_command(arguments: argparse.Namespace) -> int:
    """List or write; returns the exit code. Raises UsageFault or OutputFault."""
    if arguments.new is not None:
        sys.stdout.write(_write(arguments.new, Path()))
    elif arguments.fields:
        sys.stdout.write(readable_markdown())
    elif arguments.published:
        sys.stdout.write(show_published(arguments))
    elif arguments.crossings:
        sys.stdout.write(show_crossings(arguments))
    elif arguments.trial:
        sys.stdout.write(show_trial(arguments))
    elif arguments.data:
        show_latest(arguments)
    elif arguments.json:
        sys.stdout.write(json.dumps([_described(name) for name in STRATEGIES], indent=2) + "\n")
    else:
        console = open_console(sys.stdout)
        console.print(_built_ins().table())
        console.print(
            "`--strategy NAME:parameter=value` votes with one; `tribunal strategies --new NAME` begins your own."
        )
    return 0


def readable_markdown() -> str:
    """All that a strategy may read, and the built-in ones, as Markdown: tables of `docs/strategies.md`."""
    told = fields_of(TechnicalSignals, read_glossary(), set())
    signals = tuple((f"`now.{each.name.rstrip('?')}`", _spoken(each.type), each.unit, each.meaning) for each in told)
    tables = (
        Grid("", ("Field", "type", "unit", "meaning"), signals, left=4),
        Grid("", ("Of the window", "what it is"), tuple(_of_bars()), left=2),
        _built_ins(code="`"),
    )
    titles = ("### The signals: `now`", "### The window: `bars`", "### Built-in strategies")
    return "\n".join(f"{title}\n\n{table.markdown()}" for title, table in zip(titles, tables, strict=True))


def _spoken(kind: str) -> str:
    """A type of the journal's page as a voter meets it: nothing is left out, it is None, and there are no links."""
    return re.sub(r"\[(\w+)\]\(#\w+\)", r"\1", kind.replace("null", "None").replace("\\|", "|"))


def _of_bars() -> Iterator[tuple[str, str]]:
    """The columns and indicators of a window, each with the first sentence of its text."""
    yield "`len(bars)`", "The number of bars: the `history` of the class."
    for name, member in vars(Bars).items():
        if not name.startswith("_"):
            takes = "" if isinstance(member, property) else str(inspect.signature(member)).partition(" ->")[0]
            takes = takes.replace("(self, ", "(").replace(": float", "").replace(": str", "")
            text = " ".join((inspect.getdoc(member) or "").partition("\n\n")[0].split())
            yield f"`bars.{name}{takes}`", text.removesuffix(" Raises ValueError.")


def _built_ins(code: str = "") -> Grid:
    rows = []
    for name in STRATEGIES:
        told = _described(name)
        what = told["what"]
        for parameter in told["parameters"]:
            value = f"{parameter['default']:g}"
            rows.append(
                (
                    f"{code}{name}{code}" if what else "",
                    told["sides"] if what else "",
                    what,
                    f"{code}{parameter['name']}{code}",
                    value,
                    parameter["meaning"],
                )
            )
            what = ""
    columns = ("Strategy", "sides", "what it does", "parameter", "default", "meaning")
    return Grid("", columns, tuple(rows), left=6, prose=(2, 5))


def _described(name: str) -> dict[str, Any]:
    kind = strategy_class(name)
    spots = {field: spot_of(kind).child(field) for field in kind.model_fields}
    return {
        "name": name,
        "what": " ".join(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].split()),
        "history": getattr(kind, "history", 0),
        "sides": sides_of(kind),
        "parameters": [
            {
                "name": field,
                "default": about.default,
                "allowed": spot.wanted() if (spot := spots[field]) else "",
                "meaning": about.description,
            }
            for field, about in kind.model_fields.items()
        ],
    }


def _write(name: str, folder: Path) -> str:
    """Write a strategy and its test. Raises UsageFault where one of them exists, OutputFault where they cannot be written."""
    new = drafted(name)
    files = {folder / new.file: new.text, folder / new.test_file: new.test_text}
    there = [path.name for path in files if path.exists() or path.is_symlink()]
    if there:
        raise UsageFault(
            f"{' and '.join(there)} exist here already. Nothing was written; choose another name or folder."
        )
    written: list[Path] = []
    try:
        for path, text in files.items():
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
    except OSError as fault:
        for path in written:
            path.unlink(missing_ok=True)
        raise OutputFault(
            f"{new.file} cannot be written here ({fault.strerror}). Nothing was written; make the folder "
            "writable, or go to another."
        ) from fault
    return (
        f"Wrote {new.file} and {new.test_file}. Both run as they are:\n"
        f"  python {new.test_file}\n"
        f"  tribunal backtest --data BTC.parquet --strategy {new.file}:{new.kind} --check\n"
    )
