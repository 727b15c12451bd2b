"""`make mutants`: break risk/limits/*.py, sizing and risk parity in every way that mutmut knows, and count what tests notice.

It works on a copy of the tree in a temporary folder, because mutmut writes beside the sources. Each mutant is judged by a
process of its own with a time limit; the judges are the test files below, which take seconds. It ends with 1 where fewer
than 90 % are killed, and with 2 where there is no complete run: half a run is no figure.

Some mutants are equal to what they were made from: no input tells them apart. They are listed here with the reason, they are
not taken out of the share, and an entry that no longer fits the code counts as a survivor again.
"""

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LIMITS = sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / "risk" / "limits").glob("*.py") if path.name != "__init__.py"
)
MUTATED = (*LIMITS, "risk/measures/risk_parity.py", "risk/sizing.py")
JUDGES = (
    "tests/risk/limits/test_reports.py", "tests/risk/test_sizing.py", "tests/risk/limits/test_trade.py",
    "tests/risk/limits/test_book.py", "tests/risk/limits/test_loss.py", "tests/risk/limits/test_reports_book.py",
    "tests/risk/limits/test_market.py", "tests/risk/limits/test_risk_parity.py", "tests/risk/limits/test_catalogue.py",
    "tests/risk/limits/test_clusters.py", "tests/risk/limits/test_calendar.py", "tests/risk/limits/test_own_limits.py",
    "tests/risk/limits/test_resizing.py", "tests/risk/limits/test_entry_price.py", "tests/risk/limits/test_reports_terms.py",
    "tests/risk/perpetuals/test_rules.py", "tests/risk/perpetuals/test_contracts.py", "tests/risk/perpetuals/test_mirror.py",
    "tests/risk/perpetuals/test_signing.py", "tests/risk/test_ramp_limit.py", "tests/risk/test_kept.py",
)  # fmt: skip
ROOMS = ("agents", "config", "evidence", "execution", "market", "ops", "rl", "sentiment")
LEAST_KILLED = 0.90
SURVIVED, NO_TEST, NOT_RUN = (0, 5), (33,), (None, 2, 34)
"""Exit codes by which mutmut says so; every other one is a killed mutant."""

CONFIG = f"""
[tool.mutmut]
source_paths = ["risk"]
only_mutate = {json.dumps(MUTATED)}
also_copy = {json.dumps(ROOMS)}
pytest_add_cli_args_test_selection = {json.dumps(JUDGES)}
pytest_add_cli_args = ["-p", "no:cacheprovider", "-m", "not slow"]
use_git_change_detection = false
"""

