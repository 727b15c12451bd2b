"""`tribunal quality` measures any folder that has bars and a list, and says what is wrong with one that has not."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from config.seeds import generator
from evidence.quality.__main__ import main
from evidence.quality.faults import FAULTS
from evidence.quality.figures import Score, together
from evidence.quality.on_hits import is_for_tuning

MARKETS = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
BARS = 1_200
SPOILT, FELL = 700, 900


def folder_of(place: Path) -> Path:
    """Six markets; AAA prints a price that nobody saw, and all of them fall by a third in one hour, which is listed too."""
    (place / "ohlcv" / "spot").mkdir(parents=True)
    (place / "quality").mkdir()
    times = pd.date_range("2024-01-01", periods=BARS, freq="h", tz="UTC")
    listed = ["file,symbol,timestamp,kind,value,detail"]
    for number, name in enumerate(MARKETS):
        chance = generator(11, name)
        steps = chance.normal(0.0, 0.004, BARS)
        steps[FELL] = -0.4
        close = 10.0 ** (number - 1) * np.exp(steps.cumsum())
        opened = np.concatenate([[10.0 ** (number - 1)], close[:-1]])
        high, low = np.maximum(opened, close) * 1.002, np.minimum(opened, close) * 0.998
        if name == "AAA":
            low[SPOILT] /= 500.0
        rows = {"time": times, "open": opened, "high": high, "low": low, "close": close}
        rows["volume"] = chance.uniform(50.0, 150.0, BARS)
        file = f"ohlcv/spot/binance_{name}USDT_1h.csv"
        pd.DataFrame(rows).to_csv(place / file, index=False)
        listed.append(f"{file},{name}USDT,{times[FELL]:%Y-%m-%dT%H:%M:%SZ},jump,-0.4,")
        if name == "AAA":
            listed.append(f"{file},AAAUSDT,{times[SPOILT]:%Y-%m-%dT%H:%M:%SZ},wide_bar,499,")
    (place / "quality" / "anomalies.csv").write_text("\n".join(listed) + "\n")
    return place


@pytest.mark.slow
def test_a_folder_that_nobody_labelled_is_labelled_and_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path)
    assert main(["--data", str(folder), "--json", "--quiet"]) == 0
    report = json.loads(capsys.readouterr().out)
    bad = next(each for each in report["hits"] if each["kind"] == "bad print")
    assert (bad["cases"], bad["found"], bad["false"]) == (1, 1, 0)
    assert [each["kind"] for each in report["put_in"]] == ["duplicate", *FAULTS]
    tested = sum(not is_for_tuning("ohlcv/spot", f"{name}USDT") for name in MARKETS)
    assert 0 < tested < len(MARKETS)
    by_kind = {each["kind"]: each for each in report["put_in"]}
    assert by_kind["re-denomination"]["cases"] == 3 * tested
    assert all(each["found"] == each["cases"] for kind, each in by_kind.items() if kind != "staleness")
    assert sum(each["false"] for each in report["put_in"]) == 0
    assert main(["--data", str(folder), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out) == report


@pytest.mark.slow
def test_by_the_limits_alone_every_crash_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path)
    assert main(["--data", str(folder), "--json", "--quiet", "--set", "quality.judgement=limits"]) == 0
    bad = next(each for each in json.loads(capsys.readouterr().out)["hits"] if each["kind"] == "bad print")
    assert (bad["cases"], bad["found"], bad["false"]) == (1, 1, len(MARKETS))


def test_labels_are_written_and_say_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path)
    assert main(["--data", str(folder), "--relabel", str(tmp_path / "labels.csv")]) == 0
    lines = (tmp_path / "labels.csv").read_text().splitlines()
    assert sum(line.split(",")[4] == "real_move" for line in lines) == len(MARKETS)
    assert [line for line in lines if "bad_print,wick no_volume calm alone" in line] != []
    assert "7 jumps and wide bars of 7 hits were labelled" in capsys.readouterr().err


@pytest.mark.slow
def test_the_tables_are_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path)
    assert main(["--data", str(folder), "--quiet", "--markdown", str(tmp_path / "page.md")]) == 0
    printed, page = capsys.readouterr().out, (tmp_path / "page.md").read_text()
    for text in (printed, page):
        assert "Recall and precision" in text
        assert "Real crashes" in text
        assert "No peg was lost" in text
    assert "| bad print | hits | 1 | 1 | 0 | 100.00% | 100.00% |" in page


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--data", "nowhere"], 2, "is no folder"),
        (["--seed", "-1"], 2, "--seed must not be negative"),
        (["--markdown", "no/such/folder/page.md"], 2, "its folder does not exist"),
        (["--set", "quality.judgement=guess"], 2, "judgement"),
        ([], 3, "anomalies.csv cannot be read"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_words(
    more: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path), *more]) == code
    assert said in capsys.readouterr().err


def test_shares_of_nothing_are_unknown() -> None:
    none = Score(kind="x", source="hits", cases=0, found=0, false=0)
    assert (none.recall, none.precision) == (None, None)
    some = together("all", "", (none, Score(kind="y", source="hits", cases=4, found=3, false=1)))
    assert (some.recall, some.precision) == (0.75, 0.75)
