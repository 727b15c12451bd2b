"""A voter that the user wrote: a class in a Python file, named in the profile or on the command line.

    class DipBuyer:
        def __init__(self, rsi: float = 30.0) -> None: ...
        def vote(self, now: TechnicalSignals) -> Ballot | Abstained: ...

It receives what every voter receives, the signals of closed bars; with `vote(self, now, bars)` also a window of the last bars,
with `vote(self, now, facts)` also all that a case knows before the court (see `agents.strategies.windows`); and nothing else.
Each symbol gets its own instance, so that the state of one symbol cannot reach another. The journal stores the text of the file,
and a replay runs that text. The code is the user's and runs with the user's rights. If a voter raises an error or returns
something that is not a ballot, the session ends before that vote is traded.
"""

import inspect
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from agents.strategies.facts import Facts
from agents.strategies.voter import Ballot
from agents.strategies.windows import Minded
from config.errors import UsageFault
from config.sections.strategies import StrategyContext
from config.silence import Abstained
from market.bar import Bar
from market.signals import Depth, TechnicalSignals

_LARGEST = 1_000_000
_SPACE = "own_strategy_"
"""Begins the name of the module that a user's file is while it runs, so that it hides no other module."""


class StrategyFault(UsageFault):
    """A voter of the user failed, or returned something that is not a vote."""

    exit_code = 10