KEPT_AS = "how reports and rooms are kept for the next question changes none of them"
NO_SIZE = "the bisection only ever keeps a size that it has measured to be within the limit, or nothing"
FLOATS = "a list of floats becomes float64 by itself"
SIGNS = "a sign is 1 or -1: a float times a whole number is a float, and divided by it the same"
NO_MORE = "a probability is at most 1 already"
NO_PASS = "None passes no more than False does"
NO_OTHER = "what has a context already is about hours or a number of positions, which no limit of a context concerns"
SAME = "a copy that is given no context is the same report"
SUM = "a sum begins at 0 by itself"
ONE_SIGN = "a sign is 1 or -1, and only whether it is below 0 is asked"
NOTHING = "nothing that is held is worth nothing at any price, and two equal prices are one"
SCALED = "weights are scaled to a sum of 1 in the end, and where the search begins only changes how long it takes"
EQUIVALENT = {
    'return check("reference_price", None, None, limit, "bps", note="no close of this market is known")': NO_PASS,
    'return check("stale_proposal", None, None, limit, "s", note="no bar has been lived through yet")': NO_PASS,
    'return check("spread", None, None, limit, "bps", note="the book does not show both sides")': NO_PASS,
    'return check("error_rate", None, None, limit, "orders in 24 h", note="they were not counted")': NO_PASS,
    'return check("order_rate", None, None, float(limit), "entries in 24 h", note="they were not counted")': NO_PASS,
    'return check("macro_event", None, None, hours, "h", note=note)': NO_PASS,
    'return check("liquidation", None, None, limit, _STOPS, note="margin and tiers are not known")': NO_PASS,
    'return check("liquidation", None, None, limit, _STOPS, note=f"no tier allows a leverage of {number}")': NO_PASS,
    'return check("funding", None, None, limit, unit, note="the funding rate of this market is not known")': NO_PASS,
    'return check("macro_event", None, away, hours, "h", note=f"{release.kind} at {release.at_utc:%Y-%m-%d %H:%M} UTC")': (
        NO_PASS
    ),
    "held = float(sum((abs(one.notional) for one in positions), )) / facts.equity": SUM,
    "short = float(sum((abs(one.notional) for one in positions if one.is_short), )) / facts.equity": SUM,
    "coming = sum((abs(value) for value in facts.portfolio.pending_notional.values()), )": SUM,
    "rules = tuple(report if (report.context) and False else _of(whose.get(report.code), report) for report in verdict.rules)": (
        NO_OTHER
    ),
    'return report if (context is None) and False else report.model_copy(update={"context": context})': SAME,
    "held = sum((position.notional for position in facts.portfolio.positions), )": SUM,
    "used = float(held + sum(facts.portfolio.pending_notional.values(), )) / facts.equity": SUM,
    "parts = equal_risk_weights(np.atleast_2d(np.cov(brought, rowvar=None)))": "None is no more than False",
    "brought = docket.returns if docket.signs is None else docket.returns * np.asarray(docket.signs, dtype=None)": SIGNS,
    "brought = docket.returns if docket.signs is None else docket.returns * np.asarray(docket.signs, )": SIGNS,
    "brought = docket.returns if docket.signs is None else docket.returns / np.asarray(docket.signs, dtype=np.float64)": SIGNS,
    "if bool((abs(parts - share) < _CLOSE * share).all()):": "the last bit of a tolerance",
    "if bool((abs(parts - share) <= _CLOSE / share).all()):": "another part of a ten-billionth",
    "def x_shares_well_formed__mutmut_1(given: Proposal, sign: int = 2) -> bool:": ONE_SIGN,
    'return check("one_position", None, note="held the other way")': NO_PASS,
    "shorts[column] = facts.sign <= 0": ONE_SIGN,
    "shorts[column] = facts.sign < 1": ONE_SIGN,
    "if len(self._kept) > MOST:": KEPT_AS,
    'levels, where = (facts.book.asks, "above") if facts.sign >= 0 else (facts.book.bids, "below")': ONE_SIGN,
    "def x_depth_within__mutmut_1(levels: Sequence[Level], worst: Decimal, sign: int = 2) -> Decimal:": ONE_SIGN,
    'latch = facts.breakers.open_on(facts.proposal.symbol, "short" if facts.sign <= 0 else "long")': ONE_SIGN,
    'latch = facts.breakers.open_on(facts.proposal.symbol, "short" if facts.sign < 1 else "long")': ONE_SIGN,
    "if position is not None and facts.proposal.enlarges and position.is_short is not (facts.sign <= 0):": ONE_SIGN,
    "if position is not None and facts.proposal.enlarges and position.is_short is not (facts.sign < 1):": ONE_SIGN,
    'worth = Worth(2.0, "") if known is None else known.worth(given.conviction, given.argument, short=short)': NO_MORE,
    "by_columns = steps.strides[0] <= steps.strides[1]": "two equal strides are of one number",
    "target = assumed_target(entry.stop, entry.exits, limits, shared=None)": "None is no more than False",
    "if sign <= 0:": ONE_SIGN,
    "if sign < 1:": ONE_SIGN,
    "def x_dearest_price__mutmut_1(reference: Decimal, tick: Decimal, limits: RiskLimits, sign: int = 2) -> Decimal | None:": (
        ONE_SIGN
    ),
    "position = facts.portfolio.position(facts.proposal.symbol) if (held) or True else None": NOTHING,
    "if position is None or position.mark_price < price:": NOTHING,
    "shown = sum((level.quantity for level in levels), )": SUM,
    "matrix = np.asarray(covariance, dtype=None)": FLOATS,
    "matrix = np.asarray(covariance, )": FLOATS,
    "return np.asarray(found / found.sum(), dtype=None)": FLOATS,
    "return np.asarray(found / found.sum(), )": FLOATS,
    "share = 1.0 * len(correlation)": SCALED,
    "share = 2.0 / len(correlation)": SCALED,
    "weights = np.full(len(correlation), np.sqrt(share * max(correlation.mean() * len(correlation), share)))": SCALED,
    "weights = np.full(len(correlation), np.sqrt(share / max(correlation.mean() / len(correlation), share)))": SCALED,
    'return check("correlation", worst <= limit, worst, limit, note=f"with {other}" if other else "nothing held")': (
        "the unit that is left out is the one by default"
    ),
    'worth = Worth(2.0, "") if known is None else known.worth(given.conviction, given.argument)': NO_MORE,
    "most_probable: float = 2.0,": NO_MORE,
    "room = low if (low > 0 and one_day(low) <= limit) or True else 0.0": NO_SIZE,
    "room = low if low > 0 or one_day(low) <= limit else 0.0": NO_SIZE,
    "room = low if low >= 0 and one_day(low) <= limit else 0.0": NO_SIZE,
}


