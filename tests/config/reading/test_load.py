"""Profiles: what they resolve to, and how every fault is named at once."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.errors import UsageFault
from config.reading.load import PROFILES, load_profile, parse_limits, profile_names, resolve
from config.reading.tree import exact
from config.sections.limits import RiskLimits
from config.settings import Settings


def written(folder: Path, text: str, name: str = "mine.yaml") -> str:
    """The path of a profile with this text."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def faults(profile: str, **overrides: object) -> list[str]:
    """The lines of the refusal, without its heading and without folders."""
    with pytest.raises(UsageFault) as caught:
        load_profile(profile, overrides)
    folder = str(Path(profile).parent) + "/"
    return [line.strip().replace(folder, "") for line in str(caught.value).splitlines()[1:]]


@pytest.mark.parametrize("name", profile_names())
def test_every_packaged_profile_resolves_and_bears_its_name(name: str) -> None:
    assert load_profile(name).profile == name


def test_the_packaged_profiles_are_the_four_worlds_a_second_size_perpetuals_and_a_broker() -> None:
    worlds = {name: load_profile(name).world for name in profile_names()}
    assert worlds == {
        "paper": "simulated", "balanced": "simulated", "perp": "simulated", "backtest": "recorded", "testnet": "testnet",
        "live": "live", "ib": "testnet", "ib-backtest": "recorded",
    }  # fmt: skip


def test_balanced_differs_from_paper_in_sizes_and_voters_alone_and_keeps_its_proportions() -> None:
    paper, balanced = load_profile("paper"), load_profile("balanced")
    own = {"profile", "limits", "court", "strategies"}
    assert balanced.model_dump(exclude=own) == paper.model_dump(exclude=own)
    for name in (
        "max_position_fraction", "max_deployed_fraction", "risk_per_trade", "unproven_fraction", "max_cluster_fraction",
        "max_sector_fraction", "max_var_1d", "max_es_1d",
    ):  # fmt: skip
        assert getattr(balanced.limits, name) == pytest.approx(4 * getattr(paper.limits, name)), name
    for each in (paper.limits, balanced.limits):
        assert each.risk_per_trade == pytest.approx(each.max_position_fraction * 0.05)
        assert each.max_daily_loss > each.max_var_1d


def test_mappings_are_merged_and_lists_are_replaced(tmp_path: Path) -> None:
    text = (
        "extends: paper\nmarket: {symbols: [DOGE/USDT]}\nlimits: {min_conviction: 0.5}\nvenue: {starting_cash: 250}\n"
    )
    mine, paper = load_profile(written(tmp_path, text)), load_profile("paper")
    assert mine.market.symbols == ("DOGE/USDT",)
    assert mine.market.timeframe == paper.market.timeframe
    assert mine.limits == paper.limits.model_copy(update={"min_conviction": 0.5})
    assert mine.venue.starting_cash == Decimal(250)
    assert mine.profile == "mine"


def test_a_file_may_extend_a_file_beside_it(tmp_path: Path) -> None:
    written(tmp_path, "extends: paper\nseed: 11\ncourt: {net_threshold: 0.4}\n", "parent.yaml")
    child = load_profile(written(tmp_path, "extends: ./parent.yaml\nseed: 12\n"))
    assert (child.seed, child.court.net_threshold) == (12, 0.4)


def test_overrides_win_over_every_file_and_may_be_dotted_or_nested() -> None:
    settings = load_profile("paper", {"seed": 3, "market.symbols": ["ETH/USDT"], "venue": {"spread_bps": 7}})
    assert (settings.seed, settings.market.symbols, settings.venue.spread_bps) == (3, ("ETH/USDT",), 7.0)
    assert settings.venue.levels == load_profile("paper").venue.levels


