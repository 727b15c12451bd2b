"""Counts the trials for the deflated Sharpe ratio, so that the user does not have to remember them.

Every backtest, every set of a sweep and every walk-forward set is counted before it runs, under the hash of the bars, the markets
and the window. An edited strategy of the user's own is another trial. Settings that change neither orders nor fills (the name of
the profile, durability of the journal) make no new one. Trials on overlapping windows count too: a window that is shifted by one
bar is not a new start.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from config.clock import to_ms
from config.settings import Settings
from evidence.search.trial_book import TrialBook, TrialCount, TrialScope
from evidence.statistics.deflated import Deflated, deflate
from market.tape import Tape

TRIALS_FILE = "trials.db"
_NO_TRIAL = {"profile", "journal", "gates"}


class Trials:
    """The trials on one tape. Call `count` before the evaluation and `score` after it."""

    def __init__(self, folder: Path, scope: TrialScope) -> None:
        """Open the trial book in the user's state folder. Raises OutputFault when it cannot be used."""
        self._book = TrialBook(folder / TRIALS_FILE)
        self._scope = scope

    def count(self, kind: str, sets: Sequence[Mapping[str, Any]], at: datetime) -> TrialCount:
        """Count parameter sets (of JSON values) durably. Raises OutputFault; then no set may be evaluated."""
        return self._book.count(self._scope, kind, [parameters_hash(each) for each in sets], at)

    def score(self, sets: Sequence[Mapping[str, Any]], sharpes_bar: Sequence[float | None]) -> None:
        """Store the Sharpe ratio per bar of each set, in their order. None (constant returns) is left out.

        Raises OutputFault when the book cannot be written, ValueError when the two lists differ in length.
        """
        made = zip(sets, sharpes_bar, strict=True)
        self._book.score(self._scope, {parameters_hash(each): value for each, value in made if value is not None})

    def tried(self) -> TrialCount:
        """The trials so far. Raises OutputFault when the book cannot be read."""
        return self._book.tried(self._scope)

    def deflate(self, returns: Sequence[float], bars_per_year: float) -> Deflated | None:
        """The deflated Sharpe ratio of a curve on this tape, with all trials on overlapping bars.

        `returns`: shape (n_bars,) [simple return]. None for constant returns. Raises OutputFault when the book cannot be read,
        ValueError for bad returns.
        """
        tried = self.tried()
        variance = float(np.var(tried.sharpes, ddof=1)) if len(tried.sharpes) > 1 else None
        return deflate(returns, bars_per_year=bars_per_year, trials=max(1, tried.overlapping), trial_variance=variance)

    def close(self) -> None:
        """Close the trial book."""
        self._book.close()


def scope_of(tape: Tape) -> TrialScope:
    """The bars of a tape: those of its session, from the first decision to the end."""
    return TrialScope(tape_hash(tape), tuple(tape.symbols), tape.start_utc, tape.end_utc)


def tape_hash(tape: Tape) -> str:
    """SHA-256 over times, prices and volumes of the session's bars by market, whatever files they came from; on perpetuals over
    their marks and their funding too."""
    digest = hashlib.sha256()
    first, last = to_ms(tape.start_utc), to_ms(tape.end_utc)
    for symbol in sorted(tape.symbols):
        candles = tape.candles[symbol]
        begin, end = np.searchsorted(candles.close_ms, [first, last], side="right")
        digest.update(f"{symbol}\x1f{tape.timeframe}\x1f{end - begin}\x1f".encode())
        digest.update(candles.close_ms[begin:end].astype("<i8").tobytes())
        for column in candles.columns:
            digest.update(column[begin:end].astype("<f8").tobytes())
        if (marks := tape.marks.get(symbol)) is not None:
            digest.update(marks.closes_ms.astype("<i8").tobytes())
            digest.update(marks.prices.astype("<f8").tobytes())
    if any(rules.may_be_short for rules in tape.instruments.values()):
        paid = sorted((due.at_utc.isoformat(), due.symbol, due.rate) for dues in tape.funding.values() for due in dues)
        digest.update(repr(paid).encode())
    return digest.hexdigest()


def parameters_of(settings: Settings, own: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """The settings that define a trial: all but the name of the profile, the journal, and the gates.

    `own` holds the texts of the user's strategy files, by file name: an edited strategy is another trial. The folder of a file
    makes no other one.
    """
    tree: dict[str, Any] = settings.model_dump(mode="json", exclude=_NO_TRIAL)
    if not own:
        return tree
    voters = [entry | {"file": entry["file"] and Path(entry["file"]).name} for entry in tree["strategies"]]
    texts = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in own.items()}
    return tree | {"strategies": voters, "own_strategies": texts}


def parameters_hash(parameters: Mapping[str, Any]) -> str:
    """SHA-256 of a parameter set as canonical JSON. The order of keys, and 1 instead of 1.0, do not change it.

    Raises ValueError for a value that JSON cannot represent.
    """
    try:
        plain = json.loads(json.dumps(parameters, allow_nan=False), parse_int=float)
    except TypeError as fault:
        raise ValueError(f"a parameter set must hold JSON values only: {fault}") from fault
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
