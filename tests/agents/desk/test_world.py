"""From a request to a world: what is asked for wins over the profile, and what cannot be is refused in a sentence."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from run_support import write_bars

from agents.desk.description import describe, warmup_of
from agents.desk.request import BarsRequest, WorldRequest
from agents.desk.world import World, tape_of, world_of
from config.clock import to_ms
from config.errors import UsageFault
from config.reading.load import load_profile
from execution.journal.rows import key_id
from market.tape import simulated_tape

KEY = b"k" * 32
FEBRUARY = datetime(2024, 2, 1, tzinfo=UTC)


def world(profile: str = "paper", bars: dict[str, Any] | None = None, **asked: Any) -> World:
    return world_of(WorldRequest(profile=profile, bars=BarsRequest(**(bars or {})), **asked))


def test_options_of_their_own_win_over_the_profile_and_over_set() -> None:
    given = {"seed": 5, "market.session_days": 9, "limits.max_drawdown": 0.2}
    found = world(overrides=given, seed=11, days=3, timeframe="4h", approve="never").settings
    assert (found.seed, found.market.session_days, found.market.timeframe) == (11, 3, "4h")
    assert (found.court.approval, found.limits.max_drawdown) == ("never", 0.2)
    assert world(overrides=given).settings.seed == 5


def test_bars_make_a_recorded_world_with_the_given_headlines_or_none() -> None:
    found = world(bars={"data": ("a.parquet",)}).settings
    assert (found.world, found.sentiment.sources) == ("recorded", ())
    (source,) = world(bars={"data": ("a.parquet",)}, news="dir/wire.jsonl", news_dates="mdy").settings.sentiment.sources
    assert (source.kind, source.name, source.path, source.dates) == ("recorded", "wire", "dir/wire.jsonl", "mdy")


def test_symbols_of_a_request_are_those_of_the_simulated_market_too() -> None:
    found = world(bars={"symbols": ("ETH/USDT",)}, days=1)
    assert tape_of(found).symbols == ("ETH/USDT",)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"bars": {"data": ("a",)}, "days": 3}, "--days is the length of a simulated session"),
        ({"news": "n.jsonl"}, "--news needs recorded bars"),
        ({"bars": {"detail": ("d",)}}, "--detail needs recorded bars"),
        ({"bars": {"funding": ("f",)}}, "--funding needs recorded bars"),
        ({"model": "m"}, "--model needs --mind"),
        ({"mind": "openal"}, "did you mean openai?"),
        ({"mind": "zzzz"}, "and rules."),
    ],
)
def test_options_that_do_not_go_together_are_refused(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageFault) as fault:
        world(**asked)
    assert says in str(fault.value)
    assert "Nothing was started" in str(fault.value)


def test_a_mind_is_the_whole_chain_and_its_model_may_be_another() -> None:
    found = world(mind="openai", model="gpt-x").settings
    assert (found.court.mind, found.minds.chain) == ("models", ("openai",))
    assert found.minds.providers["openai"].model == "gpt-x"
    kept = world(mind="openai", model="gpt-x", overrides={"minds.providers.openai.model": "mine"}).settings
    assert kept.minds.providers["openai"].model == "mine"
    assert world(mind="rules", overrides={"court.mind": "models"}).settings.court.mind == "rules"


@pytest.mark.parametrize(
    ("profile", "bars", "says"),
    [
        ("backtest", {}, "Give files with --data"),
        ("paper", {"start_utc": FEBRUARY}, "the simulated market has none"),
        ("paper", {"end_utc": FEBRUARY}, "the simulated market has none"),
        ("paper", {"symbols": ("NOPE/USDT",)}, "--set market.start_price.NOPE=PRICE"),
        ("testnet", {}, "The bars of binance are yet to come"),
        ("live", {}, "yet to come"),
    ],
)
def test_a_world_without_its_bars_does_not_begin(profile: str, bars: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageFault) as fault:
        tape_of(world(profile, bars))
    assert says in str(fault.value)
    assert "othing was started" in str(fault.value)


def test_a_world_opens_the_same_bars_in_a_process_of_its_own(tmp_path: Path) -> None:
    (path,) = write_bars(tmp_path, days=20)
    first = world("backtest", {"data": (str(path),)})
    other = World.model_validate_json(first.model_dump_json())
    assert other == first
    ours, theirs = tape_of(first), tape_of(other)
    assert [told.canonical() for told in theirs.slices()] == [told.canonical() for told in ours.slices()]
    assert len(ours) > 24


def test_a_description_names_files_without_their_folders_and_changes_no_other_setting() -> None:
    settings = load_profile("paper", {"market.session_days": 1, "minds.cassette": "deep/down/answers.db"})
    session = describe(settings, simulated_tape(settings), KEY)
    assert session.settings.minds.cassette == "answers.db"
    restored = session.settings.minds.model_copy(update={"cassette": "deep/down/answers.db"})
    assert session.settings.model_copy(update={"minds": restored}) == settings


def test_a_description_holds_what_the_tape_is() -> None:
    settings = load_profile("paper", {"market.session_days": 2})
    tape = simulated_tape(settings)
    session = describe(settings, tape, KEY)
    assert (session.symbols, session.bars, session.key_id) == (tape.symbols, 48, key_id(KEY))
    assert (session.start_utc, session.end_utc) == (tape.start_utc, tape.end_utc)
    assert KEY.hex() not in session.model_dump_json()
    assert session.calibration is None


def test_markets_of_two_quotes_are_no_session() -> None:
    from dataclasses import replace

    settings = load_profile("paper", {"market.session_days": 1})
    tape = simulated_tape(settings)
    first, *others = tape.instruments
    mixed = {**tape.instruments, first: tape.instruments[first].model_copy(update={"quote": "EUR"})}
    assert others
    with pytest.raises(UsageFault, match="quoted in EUR and USDT, and an account has one currency"):
        describe(settings, replace(tape, instruments=mixed), KEY)


def test_the_warm_up_is_journaled_bar_by_bar_and_ends_where_the_session_begins() -> None:
    settings = load_profile("paper", {"market.session_days": 1})
    tape = simulated_tape(settings)
    told, past = warmup_of(tape).slices, list(tape.warmup_slices())
    assert len(told) == len(past)
    assert told[-1][0] == to_ms(tape.start_utc)
    for (moment, bars), shown in zip(told[:: len(told) // 7], past[:: len(told) // 7], strict=True):
        assert moment == to_ms(shown.close_utc)
        assert {symbol: row[3] for symbol, row in bars.items()} == {s: bar.close for s, bar in shown.bars.items()}
