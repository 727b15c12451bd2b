"""Sessions of both sides on the exchange of perpetuals over the wire: killed by SIGKILL with a short open, and with stops that
the exchange refuses. No order twice, none of nobody, nothing open that no stop covers, the same money there and here."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DRIVER = Path(__file__).resolve().parents[2] / "support" / "faults" / "short_lives.py"


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What became of each life: the first of a session that nobody kills, the last of one whose stops are refused."""
    folder = tmp_path_factory.mktemp("lives")
    done = subprocess.run([sys.executable, str(DRIVER), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_killed_with_a_short_open_a_session_comes_back_with_nothing_twice_lost_or_unprotected(
    lives: list[dict[str, Any]], record_property: Callable[[str, object], None]
) -> None:
    whole, *killed, _ = lives
    record_property("cases", len(killed))
    record_property("faults", sum(len(each["killed"]) for each in killed))
    assert [each["faults"] for each in lives[:-1]] == [[]] * (1 + len(killed))
    assert [len(each["killed"]) for each in killed] == [1] * len(killed), "each was killed at its point"
    assert [each["short_then"] for each in killed] == [True] * len(killed), "a short was open then"
    for each in killed:
        short = each["orders"].index("entry sell BTC/USDT market")
        assert "stop_loss buy BTC/USDT stop" in each["orders"][short:], (
            "it was protected, by whichever of its processes"
        )
        assert each["orders"].count("entry sell BTC/USDT market") == whole["orders"].count("entry sell BTC/USDT market")


@pytest.mark.slow
def test_a_short_whose_stop_the_exchange_refuses_is_bought_back_at_once(
    lives: list[dict[str, Any]], record_property: Callable[[str, object], None]
) -> None:
    refused = lives[-1]
    orders = refused["orders"]
    entries = [number for number, each in enumerate(orders) if each.startswith("entry sell")]
    record_property("cases", len(entries))
    record_property("faults", refused["refused"])
    assert refused["faults"] == []
    assert len(entries) >= 2
    for number in entries:
        market = orders[number].split()[2]
        after = [each for each in orders[number:] if each.split()[2] == market]
        assert f"stop_loss buy {market} market" in after[:5]
    assert refused["sold_after_s"] < 1.5
