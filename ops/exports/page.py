"""Generates `docs/run-folder.md`: the files of a run's folder, and the columns of its tables.

`python -m ops.exports.page > docs/run-folder.md` writes it again. The columns are those that the writers use
(`ops.exports.trades` and its neighbours).
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ops.exports import decisions, equity, orders, trades
from ops.exports.columns import Column
from ops.exports.write import DECISIONS, EQUITY, ORDERS, TRADES

_FILES = (
    ("journal.db", "[all that was seen, said, ruled, cut, sent and filled](journal.md); everything below is computed from it"),
    ("journal.json", "in the place of that file, if the journal lies in a database: which one, the id of the run, its end"),
    ("journal.sha256", "digest of that file, in the format of `sha256sum --check`; missing if the run was killed"),
    ("request.json", "what was typed, with the full paths of its files, for `tribunal run --resume RUN`; no decision reads it"),
    ("heartbeat.json", "while a session on the clock lives: when its trading loop came round last; `tribunal watchdog` reads it"),
    ("steer/", "what operators have asked of the session ([steering](steer.md)): words that wait, answers, files that were none"),
    ("petitions/", "while a human is asked to approve a position: the question, its deadline and the first answer"),
    ("summary.json", "results, risk, rulings and what each rule did"),
    ("report.html", "the whole run on one page, without network"),
    (TRADES, "closed trades"),
    (ORDERS, "orders that were sent"),
    (EQUITY, "the account at each bar close"),
    (DECISIONS, "the cases of the court"),
    ("judgement.json", "of a backtest: its measures with intervals, and the gates before paper trading"),
)  # fmt: skip

_HEAD = """# The folder of a run

`tribunal run` and `tribunal backtest` write one folder for each run. `python -m ops.exports.page` generates this page from the
code that writes the tables.

| file | holds |
|---|---|
"""

_RULES = """
The four tables are written at the end of a run, also of one that was stopped by Ctrl-C, SIGTERM or SIGHUP and of one that was
resumed. `tribunal show RUN --export DIR` writes them again, from any journal that can be read: also of a run that was killed, and
of one that an older version wrote. Each file is written whole or not at all, and replaces the one before.

**Resuming.** `tribunal run --resume RUN` goes on with a run that was killed or stopped, to the journal of an unbroken run. It
reads its options from `request.json`; without that file it takes the settings from the journal, and recorded bars have to be
named with `--data`. What is typed wins: so data that has moved can be named again, and then all files of bars are those that
were typed. The session is compared with the journal from its first event on. An option that contradicts it is refused with the
difference, and no file is changed. A session that was stopped has written an ending (entries that it withdrew, its closing
event); it is taken back when the run goes on.

**Form.** UTF-8; CSV with a header, commas and line feeds. Times are in UTC and ISO 8601, always to the millisecond
(`2024-03-01T05:00:00.250Z`). A value that is *exact* is written as the ledger holds it, without exponent: read it as a decimal
and not as a binary number if sums must agree to the last digit. *quote* is the currency of the account, *base* the currency that
is traded. An empty cell means that there is no value.
"""


def run_folder_page() -> str:
    """The page as Markdown."""
    files = "".join(f"| `{name}` | {what} |\n" for name, what in _FILES)
    parts = (
        _table(TRADES, trades.__doc__, (*trades.COLUMNS, *_apart(trades.PERPETUAL)), "column"),
        _table(ORDERS, orders.__doc__, (*orders.COLUMNS, *_apart(orders.PERPETUAL)), "column"),
        _table(EQUITY, equity.__doc__, (*equity.COLUMNS, *_apart(equity.PERPETUAL)), "column"),
        _table(DECISIONS, decisions.__doc__, (*decision_fields(), *perpetual_fields()), "field"),
    )
    return _HEAD + files + _RULES + "".join(parts)


def decision_fields() -> tuple[Column[Any], ...]:
    """All fields of a line of `decisions.jsonl` on spot, by their dotted names."""
    inner = (
        ("order", decisions.ORDER_FIELDS),
        ("at_once", decisions.ORDER_FIELDS),
        ("trade", decisions.TRADE_FIELDS),
        ("outcome", decisions.OUTCOME_FIELDS),
    )
    below = (
        Column(f"{name}.{field.name}", field.unit, field.meaning, field.value)
        for name, fields in inner
        for field in fields
    )
    return (*decisions.FIELDS, *below)


def perpetual_fields() -> tuple[Column[Any], ...]:
    """The fields that a line of a run on perpetuals has beside."""
    named = (replace(field, name=f"trade.{field.name}") for field in decisions.PERPETUAL_TRADE_FIELDS)
    return _apart(tuple(named))


def _apart(columns: Sequence[Column[Any]]) -> tuple[Column[Any], ...]:
    """Columns that only a run on perpetuals has, with that in their meaning."""
    return tuple(replace(column, meaning=f"perpetuals only: {column.meaning}") for column in columns)


def _table(name: str, about: str | None, columns: Sequence[Column[Any]], heading: str) -> str:
    said = (about or "").partition(": ")[2].strip()
    rows = "".join(f"| `{column.name}` | {column.unit} | {column.meaning} |\n" for column in columns)
    return f"\n## `{name}`\n\n{said[:1].upper()}{said[1:]}\n\n| {heading} | unit | meaning |\n|---|---|---|\n{rows}"


if __name__ == "__main__":
    sys.stdout.write(run_folder_page())
