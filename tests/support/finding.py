"""Twenty things that a newcomer looks for, by one word each, and how many files he opens before he stands in the right one.

The words were written down before they were measured: the nouns of README.md and of its table of commands. He sees file
names only. He opens first the file that has the word's name, then those whose name holds it, then those in a folder of that
name, each time the shorter path first. Where no name helps he searches the text, and opens first the file that has the word
most often.
"""

import re
from collections.abc import Iterable, Mapping

PLACES = {
    "stop": "execution/account/stops.py",
    "funding": "execution/simulated/funding.py",
    "latency": "execution/simulated/latency.py",
    "slippage": "risk/limits/market.py",
    "drawdown": "risk/measures/drawdown.py",
    "VaR": "risk/measures/basic.py",
    "kelly": "risk/kelly.py",
    "breaker": "risk/breakers.py",
    "kill switch": "execution/kill_switch/latch.py",
    "watchlist": "agents/court/minds/watchlist.py",
    "cassette": "agents/llm/recordings/cassette.py",
    "fence": "agents/court/prompts/fence.py",
    "budget": "agents/llm/budget/budgets.py",
    "calibration": "risk/calibration.py",
    "walkforward": "evidence/walkforward.py",
    "sweep": "evidence/sweep.py",
    "replay": "agents/replay.py",
    "rss": "sentiment/sources/rss.py",
    "indicators": "market/indicators/engine.py",
    "outage": "agents/outages/watch.py",
}
"""The word, and the file in which the thing really is."""


def opened(word: str, right: str, texts: Mapping[str, str]) -> int:
    """How many files are opened for `word` until `right` is open; `texts` has every source file's text, by path."""
    return ranked(word, texts).index(right) + 1


def ranked(word: str, texts: Mapping[str, str]) -> list[str]:
    """All paths in the order in which they are opened for a word, whatever order they are given in."""
    whole = re.compile(rf"(?<![a-z]){re.escape(word)}(?![a-z])", re.IGNORECASE)  # also inside `max_word_fraction`
    return sorted(texts, key=lambda path: (*_order(word, whole, path, texts[path]), len(path), path))


def _order(word: str, whole: re.Pattern[str], path: str, text: str) -> tuple[int, int]:
    """0: the file is named so; 1: its name holds the word; 2: its folder is named so; 3: no name helps, most mentions first."""
    wanted = word.lower().replace(" ", "_")
    *folders, file = path.lower().removesuffix(".py").split("/")
    named: Iterable[bool] = (file == wanted, wanted in file, any(wanted in folder for folder in folders))
    distance = next((place for place, yes in enumerate(named) if yes), 3)
    return distance, -len(whole.findall(text)) if distance == 3 else 0
