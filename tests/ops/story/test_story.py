"""A story is what the journal says, recomputed where it can be."""

import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from agents.court.hearing import Hearing
from config.errors import JournalFault
from config.frozen import Frozen
from execution.journal.chain import Journal
from ops.story.story import read_story
from ops.story.summary import identity_of
from ops.story.tally import HEARINGS_KEPT, Fate, StoryTally

Maker = Callable[..., Path]


def test_every_bar_is_a_row_of_the_columns(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(bars=40), key)
    columns = story.columns
    assert columns.close_ms.shape == columns.equity.shape == columns.symbols["ETH/USDT"].high.shape == (40,)
    assert np.unique(np.diff(columns.close_ms)).tolist() == [3_600_000]
    assert (columns.symbols["ETH/USDT"].high > columns.symbols["ETH/USDT"].close).all()


def test_a_bar_that_is_missing_is_not_a_number_and_is_found(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(gaps={(5, "ETH/USDT"), (6, "ETH/USDT")}), key)
    missing = np.isnan(story.columns.symbols["ETH/USDT"].close)
    assert np.flatnonzero(missing).tolist() == [5, 6]
    assert not np.isnan(story.columns.symbols["BTC/USDT"].close).any()
    assert story.tally.findings == {"gap": 2}


def test_the_stop_stands_while_the_position_does(make_run: Maker, key: bytes) -> None:
    stop = read_story(make_run(bars=10), key).columns.symbols["BTC/USDT"].stop
    assert np.flatnonzero(~np.isnan(stop)).tolist() == [3, 4, 5, 6]


def test_fills_become_round_trips_that_know_their_decisions(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(bars=60), key)
    assert len(story.fills) == 24
    assert len(story.orders) == 12
    assert len(story.trades) == 6
    voted_out, stopped = story.trades[0], story.trades[1]
    assert voted_out.decision_id == "20240301T0300-BTCUSDT"
    assert voted_out.closed_by == story.exits[0].decision_id
    assert stopped.closed_by == stopped.decision_id
    assert sum((trip.trade.pnl for trip in story.trades), Decimal(0)) == story.ledger.realised - story.ledger.fees


def test_the_identity_is_recomputed_to_the_last_digit(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(bars=55), key)
    check = identity_of(story)
    assert story.ledger.positions()
    assert check.holds
    assert check.start + check.realised + check.unrealised - check.fees - check.funding == check.end
    assert story.end is not None
    assert check.end == story.end.portfolio.equity


def test_a_run_that_lies_about_its_profit_does_not_add_up(make_run: Maker, key: bytes) -> None:
    assert not identity_of(read_story(make_run(lie=Decimal("0.0000000001")), key)).holds


def test_a_journal_that_was_cut_short_still_tells_its_story(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(bars=25, ended=False), key)
    assert story.end is None
    assert story.portfolio is not None
    assert len(story.columns.equity) == 25
    assert identity_of(story).holds


def test_a_changed_event_is_not_believed(make_run: Maker, key: bytes) -> None:
    run = make_run()
    with sqlite3.connect(run / "journal.db") as connection:
        connection.execute("DROP TRIGGER no_update")
        connection.execute("UPDATE events SET payload = replace(payload, '1.5', '2.5') WHERE seq = 9")
    connection.close()
    with pytest.raises(JournalFault, match="Event 9"):
        read_story(run, key)


def test_another_key_reads_nothing(make_run: Maker, key: bytes) -> None:
    with pytest.raises(JournalFault, match="does not fit the chain"):
        read_story(make_run(), key[::-1])


def test_a_folder_without_a_journal_is_refused(tmp_path: Path, key: bytes) -> None:
    with pytest.raises(JournalFault, match="no journal"):
        read_story(tmp_path, key)


class OfAnotherShape(Frozen):
    """An event whose content no version has written."""

    kind: str

    def written_kind(self) -> str:
        return self.kind

    def canonical(self) -> bytes:
        return b"{}"


@pytest.mark.parametrize(("kind", "says"), [("cycle", "Event 1"), ("session_started", "no version")])
def test_a_journal_of_another_shape_is_refused(tmp_path: Path, key: bytes, kind: str, says: str) -> None:
    journal = Journal(tmp_path / "journal.db", key, 1)
    journal.append(OfAnotherShape(kind=kind))
    journal.close()
    with pytest.raises(JournalFault, match=says):
        read_story(tmp_path, key)


def test_the_content_hash_is_that_of_the_run_and_not_of_the_key(make_run: Maker, key: bytes) -> None:
    one = read_story(make_run("one"), key)
    two = read_story(make_run("two", key=key[::-1]), key[::-1])
    longer = read_story(make_run("three", bars=61), key)
    assert one.content_hash == two.content_hash
    assert one.journal_hash != two.journal_hash
    assert one.content_hash != longer.content_hash


def test_hearings_are_counted_by_what_became_of_them(make_run: Maker, key: bytes) -> None:
    story = read_story(make_run(bars=60), key)
    assert story.tally.fates == {Fate.TRADED: 6, Fate.REJECTED: 6, Fate.REFUSED: 6}
    assert story.tally.rules["kelly"].taken == 6 * Decimal(200) * Decimal("0.5")
    assert story.tally.struck == {"devils_advocate": 18}
    assert story.hearings[0].read().case.decision_id == story.hearings[0].decision_id


def test_beyond_its_room_a_tally_keeps_what_was_not_rejected_and_the_latest(
    make_hearing: Callable[[str, int], Hearing],
) -> None:
    tally = StoryTally()
    rejected, refused, traded = (make_hearing(fate, 1) for fate in ("rejected", "refused", "traded"))
    tally.hear(traded)
    for _ in range(HEARINGS_KEPT + 50):
        tally.hear(rejected)
    tally.hear(refused)
    kept = tally.kept()
    assert tally.hearings == HEARINGS_KEPT + 52
    assert len(kept) == HEARINGS_KEPT
    assert (kept[0].fate, kept[1].fate, kept[-1].fate) == (Fate.TRADED, Fate.REJECTED, Fate.REFUSED)