def test_each_value_knows_the_file_and_line_it_came_from(tmp_path: Path) -> None:
    tree = resolve(written(tmp_path, "extends: paper\n\nlimits:\n  min_conviction: 0.5\n"), {"seed": 1}).tree

    def origin(*path: str) -> str:
        node = exact(tree, path)
        return str(node.place) if node else "default"

    assert origin("limits", "min_conviction") == f"{tmp_path}/mine.yaml, line 4"
    assert origin("world") == "paper.yaml, line 3"
    assert origin("seed") == "command line"
    assert origin("venue", "exchange") == "default"


def test_words_that_old_yaml_takes_for_something_else_stay_text(tmp_path: Path) -> None:
    text = "extends: paper\nvenue: {exchange: no}\nmarket:\n  symbols: [on, 12:30, 2024-01-01]\n"
    settings = load_profile(written(tmp_path, text))
    assert settings.venue.exchange == "no"
    assert settings.market.symbols == ("on", "12:30", "2024-01-01")


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    text = "extends: paper\nlimits:\n  max_positon_fraction: 0.01\nwrold: live\nzzz: 1\n"
    named = faults(written(tmp_path, text))
    assert named[0] == (
        "limits.max_positon_fraction: unknown key; did you mean max_position_fraction? (mine.yaml, line 3)"
    )
    assert named[1] == "wrold: unknown key; did you mean world? (mine.yaml, line 4)"
    assert named[2].startswith("zzz: unknown key; known here are profile, world, seed, market")


def test_a_wrong_value_is_named_with_its_range_and_unit(tmp_path: Path) -> None:
    text = (
        "extends: paper\nlimits:\n  max_position_fraction: 3\n  risk_window_bars: many\n  max_daily_loss: true\n"
        "market: {timeframe: 2h, start_price: {BTC: -1}}\nvenue: {kind: simulatd}\nstrategies: []\n"
    )
    assert faults(written(tmp_path, text)) == [
        "limits.max_position_fraction: 3 is not allowed; it must be a number above 0 and at most 1 "
        "[fraction of equity] (mine.yaml, line 3)",
        "limits.risk_window_bars: 'many' is not allowed; it must be a whole number from 50 to 20000 [bars] "
        "(mine.yaml, line 4)",
        "limits.max_daily_loss: true is not allowed; it must be a number above 0 and at most 1 [fraction] "
        "(mine.yaml, line 5)",
        "market.timeframe: '2h' is not allowed; it must be one of 1m, 5m, 15m, 30m, 1h, 4h, 1d (mine.yaml, line 6)",
        "market.start_price.BTC: -1 is not allowed; it must be a number above 0 and at most 1e+07 [quote] (mine.yaml, line 6)",
        "venue.kind: 'simulatd' is not allowed; it must be one of simulated, ccxt, ib; did you mean simulated? "
        "(mine.yaml, line 7)",
        "strategies: a list of 0 is not allowed; it must be a list, not empty (mine.yaml, line 8)",
    ]


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "1e400"])
def test_a_number_that_is_not_finite_is_refused(tmp_path: Path, value: str) -> None:
    (line,) = faults(written(tmp_path, f"extends: paper\nquality:\n  max_bar_move: {value}\n"))
    assert "is not allowed; it must be a number above 0 [fraction] (mine.yaml, line 3)" in line


def test_contradictions_are_found_beside_wrong_values_and_beside_each_other(tmp_path: Path) -> None:
    text = (
        "extends: paper\nlimits:\n  max_position_fraction: 0.9\n  stop_fraction: 0.3\n  min_conviction: 7\n"
        "venue: {kind: ccxt}\ncourt: {call: never}\n"
    )
    found = "\n".join(faults(written(tmp_path, text)))
    assert "max_position_fraction 0.9 is above max_deployed_fraction 0.2" in found
    assert "(mine.yaml, line 3; base.yaml, line " in found
    assert "stop_fraction 0.3 is above max_stop_fraction 0.08" in found
    assert "limits.min_conviction: 7 is not allowed" in found
    assert "group_commit must be 1 where a real venue is involved" in found
    assert "orders that were decided on a simulated market may not reach a real venue" in found