class OwnVoter:
    """The user's class behind the voter protocol: one instance for each symbol, and each vote is checked."""

    def __init__(self, name: str, kind: type, params: Mapping[str, float]) -> None:
        """Raises UsageFault when the class cannot be created with these parameters."""
        self._name = name
        self._kind = kind
        self._params = dict(params)
        self._minded = Minded(name, self._make)

    @property
    def minded(self) -> Minded:
        """Its instances and windows."""
        return self._minded

    @property
    def history(self) -> int:
        """Bars that must have closed before it votes; 0 for a voter without a window."""
        return self._minded.history

    @property
    def reads(self) -> Depth:
        """The depth of the signals that it reads: all of them, unless the class says `reads = "core"`."""
        return "core" if getattr(self._kind, "reads", "full") == "core" else "full"

    @property
    def sides(self) -> str:
        """The sides on which it can be: `long`, unless the class says `sides = "both"`."""
        return "both" if getattr(self._kind, "sides", "long") == "both" else "long"

    def remember(self, past: Iterable[Bar]) -> None:
        """Read bars of the warm-up, oldest first, into the window if there is one. Raises StrategyFault."""
        for bar in past:
            self._guarded(bar, partial(self._minded.remember, bar))

    def remember_days(self, days: Iterable[Bar]) -> None:
        """Read the days before the warm-up, oldest first. Raises StrategyFault."""
        for day in days:
            self._guarded(day, partial(self._minded.remember_day, day))

    def vote(self, now: TechnicalSignals, facts: Facts | None = None) -> Ballot | Abstained:
        """Return the vote of the symbol's instance. Raises StrategyFault."""
        self._minded.of(now.symbol)
        said: Ballot | Abstained = self._guarded(now, partial(self._minded.ask, now, facts))
        wrong = _what_is_wrong(said)
        if wrong:
            raise StrategyFault(
                f"The strategy {self._name} returned {wrong} on {now.symbol} at {now.close_utc.isoformat()}. The session ended "
                "there, and this vote was not traded. Return Ballot(direction, confidence from 0 to 1, reasons) or Abstained."
            )
        return said

    def _guarded(self, at: Bar | TechnicalSignals, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except UsageFault:
            raise  # of what it read, where only bars are known
        except (Exception, SystemExit) as fault:  # noqa: BLE001  the boundary of the user's code: any error in it is reported with its line
            raise StrategyFault(
                f"The strategy {self._name} failed on {at.symbol} at {at.close_utc.isoformat()}: {_told(fault)}. The session "
                "ended there, and this vote was not traded. Correct the strategy and run again."
            ) from None

    def _make(self) -> Any:
        try:
            made = self._kind(**self._params)
        except (Exception, SystemExit) as fault:  # noqa: BLE001  the boundary of the user's code
            takes = ", ".join(inspect.signature(self._kind).parameters) or "no parameters"
            raise UsageFault(
                f"The strategy {self._name} cannot be created with {self._params or 'no parameters'}: {_told(fault)}. It takes "
                f"{takes}. Nothing was started."
            ) from None
        if not callable(getattr(made, "vote", None)):
            raise UsageFault(
                f"The strategy {self._name} has no method `vote(now)`, which a voter needs. Nothing was started; add one."
            )
        return made


def read_own(settings: tuple[StrategyContext, ...]) -> dict[str, str]:
    """Return the texts of all strategy files of a profile, by file name. Raises UsageFault."""
    texts: dict[str, str] = {}
    for entry in settings:
        if entry.file is None:
            continue
        path = Path(entry.file)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as fault:
            why = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8 text"
            raise UsageFault(f"The strategy file {path} cannot be read ({why}). Nothing was started.") from fault
        if len(text) > _LARGEST:
            raise UsageFault(f"The strategy file {path} is longer than a million characters. Nothing was started.")
        if texts.setdefault(path.name, text) != text:
            raise UsageFault(
                f"Two strategy files are called {path.name} and differ; the journal identifies files by name. "
                "Nothing was started; rename one."
            )
    return texts


def own_voter(entry: StrategyContext, texts: Mapping[str, str]) -> OwnVoter:
    """Return the voter of an entry with `strategy: own`. Raises UsageFault."""
    file, wanted = Path(entry.file or "").name, entry.name or ""
    kinds = _classes(file, texts[file])
    if wanted not in kinds:
        there = ", ".join(kinds) or "none"
        raise UsageFault(f"{file} has no class {wanted!r} with a method `vote`. It has: {there}. Nothing was started.")
    return OwnVoter(f"{file}:{wanted}", kinds[wanted], entry.params)


def _classes(file: str, text: str) -> dict[str, type]:
    """Return the classes with a `vote` method that a file defines."""
    module = ModuleType(f"{_SPACE}{Path(file).stem}")
    sys.modules[module.__name__] = module  # while it runs: dataclasses look up the module of their class there
    try:
        exec(compile(text, file, "exec"), module.__dict__)
    except (Exception, SystemExit) as fault:  # noqa: BLE001  the boundary of the user's code
        raise UsageFault(f"The strategy file {file} does not run: {_told(fault)}. Nothing was started.") from None
    finally:
        del sys.modules[module.__name__]
    own = {name: value for name, value in vars(module).items() if isinstance(value, type)}
    return {n: v for n, v in own.items() if v.__module__ == module.__name__ and callable(getattr(v, "vote", None))}


def _what_is_wrong(said: object) -> str:
    """Return why a value is not a vote; empty when it is one."""
    if isinstance(said, Abstained):
        return ""
    if not isinstance(said, Ballot):
        return f"{type(said).__name__} instead of a Ballot"
    sound = isinstance(said.confidence, int | float) and math.isfinite(said.confidence) and 0 <= said.confidence <= 1
    if not sound:
        return f"a confidence of {said.confidence!r}"
    if not isinstance(said.reasons, tuple) or not all(isinstance(reason, str) for reason in said.reasons):
        return "reasons that are not a tuple of strings"
    return _what_is_wrong_with_the_position(said)


def _what_is_wrong_with_the_position(said: Ballot) -> str:
    """Return what a share, an exit or a horizon may not be; empty when each is sound or not said."""
    if said.exposure is not None and not (_is_number(said.exposure) and 0 <= said.exposure <= 1):
        return f"an exposure of {said.exposure!r}, which is no share from 0 to 1,"
    if said.exit_price is not None and not (_is_number(said.exit_price) and said.exit_price > 0):
        return f"an exit_price of {said.exit_price!r}, which is no price above 0,"
    bars = said.horizon_bars
    if bars is not None and (isinstance(bars, bool) or not isinstance(bars, int) or bars < 1):
        return f"horizon_bars of {bars!r}, which is no number of bars from 1 on,"
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _told(fault: BaseException) -> str:
    """Return the error with the line of the user's file where it happened."""
    line = getattr(fault, "lineno", None)
    trace = fault.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(".py") and "/" not in trace.tb_frame.f_code.co_filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f" in line {line}" if line else ""
    return f"{type(fault).__name__}{where}: {fault}"
