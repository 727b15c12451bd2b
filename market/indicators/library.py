"""TA-Lib, loaded without pandas. This folder takes it from here, and no other imports it.

TA-Lib's package loads pandas and pyarrow, 75 MB and a third of a second at every start, only to know a Series or a frame when it
is given one. This program gives it none; a strategy of the user may. So TA-Lib is shown stand-ins, which are the classes of
pandas as soon as somebody has loaded pandas, and match nothing before.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_TAKEN = ("Series", "DataFrame")
"""The classes of pandas that TA-Lib takes and gives back."""


class _StandIn(type):
    """The class of classes that are those of pandas with the same name, once pandas has been loaded."""

    def __instancecheck__(cls, value: object) -> bool:
        kind = getattr(sys.modules.get("pandas"), cls.__name__, None)
        return kind is not None and isinstance(value, kind)

    def __call__(cls, *values: Any, **more: Any) -> Any:
        """A real one: TA-Lib makes one only after it was given one."""
        return getattr(sys.modules["pandas"], cls.__name__)(*values, **more)


def _load() -> None:
    """Import TA-Lib, unless it or pandas is there already."""
    if "talib" not in sys.modules and "pandas" not in sys.modules:
        shown = ModuleType("pandas")
        for name in _TAKEN:
            setattr(shown, name, _StandIn(name, (), {}))
        sys.modules["pandas"] = shown
        try:
            import_module("talib")
        finally:
            del sys.modules["pandas"]


_load()

import talib  # noqa: E402  after it was loaded as above
from talib import InsufficientHistory, abstract, stream  # type: ignore[attr-defined]  # noqa: E402  exported, not declared

__all__ = ["InsufficientHistory", "abstract", "stream", "talib"]
