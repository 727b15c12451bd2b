"""TA-Lib without pandas. By itself it imports pandas, to take its series as well: 80 MB and a third of a second in every process
that knows an indicator. Nothing here passes it a series, so pandas is hidden from it.

Only this folder imports talib, and only by way of this file. Who needs pandas imports it, before or after.
"""

import sys

_HIDES = "pandas" not in sys.modules

if _HIDES:
    sys.modules["pandas"] = None  # type: ignore[assignment]  # Python's own way to say that there is no such module
try:
    import talib
    from talib import InsufficientHistory, abstract, stream  # type: ignore[attr-defined]  # exported, not declared
finally:
    if _HIDES:
        del sys.modules["pandas"]

__all__ = ["InsufficientHistory", "abstract", "stream", "talib"]
