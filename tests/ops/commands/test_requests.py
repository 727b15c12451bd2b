"""From a command line to a request: every option lands in its place, and what cannot be is answered in a sentence."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.backtest import parser as backtest
from agents.run import parser as run
from config.errors import UsageFault
from config.reading.document import read_document
from config.reading.load import load_profile
from config.reading.tree import plain
from market.timeframe import Timeframe
from ops.commands.backtest_request import BacktestRequest, backtest_asked
from ops.commands.requests import moment_of, settings_asked, timeframe_of, told_more, world_asked

BARS = ["--data", "a.parquet", "b.csv"]


def asked(*more: str) -> BacktestRequest:
    return backtest_asked(backtest().parse_args([*BARS, *more]))


def changed(*more: str) -> dict[str, Any]:
    return asked(*more).run.world.overrides


def test_bare_options_leave_everything_to_the_profile() -> None:
    world = world_asked(run().parse_args([]))
    assert (world.profile, world.overrides, world.timeframe, world.seed) == ("paper", {}, None, None)
    assert world.bars.data == ()
    assert world.bars.symbols is None
    assert (world.mind, world.news, world.days) == (None, None, None)


def test_each_option_on_bars_lands_in_its_place() -> None:
    line = [
        *BARS, "--symbols", "BTC/USDT", "ETH/USDT", "--start", "2024-02-01", "--end", "2024-03-01T06:00", "--seed", "11",
        "--timeframe", "4h", "--detail", "m5.parquet", "--funding", "f.csv", "--news", "n.jsonl",
        "--news-dates", "dmy", "--set", "limits.max_drawdown=0.1", "market.symbols=[A/B]",
    ]  # fmt: skip
    world = told_more(run().parse_args(line))
    assert world.bars.data == ("a.parquet", "b.csv")
    assert world.bars.symbols == ("BTC/USDT", "ETH/USDT")
    assert (world.bars.start_utc, world.bars.end_utc) == (
        datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, 6, tzinfo=UTC),
    )  # fmt: skip
    assert (world.bars.detail, world.bars.funding, world.news) == (("m5.parquet",), ("f.csv",), "n.jsonl")
    assert world.news_dates == "dmy"
    assert (world.seed, world.timeframe) == (11, "4h")
    assert world.overrides == {"limits.max_drawdown": 0.1, "market.symbols": ["A/B"]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1),
        ("a=0.5", 0.5),
        ("a=true", True),
        ("a=", None),
        ("a=x=y", "x=y"),
        ("a=[1, 2]", [1, 2]),
        ("a=b c", "b c"),
        ("a=010", 10),
        ("a=1e3", 1000.0),
        ("a=1_000", "1_000"),
        ("a=0x10", "0x10"),
        ("a=yes", "yes"),
        ("a=off", "off"),
        ("a=12:30", "12:30"),
        ("a=2024-01-01", "2024-01-01"),
        ("a={b: 007, c: [on, ~]}", {"b": 7, "c": ["on", None]}),
    ],
)
def test_a_setting_is_read_as_yaml(text: str, value: object) -> None:
    assert settings_asked([text]) == {"a": value}


_WRITTEN = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12) | st.sampled_from(
    [
        "0o17",
        "+.5",
        "1:30:00",
        "True",
        "NULL",
        "{a: 1}",
        "[x, 'y']",
        "!!str 7",
        "&x 1",
        "<<",
        "0b1",
        "- 1",
        "a: b",
        "# c",
    ]
)


@given(text=_WRITTEN)
def test_a_setting_means_what_the_same_line_of_a_profile_means(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("profile") / "mine.yaml"
    file.write_bytes(f"a: {text}\n".encode())
    node, faults = read_document(file, "mine.yaml")
    inside = None if node is None or faults else plain(node)
    try:
        found: object = settings_asked([f"a={text}"])
    except UsageFault:
        found = None
    assert repr(found) == repr(inside if isinstance(inside, dict) and set(inside) == {"a"} else None)


def test_money_and_seed_with_leading_zeros_are_what_a_file_would_make_of_them() -> None:
    given_twice = world_asked(run().parse_args(["--set", "seed=010", "--set", "venue.starting_cash=010000"]))
    settings = load_profile("paper", given_twice.overrides)
    assert (settings.seed, settings.venue.starting_cash) == (10, 10_000)


def test_each_further_option_of_several_values_adds_to_the_first() -> None:
    line = [
        "--set",
        "a=1",
        "b=2",
        "--set",
        "c=3",
        "--symbols",
        "A/B",
        "--symbols",
        "C/D",
        "--detail",
        "x",
        "--detail",
        "y",
    ]
    world = told_more(run().parse_args([*BARS, "--data", "c.csv", *line]))
    assert world.overrides == {"a": 1, "b": 2, "c": 3}
    assert world.bars.data == ("a.parquet", "b.csv", "c.csv")
    assert (world.bars.symbols, world.bars.detail) == (("A/B", "C/D"), ("x", "y"))
    assert world_asked(run().parse_args([])).overrides == {}
    assert len(changed("--strategy", "ema_cross", "--strategy", "golden_cross")["strategies"]) == 2


@pytest.mark.parametrize(
    "text", ["a", "=1", "", "a=[1", "a={b: ", "a=b: c", "a=1\nb: 2", "a={b: 1, b: 2}", "a=*x", "a=\udcff", "a=!!int x"]
)
def test_a_setting_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageFault, match=r"--set .*nothing was started"):
        settings_asked([text])


@pytest.mark.parametrize(
    "pairs", [["a=1", "b=2", "a=3"], ["a=1", "a=1"], ["a.b=1", "a={c: 2}"], ["a.b.c=1", "a={c: 2}"]]
)
def test_a_setting_that_is_given_twice_or_would_be_lost_is_refused(pairs: list[str]) -> None:
    with pytest.raises(UsageFault, match="Leave one of them out"):
        settings_asked(pairs)
    assert settings_asked(["a.b=1", "a.bc=2"]) == {"a.b": 1, "a.bc": 2}


def test_a_part_of_a_setting_refines_the_whole_before_it() -> None:
    whole, part = "market.start_price={BTC: 5, ETH: 7}", "market.start_price.BTC=6"
    prices = load_profile("paper", settings_asked([whole, part])).market.start_price
    assert (prices["BTC"], prices["ETH"], prices["SOL"]) == (6.0, 7.0, 95.0)


@given(minutes=st.integers(0, 10**8), offset=st.integers(-14 * 60, 14 * 60))
def test_a_moment_with_an_offset_is_the_same_moment_in_utc(minutes: int, offset: int) -> None:
    moment = datetime(1900, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = moment_of("--start", moment.astimezone(timezone(timedelta(minutes=offset))).isoformat())
    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


def test_a_moment_without_an_offset_is_utc_already_and_none_stays_none() -> None:
    assert moment_of("--start", "2020-02-01T06:00") == datetime(2020, 2, 1, 6, tzinfo=UTC)
    assert moment_of("--start", None) is None


@pytest.mark.parametrize("text", ["yesterday", "2020-13-01", "0001-01-01T00:00+05:00", "", "20"])
def test_what_is_no_moment_is_refused_by_the_name_of_its_option(text: str) -> None:
    with pytest.raises(UsageFault, match=r"^--end .* is not a date"):
        moment_of("--end", text)


def test_a_timeframe_is_one_of_those_that_are_known() -> None:
    assert [timeframe_of(each.value) for each in Timeframe] == list(Timeframe)
    with pytest.raises(UsageFault, match="Choose one of 1m"):
        timeframe_of("2h")


def test_a_backtest_is_asked_for_what_may_be_concluded() -> None:
    found = asked("--check", "--chance", "40", "--workers", "3", "--tearsheet", "--json", "--quiet", "--out", "o")
    assert (found.check, found.chance, found.workers, found.tearsheet) == (True, 40, 3, True)
    assert (found.run.as_json, found.run.quiet, found.run.out) == (True, True, "o")
    plain = asked()
    assert (plain.check, plain.chance, plain.tearsheet, plain.run.out) == (False, None, False, None)


def test_costs_become_settings() -> None:
    profile = load_profile("backtest")
    fees = changed("--fee-bps", "3.5")
    assert set(fees.values()) == {"3.5"}
    assert set(fees) == {
        f"market.instruments.{name}.{side}_fee_bps"
        for name in profile.market.instruments
        for side in ("maker", "taker")
    }
    assert changed("--cash", "2500", "--latency-ms", "250") == {
        "venue.starting_cash": "2500.0",
        "venue.latency_ms": 250.0,
    }


def test_slippage_widens_the_spread_on_both_sides_and_moves_the_limits_by_as_much() -> None:
    profile, found = load_profile("backtest"), changed("--slippage-bps", "4")
    assert found["venue.spread_bps"] - profile.venue.spread_bps == pytest.approx(8)
    assert found["limits.max_spread_bps"] - profile.limits.max_spread_bps == pytest.approx(8)
    assert found["limits.max_slippage"] - profile.limits.max_slippage == pytest.approx(0.0004)
    assert load_profile("backtest", found).venue.spread_bps == profile.venue.spread_bps + 8


def test_what_is_set_by_its_own_name_wins_over_what_an_option_says() -> None:
    assert changed("--latency-ms", "250", "--set", "venue.latency_ms=9")["venue.latency_ms"] == 9


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("book", {"venue.impact": "book"}),
        ("square_root", {"venue.impact": "square_root"}),
        ("square_root:0.7", {"venue.impact": "square_root", "venue.impact_coefficient": 0.7}),
    ],
)
def test_an_impact_is_a_model_and_perhaps_its_number(text: str, settings: dict[str, object]) -> None:
    assert changed("--impact", text) == settings


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("ema_cross", {"strategy": "ema_cross"}),
        ("ema_cross:rsi_max=60,fast=5", {"strategy": "ema_cross", "params": {"rsi_max": 60.0, "fast": 5.0}}),
        ("trend_ensemble:sides=both", {"strategy": "trend_ensemble", "sides": "both"}),
        ("ema_cross:fast=5,sides=long", {"strategy": "ema_cross", "sides": "long", "params": {"fast": 5.0}}),
        ("mine.py:Mine", {"strategy": "own", "file": "mine.py", "name": "Mine"}),
        ("dir/m.py:M:a=1e-3", {"strategy": "own", "file": "dir/m.py", "name": "M", "params": {"a": 0.001}}),
    ],
)
def test_a_voter_is_a_name_or_a_file_with_its_class_and_parameters(text: str, entry: dict[str, object]) -> None:
    assert changed("--strategy", text) == {"strategies": [entry]}


def test_recorded_answers_are_a_mind_of_models_that_replays() -> None:
    found = asked("--mind", "recorded:answers.db")
    assert found.run.world.mind is None
    assert found.run.world.overrides == {
        "court.mind": "models", "minds.transcripts": "replay", "minds.cassette": "answers.db",
    }  # fmt: skip
    assert asked("--mind", "rules").run.world.mind == "rules"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--impact", "linear"], "neither book nor square_root"),
        (["--impact", "book:1"], "neither book nor square_root"),
        (["--impact", "square_root:many"], "neither book nor square_root"),
        (["--impact", "square_root:-1"], "--impact must be a number, not negative"),
        (["--cash", "-5"], "--cash must be a number, not negative; it is -5"),
        (["--fee-bps", "nan"], "--fee-bps must be a number"),
        (["--slippage-bps", "inf"], "--slippage-bps must be a number"),
        (["--latency-ms=-0.1"], "--latency-ms must be a number"),
        (["--strategy", "mine.py"], "names a file and no class: write mine.py:MyStrategy"),
        (["--strategy", "mine.py:not a name"], "names a file and no class"),
        (["--strategy", "ema_cross:a=1:b=2"], "is not NAME:key=value,key=value"),
        (["--strategy", "ema_cross:a"], "'a' is not key=number"),
        (["--strategy", "ema_cross:a=inf"], "'a=inf' is not key=number"),
        (["--strategy", "ema_cross:=1"], "'=1' is not key=number"),
        (["--strategy", "ema_cross:sides=short"], "the sides of a voter are `long` or `both`"),
        (["--strategy", "ema_cross:sides=both,a=1,sides=long"], "gives `sides` twice"),
        (["--strategy", "ema_cross:a=1_0"], "'a=1_0' is not key=number"),
        (["--strategy", "ema_cross:a=1,a=2"], "gives a parameter twice"),
        (["--chance", "19"], "give 20 or more"),
        (["--chance", "20", "--mind", "openai"], "leave one of them out"),
    ],
)
def test_what_a_backtest_cannot_be_is_refused_before_anything_starts(more: list[str], says: str) -> None:
    with pytest.raises(UsageFault) as fault:
        asked(*more)
    assert says in str(fault.value)
    assert "Nothing was started" in str(fault.value)


def strategies(*texts: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world_asked(
        run().parse_args([part for text in texts for part in ("--strategy", text)])
    ).overrides["strategies"]
    return found


def test_voters_that_are_named_one_by_one_vote_together() -> None:
    wanted = [
        {"strategy": "ema_cross"},
        {"strategy": "golden_cross", "params": {"confidence": 0.7}},
        {"strategy": "own", "file": "mine.py", "name": "Dip", "params": {"fast": 5.0, "slow": 20.0}},
    ]
    assert strategies("ema_cross", "golden_cross:confidence=0.7", "mine.py:Dip:fast=5,slow=20") == wanted
    together = run().parse_args(
        ["--strategy", "ema_cross", "golden_cross:confidence=0.7", "mine.py:Dip:fast=5,slow=20"]
    )
    assert world_asked(together).overrides["strategies"] == wanted


@pytest.mark.parametrize("path", ["C:\\my files\\mine.py", "/a:b/mine.py", "../mine.v2.py", "x.py/mine.py"])
def test_a_path_may_hold_colons_dots_and_spaces(path: str) -> None:
    assert strategies(f"{path}:Dip:a=1") == [{"strategy": "own", "file": path, "name": "Dip", "params": {"a": 1.0}}]


@pytest.mark.parametrize(
    "text",
    [
        "mine.py",
        "mine.py:",
        "mine.py:a=1",
        "mine.py:Dip:a",
        "mine.py:Dip:a=inf",
        "ema_cross:=1",
        "own",
        "",
        ":",
        "ema_cross:",
    ],
)
def test_a_voter_that_cannot_be_read_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UsageFault, match="Nothing was started"):
        strategies(text)


def test_no_court_seats_nobody_and_changes_nothing_else() -> None:
    assert changed("--no-court") == {"court.seats": [], "court.mind": "rules"}
    with pytest.raises(UsageFault, match="leave one of them out"):
        asked("--no-court", "--mind", "anthropic")
