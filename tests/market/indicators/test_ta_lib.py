"""Indicators need no pandas, and take nothing of it away."""

import subprocess
import sys


def loaded(statements: str) -> str:
    script = f"import sys; {statements}; print('pandas' in sys.modules)"
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    ).stdout


def test_indicators_load_no_pandas() -> None:
    assert loaded("import market.indicators.window, market.indicators.engine") == "False\n"


def test_pandas_can_be_imported_before_and_after() -> None:
    assert loaded("import market.indicators.ta_lib, pandas; pandas.Series([1.0])") == "True\n"
    assert loaded("import pandas, market.indicators.ta_lib; pandas.Series([1.0])") == "True\n"
