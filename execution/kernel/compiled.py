"""The two ways in which functions of the kernel are compiled. numba is imported when the first of them is declared.

Inner functions are compiled into whoever calls them and are never cached by themselves: numba notices a change in the file of a
cached function, and in no file that it calls. The one cached door (`door`) therefore carries a fingerprint of all the
kernel's sources, so that an update can never run yesterday's code.

It refuses fast-math and Python objects: the kernel's figures must be those of the full engine.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function in machine code, for the kernel's own use; it never holds the interpreter's lock."""
    from numba import njit

    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(F, njit(error_model="numpy", nogil=True, **options)(function))


def door(function: F) -> F:
    """A function that Python calls: compiled once, and kept on disk beside its source or in the user's cache."""
    import numba

    return cast(F, numba.njit(error_model="numpy", nogil=True, cache=True)(function))


def fingerprint() -> str:
    """A hash of all compiled sources. A door that holds it in a closure is compiled anew when any of them changes."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    texts = [path.read_bytes() for path in files]
    return hashlib.sha256(b"".join(text for text in texts if b"execution.kernel.compiled" in text)).hexdigest()
