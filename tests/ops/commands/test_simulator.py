"""`tribunal simulator` as it is typed: it serves until Ctrl-C, and refuses what it cannot serve in one sentence."""

import json
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from simulator_process import served

from config.errors import UsageFault
from execution.simulator import parser
from ops.commands.operate.simulator import simulator_command

ROOT = Path(__file__).resolve().parents[3]


def asked(url: str, path: str, method: str = "GET") -> Any:
    with urllib.request.urlopen(urllib.request.Request(f"{url}{path}", method=method), timeout=10) as reply:
        return json.loads(reply.read())


@pytest.mark.slow
def test_it_serves_the_profile_s_market_until_ctrl_c() -> None:
    with served("--symbols", "BTC/USDT", "--speed", "0") as (process, url, said):
        assert "simulated market, seed 7: BTC/USDT, bars of 1h, moved by POST /sim/advance" in said[1]
        assert [each["symbol"] for each in asked(url, "/api/v3/exchangeInfo")["symbols"]] == ["BTCUSDT"]
        before = asked(url, "/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=1000")
        assert len(before) == 1000
        asked(url, "/sim/advance", "POST")
        after = asked(url, "/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=1000")
        assert after[-1][0] == before[-1][0] + 3_600_000
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
        assert (process.returncode, err) == (130, "Stopped. Nothing of the simulated exchange was kept.\n")


@pytest.mark.slow
def test_it_plays_hourly_bars_as_minutes_of_this_machine_s_clock() -> None:
    with served("--symbols", "BTC/USDT", "--as", "1m") as (_, url, said):
        assert "bars of 1h played as 1m, 1 s of the market a second" in said[1]
        rows = asked(url, "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=2")
        assert rows[1][0] - rows[0][0] == 60_000
        assert 0 <= asked(url, "/api/v3/time")["serverTime"] - rows[1][0] < 120_000


@pytest.mark.slow
def test_it_tells_at_its_end_which_faults_have_happened(tmp_path: Path) -> None:
    scenario = tmp_path / "faults.yaml"
    scenario.write_text("faults: [{at: time, kind: status, status: 502, nth: [2, 3]}]", encoding="utf-8")
    with served("--symbols", "BTC/USDT", "--speed", "0", "--faults", str(scenario)) as (process, url, _):
        told = []
        for _ in range(4):
            try:
                told.append(bool(asked(url, "/api/v3/time")))
            except urllib.error.HTTPError as error:
                told.append(error.code == 200)
                error.close()
        assert told == [True, False, False, True]
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=300)
        assert out == "Faults that happened: status 2.\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--speed", "-1"], "--speed"),
        (["--speed", "nan"], "--speed"),
        (["--port", "70000"], "--port"),
        (["--balance", "USDT"], "COIN=AMOUNT"),
        (["--faults", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["--symbols", "BTCUSDT"], "has no BTCUSDT"),
    ],
)
def test_what_it_cannot_serve_is_refused_before_anything_starts(options: list[str], said: str) -> None:
    with pytest.raises(UsageFault, match=said) as caught:
        simulator_command(parser().parse_args(options))
    assert "othing was started" in str(caught.value)


@pytest.mark.slow
def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageFault, match=f"Port {port} of this machine cannot be opened"):
            simulator_command(parser().parse_args(["--days", "1", "--port", str(port)]))
