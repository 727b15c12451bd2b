"""Dockets on disk: read again instead of made again, and never believed when they are damaged or of something else."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from config.reading.load import load_profile
from config.settings import Settings
from evidence.policy.docket import Docket, read_docket
from evidence.policy.kept import cache_folder, docket_hash, kept_or_read
from market.tape import Tape, simulated_tape


def _settings(**changed: object) -> Settings:
    return load_profile("paper", {"market.session_days": 3, "market.history_days": 10, **changed})


@cache
def _tape() -> Tape:
    return simulated_tape(_settings(), 10)


@cache
def _docket() -> Docket:
    return read_docket(_tape(), _settings(), lambda hearing: (0.1, 0.2, 0.3))


def _never() -> Docket:
    raise AssertionError("it was read again")


def _same(one: Docket, other: Docket) -> bool:
    arrays = [(one.court, other.court)]
    bars, others = one.grid.columns.bars, other.grid.columns.bars
    arrays += [(bars[name], others[name]) for name in bars.dtype.names]
    arrays += [
        (getattr(one.votes, name), getattr(other.votes, name)) for name in ("direction", "scale", "cast", "exposure")
    ]
    same = all(a.tobytes() == b.tobytes() for a, b in arrays)
    return same and one.grid.symbols == other.grid.symbols and one.grid.first == other.grid.first


def test_a_kept_docket_is_read_again_with_the_same_bytes(tmp_path: Path) -> None:
    assert kept_or_read("a", _docket, tmp_path) is _docket()
    assert _same(kept_or_read("a", _never, tmp_path), _docket())


@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "text"])
def test_a_damaged_file_is_made_again(tmp_path: Path, harm: str) -> None:
    kept_or_read("a", _docket, tmp_path)
    path = tmp_path / "a.npz"
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(
        {"cut": path.read_bytes()[:-500], "flipped": bytes(whole), "empty": b"", "text": b"no archive"}[harm]
    )
    asked = []
    assert _same(kept_or_read("a", lambda: asked.append(1) or _docket(), tmp_path), _docket())
    assert asked == [1]
    assert _same(kept_or_read("a", _never, tmp_path), _docket())


def test_a_file_under_another_name_is_not_believed(tmp_path: Path) -> None:
    kept_or_read("a", _docket, tmp_path)
    (tmp_path / "a.npz").rename(tmp_path / "b.npz")
    with pytest.raises(AssertionError, match="read again"):
        kept_or_read("b", _never, tmp_path)


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("no folder")
    assert kept_or_read("a", _docket, blocked / "dockets") is _docket()


def test_the_hash_follows_bars_and_settings_and_nothing_else() -> None:
    own = docket_hash(_tape(), _settings())
    assert docket_hash(simulated_tape(_settings(), 10), _settings()) == own
    assert docket_hash(_tape(), _settings(**{"limits.stop_fraction": 0.02})) != own
    assert docket_hash(_tape(), _settings(strategies=[{"strategy": "ema_cross"}])) != own
    assert docket_hash(_tape(), _settings(**{"journal.group_commit": 7})) == own
    other = _settings(seed=8)
    assert docket_hash(simulated_tape(other, 10), other) != own


def test_the_files_lie_in_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path / "cache" / "dockets"


def test_only_the_latest_dockets_are_kept(tmp_path: Path) -> None:
    for number in range(26):
        kept_or_read(f"{number}", _docket, tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 24
    assert not (tmp_path / "0.npz").exists()


def test_nothing_is_missing_in_a_kept_docket(tmp_path: Path) -> None:
    kept_or_read("a", _docket, tmp_path)
    again = kept_or_read("a", _never, tmp_path)
    assert again.votes.voters == _docket().votes.voters
    np.testing.assert_array_equal(again.grid.columns.figures.returns, _docket().grid.columns.figures.returns)