def test_a_wrong_value_is_not_also_called_a_contradiction(tmp_path: Path) -> None:
    (line,) = faults(written(tmp_path, "extends: paper\nlimits: {max_drawdown: 0}\n"))
    assert line.startswith("limits.max_drawdown: 0 is not allowed")


def test_settings_that_contradict_themselves_cannot_be_made_by_hand_either() -> None:
    limits = load_profile("paper").limits.model_dump()
    with pytest.raises(ValidationError, match="it would never act"):
        RiskLimits.model_validate({**limits, "max_daily_loss": 0.5})


def test_a_secret_in_a_profile_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (line,) = faults(written(tmp_path, "extends: paper\nvenue: {api_secret: hunter2hunter2}\n"))
    assert "never from a profile" in line
    assert "hunter2" not in line


def test_a_number_where_text_belongs_is_told_about_quotes(tmp_path: Path) -> None:
    (line,) = faults(written(tmp_path, "extends: paper\nmarket: {symbols: [5]}\n"))
    assert "market.symbols.0: 5 is not allowed; it must be text; put it in quotes" in line


def test_what_is_missing_is_said_with_its_section(tmp_path: Path) -> None:
    whole = (PROFILES / "base.yaml").read_text(encoding="utf-8")
    named = faults(written(tmp_path, whole.replace("  warmup_bars: ", "  # warmup_bars: ")))
    assert any(
        "market.warmup_bars: is missing; it must be a whole number from 200 to 20000 [bars]" in line for line in named
    )


def test_a_profile_that_has_forgotten_its_parent_is_told_so_and_not_all_that_it_lacks(tmp_path: Path) -> None:
    parent, drawdown = faults(written(tmp_path, "limits:\n  max_drawdown: 10%\n"))
    assert parent.startswith("extends: is missing, so ")
    assert "write `extends: paper`" in parent
    assert drawdown.startswith("limits.max_drawdown: '10%' is not allowed")
    assert len(faults(written(tmp_path, "extends: paper\nlimits:\n  max_drawdown: 10\n"))) == 1


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("limits.max_drawdown=15%", "; 15% is written 0.15"),
        ("limits.max_drawdown=2.5 %", "; 2.5 % is written 0.025"),
        ("limits.max_drawdown=0,15", "; the decimal mark is a point: 0.15"),
        ("venue.spread_bps=5%", "[bps] (command line)"),
        ("limits.max_drawdown=much", "[fraction] (command line)"),
    ],
)
def test_a_number_that_is_written_for_people_is_told_how_it_is_written_here(typed: str, hint: str) -> None:
    key, _, value = typed.partition("=")
    with pytest.raises(UsageFault) as caught:
        load_profile("paper", {key: value})
    assert hint in str(caught.value)


@pytest.mark.parametrize("key", ["BNXUSDT", "2024-01-01", "'BNX USDT'"])
def test_a_unit_that_is_accepted_for_no_market_is_refused_and_not_silently_without_effect(
    key: str, tmp_path: Path
) -> None:
    (line,) = faults(written(tmp_path, f"extends: paper\nquality:\n  accepted_units:\n    {key}: 5\n"))
    assert line.startswith(f"quality.accepted_units: {key.strip(chr(39))} is no market")
    assert load_profile(written(tmp_path, "extends: paper\nquality:\n  accepted_units:\n    BNX/USDT: 5\n")).quality


def test_a_tab_is_named_where_yaml_wants_blanks(tmp_path: Path) -> None:
    (line,) = faults(written(tmp_path, "extends: paper\nlimits:\n\tmax_drawdown: 0.1\n"))
    assert "this one begins with a tab (mine.yaml, line 3)" in line


def test_an_unknown_profile_is_answered_with_the_nearest() -> None:
    assert faults("papr") == [
        "there is no profile 'papr'; did you mean paper? (your own file is given by its path, ending in .yaml)"
    ]


def test_an_unknown_parent_is_named_with_its_line(tmp_path: Path) -> None:
    (line,) = faults(written(tmp_path, "seed: 1\nextends: bakctest\n"))
    assert "did you mean backtest?" in line
    assert line.startswith("extends: ")
    assert line.endswith("(mine.yaml, line 2)")


