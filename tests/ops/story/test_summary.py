"""The summary says what the story holds, the same on every machine, and never a number that is none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from config.errors import OutputFault
from ops.story.story import read_story
from ops.story.summary import Summary, summarise, write_summary

Maker = Callable[..., Path]


def test_it_counts_what_happened(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(bars=60), key)
    summary = summarise(story)
    assert (summary.run, summary.profile, summary.bars, summary.ended) == ("paper-001", "paper", 60, "completed")
    assert summary.rulings == {"approved": 0, "shrunk": 12, "rejected": 6}
    assert (summary.hearings, summary.signed) == (18, 6)
    assert summary.breaker_events == {"turbulence": {"tripped": 3, "extended": 0, "lifted": 2}}
    assert summary.minds == {"rules": 18, "models": "off"}
    assert summary.adjuster == "off"
    assert {rule.rule: (rule.binding, rule.refused, rule.cut) for rule in summary.gate_rules} == {
        "kelly": (6, 0, 6), "correlation": (6, 6, 0), "ruling": (6, 6, 0),
    }  # fmt: skip
    assert summary.trades.closed == 6
    assert summary.bars_with_position == pytest.approx(24 / 60)


def test_its_market_is_the_mean_of_its_symbols(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(), key)
    grown = [bars.close[-1] / bars.open[0] - 1 for bars in story.columns.symbols.values()]
    assert summarise(story).market_return == pytest.approx(sum(grown) / 2)


def test_the_end_is_that_of_the_ledger(make_run: Maker, key: bytes) -> None:
    summary = summarise(read_story(make_run(bars=55), key))
    assert summary.final_equity == summary.identity.recomputed
    assert [held.symbol for held in summary.positions] == ["BTC/USDT"]
    assert summary.identity.holds


@pytest.mark.parametrize("label", ["walk of seed 7", "simulated market, seed 7"])
def test_a_simulated_market_is_always_named_as_simulated(make_run: Maker, key: bytes, label: str) -> None:
    assert "simulated" in summarise(read_story(make_run(source=label), key)).source


def test_a_run_without_a_bar_has_a_summary(make_run: Maker, key: bytes) -> None:
    summary = summarise(read_story(make_run(bars=0, ended=False), key))
    assert (summary.bars, summary.ended, summary.growth.total_return) == (0, "cut short", 0.0)
    assert summary.final_equity == summary.starting_cash
    assert summary.adjuster == "off"


def test_the_same_run_gives_the_same_file_wherever_it_lies(make_run: Maker, key: bytes, tmp_path: Path) -> None:
    first = make_run("here")
    second = tmp_path / "deep" / "here"
    second.parent.mkdir()
    first.rename(second)
    write_summary(tmp_path / "a.json", summarise(read_story(second, key)))
    second.rename(first)
    write_summary(tmp_path / "b.json", summarise(read_story(first, key)))
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert str(tmp_path) not in (tmp_path / "a.json").read_text()


def test_the_file_is_plain_json_and_reads_back(make_run: Maker, key: bytes, tmp_path: Path) -> None:
    summary = summarise(read_story(make_run(trading=False), key))
    write_summary(tmp_path / "summary.json", summary)
    text = (tmp_path / "summary.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail)["trades"]["win_rate"] is None
    assert Summary.model_validate_json(text) == summary
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_a_place_that_cannot_be_written_is_an_output_fault(make_run: Maker, key: bytes, tmp_path: Path) -> None:
    summary = summarise(read_story(make_run(), key))
    with pytest.raises(OutputFault, match=r"summary\.json cannot be written"):
        write_summary(tmp_path / "absent" / "summary.json", summary)
