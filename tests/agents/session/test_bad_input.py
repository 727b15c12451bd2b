"""Wrong input ends in one clear sentence and its exit code: no traceback, nothing left behind."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from run_support import write_bars

from agents.run import main


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    return write_bars(tmp_path)[0]


def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    out = tmp_path / "out"
    assert main(["--quiet", "--out", str(out), *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert not out.exists()
    return captured.err


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "no file"), (b"", "empty"), (b"garbage", "cannot be read"), (b"PAR1garbagePAR1", "cannot be read")],
)
def test_files_that_are_not_what_they_should_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, says: str
) -> None:
    path = tmp_path / "x_BTCUSDT_1h.parquet"
    if content is not None:
        path.write_bytes(content)
    assert says in refused(tmp_path, capsys, 3, "--data", str(path))


def test_a_folder_is_not_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is a folder" in refused(tmp_path, capsys, 3, "--data", str(tmp_path))


def test_a_file_without_prices_is_told_what_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pd.DataFrame({"timestamp": [1, 2], "mood": [3, 4]}).to_csv(tmp_path / "x.csv", index=False)
    assert "no column for open, high, low, close" in refused(tmp_path, capsys, 3, "--data", str(tmp_path / "x.csv"))


def test_a_file_full_of_nan_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], bars: Path) -> None:
    frame = pd.read_parquet(bars)
    frame[["open", "high", "low", "close"]] = np.nan
    frame.to_parquet(bars)
    assert "rows of BTC/USDT" in refused(tmp_path, capsys, 3, "--data", str(bars))


@pytest.mark.parametrize(
    ("code", "arguments", "says"),
    [
        (3, ["--symbols", "DOGE/USDT"], "DOGE/USDT is not in"),
        (3, ["--start", "2024-01-10", "--end", "2024-01-05"], "later than the start"),
        (3, ["--start", "2031-01-01"], "does not cover"),
        (3, ["--end", "2023-11-05"], "needs 250 bars"),
        (2, ["--start", "someday"], "is not a date"),
        (2, ["--end", "9999-12-31T23:59-05:00"], "is not a date of the years 1 to 9999"),
        (2, ["--start", "0001-01-01T00:00+05:00"], "is not a date of the years 1 to 9999"),
        (3, ["--timeframe", "5m"], "1h"),
    ],
)
def test_windows_and_symbols_that_the_file_does_not_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bars: Path, code: int, arguments: list[str], says: str
) -> None:
    assert says in refused(tmp_path, capsys, code, "--data", str(bars), *arguments)


@pytest.mark.parametrize(
    ("code", "arguments", "says"),
    [
        (2, ["--profile", "papr"], "did you mean paper"),
        (2, ["--profile", "backtest"], "needs recorded bars"),
        (2, ["--profile", "testnet"], "there is no key for it"),
        (
            2,
            ["--profile", "testnet", "--set", "venue.exchange=kraken", "market.feed=kraken"],
            "kraken has no test network",
        ),
        (
            2,
            ["--profile", "testnet", "--set", "venue.exchange=nosuch", "market.feed=nosuch"],
            "cannot be sent to 'nosuch'",
        ),
        (6, ["--profile", "live"], "trades real money"),
        (2, ["--profile", "live", "--confirm", "yes"], "No real money is traded while"),
        (6, ["--profile", "live", "--confirm", "yes", "--without-record", "yes"], "not exactly"),
        (2, ["--set", "limits.max_drawdwn=0.1"], "did you mean max_drawdown"),
        (2, ["--set", "limits.max_drawdown=3"], "at most 1 [fraction]"),
        (2, ["--set", "limits.max_position_fraction=0.5"], "one position cannot be larger than all of them"),
        (2, ["--set", "nonsense"], "not KEY=VALUE"),
        (2, ["--days", "0"], "whole number from 1 to 3650"),
        (2, ["--seed", "-1"], "whole number from 0"),
        (2, ["--symbols", "BTCUSDT"], "BTCUSDT"),
        (2, ["--symbols", "FOO/USDT"], "The simulated market has no FOO"),
        (2, ["--start", "2020-01-01"], "the simulated market has none"),
        (2, ["--symbols", "BTC/USDT", "ETH/BTC"], "are quoted in BTC and USDT"),
        (2, ["--set", "market.start_price.BTC=10000001"], "at most 1e+07 [quote]"),
        (2, ["--set", "strategies=[{strategy: ema_cross, params: {adx_full: 0}}]"], "strategies[0].params.adx_full: 0"),
        (2, ["--set", "strategies=[{strategy: ema_cross, params: {adx: 0}}]"], "has no parameter 'adx'"),
        (2, ["--set", "strategies=[{strategy: ema_cross, symbols: [DOGEUSDT]}]"], "'DOGEUSDT' is not a market"),
    ],
)
def test_settings_and_arguments_that_are_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: int, arguments: list[str], says: str
) -> None:
    assert says in refused(tmp_path, capsys, code, *arguments)


def test_files_of_different_quotes_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = map(str, write_bars(tmp_path, ("BTC/USDT", "ETH/BTC")))
    assert "are quoted in BTC and USDT" in refused(tmp_path, capsys, 2, "--data", *paths)


def test_a_file_without_one_whole_bar_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bars: Path
) -> None:
    pd.read_parquet(bars)[:10].to_parquet(bars)
    said = refused(tmp_path, capsys, 3, "--data", str(bars), "--timeframe", "1d")
    assert "holds no complete 1d bar" in said


def test_a_run_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    assert main(["--quiet", "--out", str(tmp_path / "mine")]) == 5
    assert "never overwritten" in capsys.readouterr().err
    assert (tmp_path / "mine" / "diary.txt").read_text() == "dear diary"


def test_a_folder_that_cannot_be_made_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quiet", "--out", "/dev/null/run"]) == 5
    assert "cannot be made" in capsys.readouterr().err


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_the_run_with_a_sentence_and_takes_it_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file-size limit of the process stands for the full disk: SQLite gets the same refusal from the system."""
    import resource
    import signal

    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, limits[1]))
    try:
        code = main(["--quiet", "--out", str(tmp_path / "run"), "--days", "20"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert code == 5
    assert "cannot be written" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