def test_profiles_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "extends: mine.yaml\n", "other.yaml")
    (line,) = faults(written(tmp_path, "extends: other.yaml\n"))
    assert "extends itself, through its parents" in line


def test_a_profile_that_is_not_there_or_not_a_file_is_refused(tmp_path: Path) -> None:
    assert faults(f"{tmp_path}/none.yaml") == ["cannot be read: No such file or directory (none.yaml)"]
    assert faults(f"{tmp_path}/") == [f"cannot be read: Is a directory ({tmp_path.name})"]


def test_a_profile_may_not_name_itself(tmp_path: Path) -> None:
    (line,) = faults(written(tmp_path, "extends: live\nprofile: paper\n"))
    assert line == "profile: a profile is named by its file; leave this line out (mine.yaml, line 2)"


def test_a_misspelt_override_is_a_fault_of_the_command_line() -> None:
    (line,) = faults("paper", **{"market.symbls": ["X"]})
    assert line == "market.symbls: unknown key; did you mean symbols? (command line)"


def test_a_key_with_a_line_break_cannot_forge_a_second_fault(tmp_path: Path) -> None:
    (line,) = faults(written(tmp_path, 'extends: paper\n"seeed\\n  x: fine": 1\n'))
    assert line.startswith("seeed\\n  x: fine: unknown key")


def test_limits_of_a_file_stand_over_those_of_the_profile(tmp_path: Path) -> None:
    base = load_profile("paper").limits
    limits = parse_limits(written(tmp_path, "max_drawdown: 0.1\n"), base)
    assert limits == base.model_copy(update={"max_drawdown": 0.1})


def test_a_limits_file_is_judged_as_strictly_as_a_profile(tmp_path: Path) -> None:
    base = load_profile("paper").limits
    path = written(tmp_path, "max_drawdwn: 0.1\nmax_daily_loss: 0.5\nkelly_edge: 2\n")
    with pytest.raises(UsageFault) as caught:
        parse_limits(path, base)
    text = str(caught.value)
    assert f"max_drawdwn: unknown key; did you mean max_drawdown? ({path}, line 1)" in text
    assert (
        f"kelly_edge: 2 is not allowed; it must be a number above 0 and at most 0.5 [fraction] ({path}, line 3)" in text
    )
    assert "max_daily_loss 0.5 is above max_drawdown 0.15: it would never act" in text


FEED = '  sources: [{kind: rss, name: wire, weight: 1.0, url: "https://example.org/rss"}]\n'


@pytest.mark.parametrize(("parent", "world"), [("paper", "simulated"), ("backtest", "recorded")])
def test_a_live_feed_is_refused_where_bars_do_not_wait_and_the_way_is_named(
    tmp_path: Path, parent: str, world: str
) -> None:
    mine = written(tmp_path, f"extends: {parent}\nsentiment:\n{FEED}")
    (fault,) = faults(mine)
    assert f"wire of kind rss tells what is new today, and {world} bars do not wait for it" in fault
    assert "`tribunal collect`" in fault
    assert fault.startswith("sentiment.sources: ")
    assert fault.endswith(f"(mine.yaml, line 3; {parent}.yaml, line 3)")


@pytest.mark.parametrize("parent", ["testnet", "live"])
def test_a_live_feed_is_allowed_where_bars_come_over_a_wire_too(tmp_path: Path, parent: str) -> None:
    mine = written(tmp_path, f"extends: {parent}\nsentiment:\n{FEED}")
    assert load_profile(mine).sentiment.sources[0].kind == "rss"


def test_settings_of_an_earlier_journal_with_such_a_feed_are_read_as_they_were() -> None:
    paper = load_profile("paper").model_dump(mode="json")
    paper["sentiment"]["sources"] = [{"kind": "rss", "name": "wire", "weight": 1.0, "url": "https://example.org/rss"}]
    assert Settings.model_validate(paper).sentiment.sources[0].kind == "rss"
