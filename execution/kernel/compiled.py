"""The two ways in which functions of the kernel are compiled. numba is imported when the first of them is declared.

Inner functions are compiled into whoever calls them and are never cached by themselves: numba notices a change in the file of a
cached function, and in no file that it calls. A door (`door`), which is cached, therefore carries a fingerprint of all the
kernel's sources, and of the constants that they import from the full engine: numba compiles their values in, and no update may
run the machine code of old ones.

It refuses fast-math and Python objects: the kernel's figures must be those of the full engine. It counts no references (`_nrt`):
all memory is the caller's, who holds it during the call, so no compiled function may allocate, or return an array.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function in machine code, for use inside the kernel. It never holds the interpreter's lock."""
    from numba import njit

    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    return cast(F, njit(error_model="numpy", nogil=True, **options)(function))


def door(function: F, *, tells: bool = False) -> F:
    """A function that Python calls: compiled once, and kept on disk beside its source or in the user's cache.

    Where neither can be written it is compiled at each start; with `tells`, a warning says so.
    """
    from market.indicators.machine_code import kept

    return kept(function, tells=tells, error_model="numpy", nogil=True, _nrt=False)


def fingerprint() -> str:
    """A hash of all compiled sources and of their constants. A door that holds it in a closure is compiled anew when any of
    them changes. Call it where all modules of the kernel that the door runs have been imported."""
    made = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        text = path.read_bytes()
        if b"execution.kernel.compiled" not in text:
            continue
        made.update(text)
        name = ".".join(path.relative_to(here).with_suffix("").parts)
        if module := sys.modules.get(f"{__package__}.{name}"):
            made.update(repr(sorted(_constants(module))).encode())
    return made.hexdigest()


def _constants(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Name and value of each number, text or tuple that compiled functions of a module can read, wherever it was declared."""
    for name, value in vars(module).items():
        if _is_plain(value) and not name.startswith("__"):
            yield name, repr(value)


def _is_plain(value: object) -> bool:
    """Whether a value prints alike in every process."""
    return all(map(_is_plain, value)) if isinstance(value, tuple) else isinstance(value, int | float | str)
