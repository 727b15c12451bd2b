"""Compiled code is kept where there is a place for it; without one, or with a damaged one, the result is the same."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULE = """
from market.indicators.machine_code import kept


def double(x):
    return 2 * x


double = kept(double, tells=True, error_model="numpy")
print(double(21), sum(double.stats.cache_hits.values()))
"""


def _ran(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The module, run from a folder by a user who must obey the permissions of files."""
    here = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG"))}
    return subprocess.run(
        [sys.executable, "-c", "import twice"], capture_output=True, text=True, timeout=300, check=False,
        env={**here, "HOME": "/dev/null/home", "PYTHONPATH": f"{folder}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1", **environment},
        preexec_fn=lambda: ctypes.CDLL(None).prctl(24, 1, 0, 0, 0),
    )  # fmt: skip


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "twice.py").write_text(MODULE)
    return folder


@pytest.mark.slow
def test_where_nothing_can_be_kept_it_is_compiled_all_the_same_and_said_once(sources: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    sources.chmod(0o500)
    for cache in ("", str(tmp_path / "file" / "cache"), str(sources / "below")):
        done = _ran(sources, NUMBA_CACHE_DIR=cache)
        assert done.stdout == "42 0\n"
        assert done.stderr.count("Set NUMBA_CACHE_DIR to a folder that you can write") == 1
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_it_is_kept_in_the_folder_that_the_user_names_and_found_there(sources: Path, tmp_path: Path) -> None:
    sources.chmod(0o500)
    kept = [_ran(sources, NUMBA_CACHE_DIR=str(tmp_path / "cache")) for _ in range(2)]
    assert [done.stdout for done in kept] == ["42 0\n", "42 1\n"]
    assert [done.stderr for done in kept] == ["", ""]


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"\x80", b"not what was kept" * 40])
def test_a_damaged_file_is_compiled_anew_and_no_fault(sources: Path, tmp_path: Path, content: bytes) -> None:
    cache = tmp_path / "cache"
    assert _ran(sources, NUMBA_CACHE_DIR=str(cache)).stdout == "42 0\n"
    for ending in ("nbc", "nbi"):
        for file in cache.rglob(f"*.{ending}"):
            file.write_bytes(content)
        done = _ran(sources, NUMBA_CACHE_DIR=str(cache))
        assert done.stdout == "42 0\n"
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_folder_that_is_read_only_afterwards_is_still_read(sources: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    _ran(sources, NUMBA_CACHE_DIR=str(cache))
    for folder in (path for path in [cache, *cache.rglob("*")] if path.is_dir()):
        folder.chmod(0o500)
    sources.chmod(0o500)
    assert _ran(sources, NUMBA_CACHE_DIR=str(cache)).stdout.startswith("42 ")