class Mutant(NamedTuple):
    """A changed function: its name, what became of it, and the changed line."""

    name: str
    exit_code: int | None
    line: str


def main() -> int:
    """Copy, mutate, judge, count."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder)
        _copy(tree)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(os.cpu_count() or 1)]
        done = subprocess.run(command, cwd=tree, env=environment, check=False)
        found = [mutant for name in MUTATED for mutant in _read(tree / "mutants", name)]
    if done.returncode != 0 or not found or any(mutant.exit_code in NOT_RUN for mutant in found):
        print("\nThe run is not complete, so there is no figure. What mutmut said stands above.", file=sys.stderr)
        return 2
    return _report(found)


def _copy(tree: Path) -> None:
    """The files that belong to the repository, with mutmut's settings added to pyproject.toml."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    for name in filter(None, set(listed.split("\0"))):
        if name.startswith((*(f"{room}/" for room in ROOMS), "risk/", "tests/")) or name == "pyproject.toml":
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    with (tree / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(CONFIG)


def _read(mutants: Path, name: str) -> Iterator[Mutant]:
    """What mutmut kept of one file: an exit code a mutant, and the lines where each variant of a function stands."""
    codes = json.loads((mutants / f"{name}.meta").read_text(encoding="utf-8"))["exit_code_by_key"]
    spans = json.loads((mutants / f"{name}.spans").read_text(encoding="utf-8"))["spans"]
    lines = (mutants / name).read_text(encoding="utf-8").splitlines()

    def source(function: str) -> list[str]:
        first, last = spans[function]
        return lines[first - 1 : last]

    for key, code in codes.items():
        variant = key.rpartition(".")[2]
        original = source(re.sub(r"__mutmut_\d+$", "__mutmut_orig", variant))
        changes = [line[1:].strip() for line in difflib.ndiff(original, source(variant)) if line.startswith("+ ")]
        body = [line for line in changes if "__mutmut_" not in line] or changes
        yield Mutant(f"{name}: {variant.removeprefix('x_')}", code, " ".join(body))


def _report(found: list[Mutant]) -> int:
    """Print the counts and the survivors; the exit code."""
    alive = [mutant for mutant in found if mutant.exit_code in (*SURVIVED, *NO_TEST)]
    killed = len(found) - len(alive)
    equal = sum(mutant.line in EQUIVALENT for mutant in alive)
    print(f"\n{'':24}{'mutants':>9}{'killed':>9}{'survived':>10}{'killed %':>10}")
    total, left = Counter(map(_file, found)), Counter(map(_file, alive))
    for name in MUTATED:
        _row(name, total[name], left[name])
    _row("all", len(found), len(alive))
    print(f"Of the {len(alive)} survivors, {equal} are equivalent to what they were made from.")
    for mutant in alive:
        why = EQUIVALENT.get(mutant.line)
        print(f"  {mutant.name}\n      {mutant.line}\n      {f'equivalent: {why}' if why else 'SURVIVED'}")
    return 0 if killed / len(found) >= LEAST_KILLED else 1


def _file(mutant: Mutant) -> str:
    return mutant.name.partition(":")[0]


def _row(name: str, total: int, alive: int) -> None:
    print(f"{name:24}{total:>9}{total - alive:>9}{alive:>10}{(total - alive) / max(total, 1):>10.1%}")


if __name__ == "__main__":
    sys.exit(main())
