"""Compiles a function and keeps its machine code on disk, where there is a place for it.

A folder that cannot be written, a full disk or a damaged file costs the time of compiling again, and never a result. It has
its own file because importing it imports numba.
"""

import logging
import pickle
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache

F = TypeVar("F", bound=Callable[..., Any])

_UNREADABLE = (
    OSError,
    EOFError,
    pickle.PickleError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    ImportError,
    TypeError,
)
"""What reading a damaged or forbidden file of the cache can raise."""


def kept(function: F, *, tells: bool = False, **options: Any) -> F:
    """The function in machine code, compiled at its first call and kept beside its source or in the user's cache.

    Where neither can be written it is compiled by each process that calls it; with `tells`, a warning says so once. `options`
    are those of `numba.njit`.
    """
    dispatcher = njit(**options)(function)
    try:
        dispatcher._cache = _Cache(function)
    except RuntimeError:  # numba's word for no folder that can be written
        if tells:
            logging.getLogger(__name__).warning(
                "No folder for compiled code can be written, so it is compiled again at each start, which takes up to a minute. "
                "The results are the same. Set NUMBA_CACHE_DIR to a folder that you can write."
            )
    return cast(F, dispatcher)


class _Cache(FunctionCache):
    """numba's cache of one function; what it cannot read or write, it does without."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except _UNREADABLE:
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except _UNREADABLE:
            self.disable()
