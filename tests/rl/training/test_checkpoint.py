"""A checkpoint is whole or is not there; a full disk leaves the one before it."""

import resource
from pathlib import Path

import pytest
import torch

from config.errors import OutputFault
from rl.training.checkpoint import read_checkpoint, write_checkpoint


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "seeds" / "a.checkpoint", {"key": "k", "leg": 3, "policy": {"w": torch.ones(2)}})
    found = read_checkpoint(tmp_path / "seeds" / "a.checkpoint", "k")
    assert found is not None
    assert found["leg"] == 3
    assert found["policy"]["w"].tolist() == [1.0, 1.0]


def test_without_a_file_there_is_nothing_to_resume(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path / "a.checkpoint", "k") is None


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path: Path) -> None:
    path = tmp_path / "a.checkpoint"
    write_checkpoint(path, {"key": "k", "leg": 1})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OutputFault, match=r"cannot be written .* the last good checkpoint is kept"):
            write_checkpoint(path, {"key": "k", "leg": 2, "policy": torch.ones(10_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [file.name for file in tmp_path.iterdir()] == ["a.checkpoint"]
    assert read_checkpoint(path, "k") == {"key": "k", "leg": 1}
