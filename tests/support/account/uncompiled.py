"""The kernel's inner functions as plain Python: the same code, run by the interpreter, one at a time.

Inner functions are compiled into whoever calls them, so that Python cannot call them. Here each one is taken out of its compiled
form and bound to a namespace in which all others are taken out too.
"""

from functools import cache
from importlib import import_module
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from execution.kernel import records as w


@cache
def plain(name: str) -> SimpleNamespace:
    """The module `execution.kernel.NAME`, with every compiled function of its own and of others as plain Python."""
    return SimpleNamespace(**_names(f"execution.kernel.{name}"))


@cache
def _names(module: str) -> dict[str, Any]:
    names = dict(vars(import_module(module)))
    for name, value in list(names.items()):
        function = getattr(value, "py_func", None)
        if function is None or function.__code__.co_freevars:  # a door, which is for Python in any case
            continue
        home = function.__module__
        if home == module:
            names[name] = FunctionType(function.__code__, names, name)
        else:
            names[name] = _names(home)[name] if home.startswith("execution.kernel") else function
    return names


def record(kind: np.dtype[np.void], **values: Any) -> Any:
    """One record of zeros but for these fields; arrays are filled from their beginning."""
    made: Any = np.zeros(1, dtype=kind).view(np.recarray)[0]
    for name, value in values.items():
        made[name] = value
    return made


def fills(rows: int = 32) -> Any:
    """Room for so many fills."""
    return np.zeros(rows, dtype=w.FILL).view(np.recarray)
