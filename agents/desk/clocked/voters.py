"""Which voters exactly a session on the clock has: a hash of the text and the parameters of each.

What a voter earned on paper says something of the voter that earned it, and nothing of one with other parameters or a changed
text. The text is the whole file of its class; the helpers that it imports are not part of it. Weight and markets say how often a
voter is heard, and are not part of it either.
"""

import hashlib
import importlib
import inspect
import json
from collections.abc import Mapping
from pathlib import Path

from config.sections.strategies import OWN, STRATEGIES, StrategyContext, names_of
from config.settings import Settings


def voters_of(settings: Settings, own: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 of each voter that is asked, by name; `own`: texts of the user's files, by file name."""
    entries = zip(settings.strategies, names_of(settings.strategies), strict=True)
    timeframe = settings.market.timeframe
    return {name: _digest(entry, str(timeframe), own) for entry, name in entries if entry.is_on}


def _digest(entry: StrategyContext, timeframe: str, own: Mapping[str, str]) -> str:
    said = {
        "strategy": entry.name if entry.strategy == OWN else entry.strategy,
        "params": dict(sorted(entry.params.items())),
        "exits": None if entry.exits is None else entry.exits.model_dump(mode="json"),
        "horizon_bars": entry.horizon_bars,
        "timeframe": timeframe,
        "text": hashlib.sha256(_text(entry, own).encode()).hexdigest(),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _text(entry: StrategyContext, own: Mapping[str, str]) -> str:
    if entry.strategy == OWN:
        return own[Path(str(entry.file)).name]
    module, _, _ = STRATEGIES[entry.strategy].partition(":")
    return inspect.getsource(importlib.import_module(module))
