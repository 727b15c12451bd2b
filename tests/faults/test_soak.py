"""A session that lives long on an exchange that fails again and again: it grows by nothing, and leaves no error unhandled.

`SOAK_HOURS` and `SOAK_SYMBOLS` say for how long and with how many markets (`make faults`: 24 hours, 20 markets).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fault_table import size

SCRIPT = Path(__file__).resolve().parents[1] / "support" / "faults" / "soak.py"
HOURS, SYMBOLS = size("SOAK_HOURS"), int(os.environ.get("SOAK_SYMBOLS", "4"))
LONG_ENOUGH = 12
"""From so many hours of the market on, a slope of memory says something."""


@pytest.mark.slow
def test_a_session_that_lives_long_neither_grows_nor_leaves_an_error_unhandled(tmp_path: Path) -> None:
    asked = [str(tmp_path / "soak"), "--hours", str(HOURS), "--symbols", str(SYMBOLS)]
    done = subprocess.run([sys.executable, str(SCRIPT), *asked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    assert (found["faults"], found["unhandled"]) == ([], 0), found["said"]
    assert found["hours"] == HOURS
    assert found["last"]["files"] <= found["first"]["files"] + 5
    if HOURS >= LONG_ENOUGH:
        assert found["orders"] > SYMBOLS
        assert found["mb_an_hour"] < 1.0
