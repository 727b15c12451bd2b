"""What the doctor asks for real money: each thing that is missing is named, and a start is refused with the same words."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from accounts import at_account, book_of
from doctor_support import said_of
from wire_support import exchange_of

from agents.desk.clocked.book import Books
from agents.desk.clocked.voters import voters_of
from agents.desk.request import RunRequest, WorldRequest
from config.errors import NotConfirmed, UsageFault
from config.reading.load import load_profile
from config.secrets import load_secrets, state_dir
from execution.venues.exchange.checkup import Unheard
from execution.wire.faults import Kind, Rule, Scenario
from execution.wire.server import KEY, WireServer
from ops.health.exchange import _rights
from ops.health.finding import State
from ops.health.money import _Record
from ops.health.start import WITHOUT, typed_for_real_money
from ops.paper.record import FILE, Drill, PaperRecord, PaperTrade, write_record
from risk.ramp import Ramp

HEX = "ab" * 32
JOURNAL_KEY = bytes.fromhex(HEX)
SETTINGS = load_profile("live")
CAPITAL = ("--set", "live.capital=10000")


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRIBUNAL_EXCHANGE_KEY", KEY.name)
    monkeypatch.setenv("TRIBUNAL_EXCHANGE_SECRET", KEY.secret)
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", HEX)
    (tmp_path / "copy").write_text(f"{HEX}\n", encoding="utf-8")


def trades(count: int = 60, days: int = 20, result: float = 0.004, **changes: Any) -> tuple[PaperTrade, ...]:
    """So many trades of each voter of the profile `live`, over so many days."""
    begin = datetime.now(UTC) - timedelta(days=days + 1)
    step = timedelta(days=days) / max(1, count - 1)
    made = [
        PaperTrade(
            **(
                {
                    "sha256": sha256, "voter": voter, "symbol": "BTC/USDT", "entry_utc": begin + number * step,
                    "exit_utc": begin + number * step + timedelta(minutes=5), "result": result + 0.01 * (-1) ** number,
                }
                | changes
            )
        )
        for voter, sha256 in voters_of(SETTINGS, {}).items()
        for number in range(count)
    ]  # fmt: skip
    return tuple(made)


def drill(url: str | None, days_ago: float = 3.0, exchange: str = "binance") -> Drill:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    return Drill(exchange=exchange, elsewhere=url, at_utc=at, run="testnet-001", sold=("BTC/USDT",))


def keep(*found: PaperTrade, drills: tuple[Drill, ...] = ()) -> Path:
    record = PaperRecord(made_utc=datetime.now(UTC), runs=("testnet-001",), trades=found, drills=drills)
    return write_record(state_dir(load_secrets()), record, JOURNAL_KEY)


def asked(
    tmp_path: Path, *found: PaperTrade, days_ago: float = 3.0, options: tuple[str, ...] = CAPITAL, **more: Any
) -> Any:
    """What the doctor says of real money at a simulator; the record has these trades, and a drill there."""

    async def before(url: str) -> None:
        keep(*found, drills=(drill(url, days_ago),))
        if "then" in more:
            more["then"](url)

    server = WireServer(exchange_of(), **more.get("server", {}))
    return said_of(server, "--key-backup", str(tmp_path / "copy"), *options, profile="live", before=before)


def test_where_all_is_there_nothing_is_to_be_mended(tmp_path: Path) -> None:
    found = asked(tmp_path, *trades())
    assert (found.code, found.next) == (0, None), found
    assert "2,500.00 of 10,000.00 may be used, 25% of each size" in found.checks["ramp"][1]
    assert "60 closed trades" in found.checks["paper record"][1]
    assert "testnet-001" in found.checks["kill switch tried"][1]
    assert "begins with 10,000.00 USDT (live.capital)" in found.checks["account"][1]
    assert found.checks["key may withdraw"][0] == "ok"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"count": 59}, "59 of 60 closed trades"),
        ({"days": 13}, "13.0 of 14 days"),
        ({"result": -0.001}, "not above nothing"),
        ({"sha256": "0" * 64}, "0 of 60 closed trades"),
        ({"elsewhere": "http://127.0.0.1:1"}, "0 of 60 closed trades"),
    ],
)
def test_what_a_voter_lacks_is_named(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    found = asked(tmp_path, *trades(**changes))
    assert (found.code, found.next) == (1, "paper record")
    assert says in found.checks["paper record"][1]
    assert "trend_ensemble" in found.checks["paper record"][1]


@pytest.mark.slow
def test_without_a_record_or_with_one_that_was_changed_it_is_named(tmp_path: Path) -> None:
    def take_away(url: str) -> None:
        (state_dir(load_secrets()) / FILE).unlink()

    assert asked(tmp_path, then=take_away).checks["paper record"] == (
        "mend", "There is none. Trade on paper (--feed) or on a test network, then `tribunal record RUN…`.",
    )  # fmt: skip

    def doctor_it(url: str) -> None:
        path = state_dir(load_secrets()) / FILE
        path.write_bytes(path.read_bytes().replace(b'"result":-0.', b'"result":0.'))

    found = asked(tmp_path, *trades(result=-0.001), then=doctor_it)
    assert found.next == "paper record"
    assert "does not verify" in found.checks["paper record"][1]
    assert "does not verify" in found.checks["kill switch tried"][1]


@pytest.mark.parametrize("days_ago", [30.1, -1.0])
def test_a_trial_of_the_kill_switch_that_is_old_or_yet_to_come_is_none(tmp_path: Path, days_ago: float) -> None:
    found = asked(tmp_path, *trades(), days_ago=days_ago)
    assert (found.code, found.next) == (1, "kill switch tried")
    assert "tribunal halt --flatten" in found.checks["kill switch tried"][1]


def test_a_trial_at_another_place_is_none(tmp_path: Path) -> None:
    def elsewhere(url: str) -> None:
        keep(*trades(), drills=(drill(None), drill(url, exchange="kraken")))

    assert asked(tmp_path, *trades(), then=elsewhere).next == "kill switch tried"


def test_where_there_is_no_test_network_the_first_session_goes_without_a_trial_and_the_next_one_does_not() -> None:
    venue = SETTINGS.venue.model_copy(update={"exchange": "kraken"})
    state = state_dir(load_secrets())
    keep(*trades())
    looked = _Record(SETTINGS.model_copy(update={"venue": venue}), state, JOURNAL_KEY)
    assert looked.drilled(datetime.now(UTC), first=True).state is State.NOT_ASKED
    assert looked.drilled(datetime.now(UTC), first=False).state is State.MEND
    at_binance = _Record(SETTINGS, state, JOURNAL_KEY)
    assert at_binance.drilled(datetime.now(UTC), first=True).state is State.MEND


def test_a_key_that_may_withdraw_and_one_of_which_it_is_not_known_are_named(tmp_path: Path) -> None:
    key = type(KEY)(KEY.name, KEY.secret, withdraws=True)
    assert asked(tmp_path, *trades(), server={"keys": (key,)}).next == "key may withdraw"
    account: Any = type("Account", (), {"rights": Unheard("no such request", refused=False)})()
    states = {each.check: each.state.value for each in _rights(account, live=True)}
    assert states["key may withdraw"] == "mend"
    assert {each.state.value for each in _rights(account, live=False)} == {"not asked"}


@pytest.mark.slow
def test_a_copy_of_the_key_must_be_named_and_a_profile_may_name_it(tmp_path: Path) -> None:
    named = (*CAPITAL, f"live.key_backup={tmp_path / 'copy'}")

    async def before(url: str) -> None:
        keep(*trades(), drills=(drill(url),))

    assert said_of(WireServer(exchange_of()), *CAPITAL, profile="live", before=before).next == "copy of the key"
    assert said_of(WireServer(exchange_of()), *named, profile="live", before=before).next is None


def test_the_quarter_of_the_ramp_is_part_of_what_a_first_position_may_have(tmp_path: Path) -> None:
    """1.5 % of a quarter of 2,000 is 7.50, half of it 3.75, and orders are of 5: that takes 5 / (1.5 % x 1/4 x 1/2) = 2,667."""
    found = asked(tmp_path, *trades(), options=("--set", "live.capital=2000"))
    assert found.next == "BTC/USDT"
    assert "at least 2667 USDT (live.capital)" in found.checks["BTC/USDT"][1]


def test_more_capital_than_the_account_has_is_named(tmp_path: Path) -> None:
    found = asked(tmp_path, *trades(), options=("--set", "live.capital=20000"))
    assert found.next == "money"
    assert "live.capital=AMOUNT" in found.checks["money"][1]


@pytest.mark.slow
def test_a_position_that_the_last_run_has_left_and_a_ramp_at_nothing_are_named(tmp_path: Path) -> None:
    def left(url: str, quarters: int, folder: Path) -> None:
        now = datetime.now(UTC)
        ramp = Ramp(capital=Decimal(10_000), quarters=quarters, since_utc=now, peak_equity=Decimal(10_000))
        session = at_account(network="live")
        assert session.standing is not None
        Books(state_dir(load_secrets()), JOURNAL_KEY).write(
            book_of(
                session,
                folder,
                account=f"binance {url} live",
                ramp=ramp,
                at_utc=now - timedelta(hours=1),
                bars=0,
            )
        )

    found = asked(tmp_path, *trades(), then=lambda url: left(url, 0, tmp_path / "gone"))
    assert found.next == "ramp"
    assert "fallen to nothing" in found.checks["ramp"][1]
    found = asked(tmp_path, *trades(), then=lambda url: left(url, 2, tmp_path / "gone"))
    assert found.next is None
    assert "50% of each size" in found.checks["ramp"][1]


def request_at(url: str, **changes: Any) -> RunRequest:
    overrides = {"venue.url": url, "live.capital": "10000", "market.symbols": ["BTC/USDT"]} | changes.pop(
        "overrides", {}
    )
    return RunRequest(world=WorldRequest(profile="live", overrides=overrides), **changes)


def typed_at(tmp_path: Path, *found: PaperTrade, **changes: Any) -> Any:
    async def main() -> Any:
        async with WireServer(exchange_of(), **changes.pop("server", {})) as url:
            keep(*found, drills=(drill(url),))
            backup = {"overrides": {"live.key_backup": str(tmp_path / "copy")}}
            return await asyncio.to_thread(typed_for_real_money, request_at(url, **(backup | changes)), SETTINGS, "ada")

    return asyncio.run(main())


def test_a_start_is_refused_with_the_first_thing_to_mend_and_the_words_that_override_a_record(tmp_path: Path) -> None:
    with pytest.raises(
        UsageFault, match=r"paper record\. trend_ensemble has 5 of 60.*--without-record \"TRADE WITHOUT"
    ):
        typed_at(tmp_path, *trades(count=5))
    with pytest.raises(UsageFault, match="copy of the key"):
        typed_at(tmp_path, *trades(), overrides={})
    assert typed_at(tmp_path, *trades()) == ()


@pytest.mark.slow
def test_the_override_is_typed_in_full_and_the_journal_is_told_who_and_what_was_lacking(tmp_path: Path) -> None:
    (word,) = typed_at(tmp_path, *trades(count=5), without_record=WITHOUT)
    assert (word.what, word.who) == ("without_record", "ada")
    assert "5 of 60 closed trades" in word.why
    assert typed_at(tmp_path, *trades(), without_record=WITHOUT) == (), "nothing was overridden"
    for wrong in ("yes", WITHOUT.lower(), ""):
        with pytest.raises(NotConfirmed, match="--without-record"):
            typed_at(tmp_path, *trades(count=5), without_record=wrong)
    with pytest.raises(UsageFault, match="copy of the key"):
        typed_at(tmp_path, *trades(count=5), without_record=WITHOUT, overrides={})


def test_what_the_exchange_does_not_tell_of_the_account_refuses_a_start_too(tmp_path: Path) -> None:
    silent = Scenario(faults=(Rule(at="account", kind=Kind.STATUS, status=503, chance=1.0),))
    with pytest.raises(UsageFault, match=r"mended or unknown: key may trade \(\d+ more\)"):
        typed_at(tmp_path, *trades(), server={"scenario": silent})


def test_a_run_that_is_resumed_is_asked_for_none_of_it(tmp_path: Path) -> None:
    assert typed_at(tmp_path, resume="runs/live-001") == ()
