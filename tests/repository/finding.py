"""Twenty things that a newcomer looks for, by one word each, and how many files he opens before he stands in the right one.

The words were written down before they were measured: the nouns of README.md and of its table of commands. He sees file names
only. He opens first the file that has the word's name, then those whose name holds it, then those in a folder of that name;
where no name helps he searches the modules' docstrings; and of two that are alike he takes the shorter path.
"""

from collections.abc import Iterable, Mapping

PLACES = {
    "stop": "execution/account/brackets.py",
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
    "budget": "agents/llm/budget/spending.py",
    "calibration": "risk/calibration.py",
    "walkforward": "evidence/walkforward.py",
    "sweep": "evidence/sweep.py",
    "replay": "agents/replay.py",
    "rss": "sentiment/sources/rss.py",
    "indicators": "market/indicators/engine.py",
    "outage": "agents/outages/watch.py",
}
"""The word, and the file in which the thing really is."""


def opened(word: str, right: str, docstrings: Mapping[str, str]) -> int:
    """How many files are opened for `word` until `right` is open; `docstrings` has every source file's, by path."""
    return ranked(word, docstrings).index(right) + 1


def ranked(word: str, docstrings: Mapping[str, str]) -> list[str]:
    """All paths in the order in which they are opened for a word: each file once, whatever order they are given in."""
    return sorted(docstrings, key=lambda path: (_distance(word, path, docstrings[path]), len(path), path))


def _distance(word: str, path: str, docstring: str) -> int:
    """0: the file is named so; 1: its name holds the word; 2: its folder is; 3: its docstring says so; 4: nothing does."""
    wanted = word.lower().replace(" ", "_")
    *folders, file = path.lower().removesuffix(".py").split("/")
    told: Iterable[bool] = (
        file == wanted,
        wanted in file,
        any(wanted in folder for folder in folders),
        word.lower() in docstring.lower(),
        True,
    )
    return list(told).index(True)
