"""A strategy of the user's own and its test, as `tribunal strategies --new` writes them: both run as they are.

A name that cannot be a file and a class at once is refused, and so is one that would hide a module.
"""

import keyword
import re
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from config.errors import UsageFault
from config.sections.strategies import OWN, STRATEGIES

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")
_TAKEN = frozenset({"Abstained", "Ballot", "Bars", "Direction", "TechnicalSignals"})
"""Names that the template imports."""

_STRATEGY = '''"""$CLASS: buys a dip in a rise, and closes when the market has run hot.

Try it:
    tribunal backtest --data BTC.parquet --strategy $MODULE.py:$CLASS --check
    tribunal backtest --data BTC.parquet --strategy $MODULE.py:$CLASS:low=20,high=80
"""

from agents.strategies.voter import NOTHING, Ballot
from config.silence import Abstained
from market.indicators.window import Bars
from market.signals import TechnicalSignals
from risk.proposal import Direction


class $CLASS:
    """Long when a fast RSI turns up from below `low` above the mean of 100 closes. Short when it reaches `high`."""

    history = 150  # closed bars in the window; without this line 200

    def __init__(self, low: float = 25.0, high: float = 75.0) -> None:
        if not 0 < low < high < 100:
            raise ValueError(f"0 < low < high < 100 is needed, not low={low:g} and high={high:g}")
        self.low, self.high = low, high

    def vote(self, now: TechnicalSignals, bars: Bars) -> Ballot | Abstained:
        if now.adx_14 is None:
            return Abstained(why="too little history for the ADX")
        rsi, mean = bars.rsi(5), bars.sma(100)[-1]
        if now.close > mean and rsi[-2] < self.low <= rsi[-1]:
            confidence = min(1.0, 0.5 + now.adx_14 / 200)
            return Ballot(Direction.LONG, confidence, (f"RSI 5 back above {self.low:g} in a rise",))
        if rsi[-2] < self.high <= rsi[-1]:
            return Ballot(Direction.SHORT, 0.6, (f"RSI 5 above {self.high:g}",))
        return NOTHING
'''

_TEST = '''"""What $CLASS promises. Run it: python test_$MODULE.py (or pytest test_$MODULE.py)."""

from pathlib import Path

from evidence.strategies.trying import directions, future_changes_nothing
from risk.proposal import Direction

FILE = Path(__file__).with_name("$MODULE.py")
RISE = [100.0 + 0.1 * bar for bar in range(200)]


def test_a_dip_in_a_rise_is_bought() -> None:
    closes = [*RISE, 118.0, 116.5, 115.0, 117.5]
    assert directions(FILE, "$CLASS", closes)[-1] is Direction.LONG


def test_what_has_run_hot_is_closed() -> None:
    closes = [*RISE, 118.0, 116.5, 115.0, 117.5, 121.0, 124.0]
    assert Direction.SHORT in directions(FILE, "$CLASS", closes)[-2:]


def test_a_fall_is_not_bought() -> None:
    closes = [200.0 - 0.3 * bar + bar % 3 for bar in range(300)]
    assert Direction.LONG not in directions(FILE, "$CLASS", closes)


def test_no_vote_changes_when_the_future_does() -> None:
    future_changes_nothing(FILE, "$CLASS")


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(f"passed: {name}")
'''


class Drafted(NamedTuple):
    """A new strategy: its class, and the names and texts of its two files."""

    kind: str
    file: str
    text: str
    test_file: str
    test_text: str


def drafted(name: str) -> Drafted:
    """The files of a new strategy, named `DipBuyer` or `dip_buyer`. Raises UsageFault for a name that cannot be used."""
    if not _NAME.fullmatch(name) or not (words := _WORDS.findall(name)):
        raise _refused(name, "a name is a letter, then at most 59 letters, digits and _")
    module = "_".join(words).lower()
    kind = name if name[0].isupper() and "_" not in name else "".join(word[0].upper() + word[1:] for word in words)
    if keyword.iskeyword(module) or keyword.iskeyword(kind) or kind in _TAKEN:
        raise _refused(name, "it already means something in Python or in the file")
    if words[0].lower() == "test":
        raise _refused(name, "a file that begins with test is taken for a test")
    if module in STRATEGIES or module == OWN:
        raise _refused(name, f"{module} is a built-in strategy")
    if _is_installed(module):
        raise _refused(name, f"{module}.py would hide the module {module}")
    strategy, test = (text.replace("$CLASS", kind).replace("$MODULE", module) for text in (_STRATEGY, _TEST))
    return Drafted(kind, f"{module}.py", strategy, f"test_{module}.py", test)


def _is_installed(module: str) -> bool:
    """Whether a module of this name lies anywhere but in the present folder."""
    found = find_spec(module)
    return found is not None and Path(found.origin or "").parent != Path.cwd()


def _refused(name: str, why: str) -> UsageFault:
    return UsageFault(f"--new {name!r}: {why}. Nothing was written; choose another name, such as DipBuyer.")
