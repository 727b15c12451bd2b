"""TA-Lib is loaded without pandas, and takes a Series all the same once somebody has loaded pandas."""

import json
import subprocess
import sys

import pytest

_PROGRAM = """
import json, sys
import numpy as np
from market.indicators.library import abstract, stream, talib

close = np.arange(1.0, 40.0)
before = "pandas" in sys.modules
plain = talib.SMA(close, timeperiod=3)
import pandas as pd

days = pd.date_range("2024-01-01", periods=len(close), name="day")
series = talib.SMA(pd.Series(close, index=days), timeperiod=3)
frame = abstract.Function("SMA")(pd.DataFrame({"close": close}, index=days), timeperiod=3)
handle = stream.SMA(close, timeperiod=3)
print(json.dumps({
    "before": before,
    "kinds": [type(each).__name__ for each in (plain, series, frame)],
    "same": bool(np.array_equal(plain, series, equal_nan=True) and np.array_equal(plain, frame, equal_nan=True)),
    "days": bool((series.index == days).all()),
    "stream": bool(handle.value == plain[-1]),
}))
"""


def test_talib_loads_no_pandas_and_takes_a_series_once_it_is_there() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == {
        "before": False, "kinds": ["ndarray", "Series", "Series"], "same": True, "days": True, "stream": True,
    }  # fmt: skip


@pytest.mark.slow
def test_a_simulated_session_and_a_sweep_load_no_pandas() -> None:
    loaded = "import sys, ops.commands.sessions.session, evidence.search.fast"
    program = f"{loaded}; print('pandas' in sys.modules, 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.slow
def test_a_simulated_session_loads_no_client_of_an_exchange_and_nothing_of_its_statistics() -> None:
    program = (
        "import sys, ops.commands.sessions.session; "
        "print(*sorted({'aiohttp', 'ccxt', 'numba', 'pandas', 'pyarrow', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
