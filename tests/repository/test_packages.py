"""Our package names are common ones: they are all listed, they are only ours, and they load nothing heavy."""

import resource
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
ROOMS = {name for name in PACKAGES if "." not in name}
HEAVY = {
    "torch",
    "stable_baselines3",
    "gymnasium",
    "langgraph",
    "ccxt",
    "sqlalchemy",
    "pandas",
    "plotly",
    "anthropic",
    "openai",
}


def others(found: Iterable[Distribution]) -> dict[str, set[str]]:
    """Which of our names other distributions own, by the distribution's name."""
    owned: dict[str, set[str]] = {}
    for distribution in found:
        name = distribution.metadata["Name"]
        tops = {file.parts[0].removesuffix(".py") for file in distribution.files or ()}
        tops |= set((distribution.read_text("top_level.txt") or "").split())
        if name != "tribunal" and tops & ROOMS:
            owned[name] = tops & ROOMS
    return owned


@pytest.mark.slow
def test_no_other_distribution_owns_a_package_name_of_ours() -> None:
    assert others(distributions()) == {}


def test_a_distribution_that_owns_one_would_be_found(tmp_path: Path) -> None:
    info = tmp_path / "openai_agents-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: openai-agents\nVersion: 1.0\n")
    (info / "RECORD").write_text("agents/run.py,,\nopenai_agents-1.0.dist-info/METADATA,,\n")
    assert others(distributions(path=[str(tmp_path)])) == {"openai-agents": {"agents"}}


def test_every_package_is_listed_and_every_listed_one_exists() -> None:
    skipped = {".venv", "benchmarks", "tests", "build", "runs"}
    inits = [
        file for top in ROOT.iterdir() if top.is_dir() and top.name not in skipped for file in top.rglob("__init__.py")
    ]
    assert {".".join(file.parent.relative_to(ROOT).parts) for file in inits} == PACKAGES


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_file_holds_a_docstring_and_nothing_else(package: str) -> None:
    lines = ROOT.joinpath(*package.split("."), "__init__.py").read_text().strip().splitlines()
    assert lines[0].startswith('"""')
    assert lines[-1].endswith('"""')
    assert "".join(lines).count('"""') == 2


def test_reading_a_word_loads_nothing_heavy() -> None:
    words = (
        "config.settings, config.reading.load, risk.order, risk.verdict, risk.portfolio, risk.proposal, "
        "market.signals, sentiment.headline, execution.reports"
    )
    code = f"import sys, {words}; print(*sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, timeout=300
    )
    assert done.stdout.split() == []


def test_asking_run_for_help_costs_under_half_a_second_of_processor_time() -> None:
    command = [sys.executable, "-m", "agents.run", "--help"]
    subprocess.run(command, capture_output=True, check=True, cwd=ROOT, timeout=300)  # compiles what was never run
    costs = [cpu_seconds(command) for _ in range(3)]
    assert min(costs) < 0.5, f"{costs} seconds"


def cpu_seconds(command: list[str]) -> float:
    """User and system time of one child process [seconds]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True, cwd=ROOT, timeout=300)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
