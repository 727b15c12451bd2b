"""A voter of the user's own: a class in a Python file, named in the profile or on the command line.

    class DipBuyer:
        def __init__(self, rsi: float = 30.0) -> None: ...
        def vote(self, now: TechnicalSignals) -> Ballot | Abstained: ...

It sees what every voter sees, the signals of closed bars, and nothing else is handed to it; each symbol gets an instance of its
own, so that what it remembers of one does not leak into another. The file's text is kept in the journal, and a replay runs that
text. It is the user's code and runs with the user's rights: a voter that raises, or whose word is no ballot, ends the session
before anything is traded on it.
"""

import inspect
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.strategies.voter import Ballot, Strategy
from config.errors import UsageFault
from config.sections.strategies import StrategyContext
from config.silence import Abstained
from market.signals import TechnicalSignals

_LARGEST = 1_000_000


class StrategyFault(UsageFault):
    """A voter of the user's own failed, or said what is no vote."""

    exit_code = 10


class OwnVoter:
    """The user's class behind the voter's protocol: one instance a symbol, each word checked."""

    def __init__(self, name: str, kind: type, params: Mapping[str, float]) -> None:
        """Raises UsageFault where the class cannot be made with these parameters."""
        self._name = name
        self._kind = kind
        self._params = dict(params)
        self._instances: dict[str, Strategy] = {}
        self._make()

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        """The word of the symbol's instance. Raises StrategyFault."""
        if now.symbol not in self._instances:
            self._instances[now.symbol] = self._make()
        try:
            said = self._instances[now.symbol].vote(now)
        except Exception as fault:  # noqa: BLE001  the boundary of the user's code: what breaks in it is told, with its line
            raise StrategyFault(
                f"The strategy {self._name} failed on {now.symbol} at {now.close_utc.isoformat()}: {_told(fault)}. The session "
                "was ended there, and nothing was traded on it. Correct the strategy and run again."
            ) from None
        wrong = _what_is_wrong(said)
        if wrong:
            raise StrategyFault(
                f"The strategy {self._name} said {wrong} on {now.symbol} at {now.close_utc.isoformat()}. The session was ended "
                "there, and nothing was traded on it. Return Ballot(direction, confidence from 0 to 1, reasons) or Abstained."
            )
        return said

    def _make(self) -> Strategy:
        try:
            made = self._kind(**self._params)
        except Exception as fault:  # noqa: BLE001  the boundary of the user's code
            takes = ", ".join(inspect.signature(self._kind).parameters) or "no parameters"
            raise UsageFault(
                f"The strategy {self._name} cannot be made with {self._params or 'no parameters'}: {_told(fault)}. It takes "
                f"{takes}. Nothing was started."
            ) from None
        if not callable(getattr(made, "vote", None)):
            raise UsageFault(
                f"The strategy {self._name} has no method `vote(now)`, which is what makes a voter. Nothing was started."
            )
        return made  # type: ignore[no-any-return]


def read_own(settings: tuple[StrategyContext, ...]) -> dict[str, str]:
    """The texts of all files that a profile's own voters lie in, by file name. Raises UsageFault."""
    texts: dict[str, str] = {}
    for entry in settings:
        if entry.file is None:
            continue
        path = Path(entry.file)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            why = fault.strerror if isinstance(fault, OSError) else "it is no text in UTF-8"
            raise UsageFault(f"The strategy file {path} cannot be read ({why}). Nothing was started.") from fault
        if len(text) > _LARGEST:
            raise UsageFault(f"The strategy file {path} is longer than a million characters. Nothing was started.")
        if texts.setdefault(path.name, text) != text:
            raise UsageFault(
                f"Two strategy files are called {path.name} and differ; the journal tells files by name. Nothing was started; "
                "rename one."
            )
    return texts


def own_voter(entry: StrategyContext, texts: Mapping[str, str]) -> OwnVoter:
    """The voter of an entry with `strategy: own`. Raises UsageFault."""
    file, wanted = Path(entry.file or "").name, entry.name or ""
    kinds = _classes(file, texts[file])
    if wanted not in kinds:
        there = ", ".join(kinds) or "none"
        raise UsageFault(f"{file} has no class {wanted!r} with a method `vote`. It has: {there}. Nothing was started.")
    return OwnVoter(f"{file}:{wanted}", kinds[wanted], entry.params)


def _classes(file: str, text: str) -> dict[str, type]:
    """The classes with a `vote` that a file defines."""
    space: dict[str, Any] = {"__name__": Path(file).stem}
    try:
        exec(compile(text, file, "exec"), space)
    except Exception as fault:  # noqa: BLE001  the boundary of the user's code
        raise UsageFault(f"The strategy file {file} does not run: {_told(fault)}. Nothing was started.") from None
    own = {name: value for name, value in space.items() if isinstance(value, type)}
    return {n: v for n, v in own.items() if v.__module__ == Path(file).stem and callable(getattr(v, "vote", None))}


def _what_is_wrong(said: object) -> str:
    """What keeps a word from being a vote; empty when it is one."""
    if isinstance(said, Abstained):
        return ""
    if not isinstance(said, Ballot):
        return f"{type(said).__name__} instead of a Ballot"
    sound = isinstance(said.confidence, int | float) and math.isfinite(said.confidence) and 0 <= said.confidence <= 1
    if not sound:
        return f"a confidence of {said.confidence!r}"
    if not isinstance(said.reasons, tuple) or not all(isinstance(reason, str) for reason in said.reasons):
        return "reasons that are no tuple of strings"
    return ""


def _told(fault: Exception) -> str:
    """The fault with the line of the user's file on which it happened."""
    line = getattr(fault, "lineno", None)
    trace = fault.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(".py") and "/" not in trace.tb_frame.f_code.co_filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f" in line {line}" if line else ""
    return f"{type(fault).__name__}{where}: {fault}"
