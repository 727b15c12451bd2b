"""The hold-out is opened once for a model, and what is written stays."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.errors import OutputFault, UsageFault
from evidence.policy.openings import Opening, Shown, note, open_once, opening_path, openings
from ops.report.verdict_picture import opening_picture

_ONE = Opening(at_utc=datetime(2026, 1, 5, tzinfo=UTC), model="one", model_sha256="ab" * 32, data="BTC.parquet")
_OTHER = _ONE.model_copy(
    update={"model": "other", "model_sha256": "cd" * 32, "at_utc": datetime(2026, 1, 4, tzinfo=UTC)}
)


def test_a_second_opening_is_refused_and_says_when_the_first_was(tmp_path: Path) -> None:
    open_once(tmp_path, _ONE)
    with pytest.raises(UsageFault, match=r"opened for this model on 2026-01-05 .* Nothing was read"):
        open_once(tmp_path, _ONE.model_copy(update={"at_utc": datetime(2026, 2, 1, tzinfo=UTC)}))


def test_a_run_that_broke_off_has_opened_it_too(tmp_path: Path) -> None:
    open_once(tmp_path, _ONE)
    assert openings(tmp_path)[0].shown is None
    with pytest.raises(UsageFault):
        open_once(tmp_path, _ONE)


def test_what_was_shown_is_kept_beside_the_hash_of_the_model(tmp_path: Path) -> None:
    shown = Shown(
        growth=0.1, base_growth=0.05, sharpe=0.5, base_sharpe=0.3, deepest_fall=0.02, base_deepest_fall=0.03,
        at_equal_exposure_fall=0.025, days=731,
    )  # fmt: skip
    open_once(tmp_path, _ONE)
    note(tmp_path, _ONE.model_copy(update={"shown": shown}))
    assert openings(tmp_path) == (_ONE.model_copy(update={"shown": shown}),)


def test_another_model_may_open_it_and_both_are_listed_by_time(tmp_path: Path) -> None:
    open_once(tmp_path, _ONE)
    open_once(tmp_path, _OTHER)
    assert [each.model for each in openings(tmp_path)] == ["other", "one"]


def test_a_file_that_cannot_be_read_forbids_every_opening(tmp_path: Path) -> None:
    opening_path(tmp_path, _OTHER.model_sha256).write_text("{")
    with pytest.raises(UsageFault, match="Restore the file"):
        open_once(tmp_path, _ONE)
    assert not opening_path(tmp_path, _ONE.model_sha256).exists()


def test_what_cannot_be_kept_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputFault, match="opened only where that is kept"):
        note(tmp_path / "file" / "deeper", _ONE)


def test_an_opening_that_broke_off_or_was_too_short_has_nothing_to_draw() -> None:
    assert "Nothing to draw" in opening_picture(_ONE)
