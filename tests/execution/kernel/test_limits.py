"""Each limit that can stop or cut an account does so in both engines at the same moment: generated windows in which it binds.

Windows are in `tests/support/kernel_windows.py`; that each limit of the catalogue has its window is held by
`tests/risk/limits/test_catalogue.py`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from kernel_parity import Told, both, both_of, fast, random_votes, settings_of, shorter
from kernel_windows import LOOSEST, THREE, UNREACHABLE, WARMUP, WINDOWS
from pydantic import TypeAdapter, ValidationError

from config.errors import UsageFault
from config.sections.limits import RiskLimits
from config.settings import Settings
from execution.kernel.grid import grid_of_tape
from execution.kernel.rules import rules_of
from market.tape import Tape, simulated_tape
from risk.limits.catalogue import CATALOGUE
from risk.limits.row import Kernel, Part

CHECKS = {limit.code for limit in CATALOGUE if limit.part is Part.CHECK}
SEED = 3


def world_of(
    world: dict[str, Any], limits: dict[str, Any], symbols: Sequence[str] = THREE, profile: str = "paper"
) -> Settings:
    tight = {f"limits.{name}": value for name, value in limits.items()}
    return settings_of({**LOOSEST, "market.session_days": 8, "seed": SEED, **world, **tight}, symbols, profile)


def set_of(name: str) -> Any:
    """A value of a setting that is null or off at its loosest."""
    annotation = RiskLimits.model_fields[name].annotation
    return next(value for value in (0.5, True) if fits(annotation, value))


def fits(annotation: Any, value: Any) -> bool:
    try:
        TypeAdapter(annotation).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def told(settings: Settings, tape: Tape) -> Told:
    grid = grid_of_tape(tape)
    return fast(settings, tape, grid, random_votes(grid, SEED))


@pytest.mark.slow
@pytest.mark.parametrize("name", WINDOWS)
def test_both_engines_are_held_by_the_same_limit(name: str) -> None:
    window = WINDOWS[name]
    profile = "perp" if window.perpetual else "paper"
    bound = world_of(window.world, window.tight, window.symbols, profile)
    loose = world_of({**window.world, **window.loose}, {}, window.symbols, profile)
    tape = window.tape(shorter(simulated_tape(bound), WARMUP))
    spoilt = window.spoilt(tape)
    grid = grid_of_tape(spoilt)
    found, full = both_of(bound, spoilt, grid, window.votes(window.said(grid, SEED)))
    assert found == ""
    assert (full.refused if window.code in CHECKS else full.decided)[window.code] > 0
    grid = grid_of_tape(tape)
    other = fast(loose, tape, grid, window.said(grid, SEED))
    assert other.fills != full.fills


@pytest.mark.slow
def test_what_cannot_bind_in_a_run_of_the_fast_engine_does_not_however_tight_it_is() -> None:
    tight = {name: value for values in UNREACHABLE.values() for name, value in values.items()}
    settings = world_of({}, tight)
    tape = shorter(simulated_tape(settings), WARMUP)
    grid = grid_of_tape(tape)
    found, full = both_of(settings, tape, grid, random_votes(grid, SEED))
    assert found == ""
    assert full.fills == told(world_of({}, {}), tape).fills
    assert full.refused.keys().isdisjoint(limit.code for limit in CATALOGUE if limit.kernel is Kernel.UNREACHABLE)


@pytest.mark.parametrize(
    "name", [name for limit in CATALOGUE if limit.kernel is Kernel.REFUSED for name in limit.loosest]
)
def test_a_limit_that_it_does_not_count_is_refused_by_name_where_it_could_bind(name: str) -> None:
    loose = world_of({}, {})
    rules_of([], loose.limits, loose.exits, loose.venue, 24.0)
    with pytest.raises(UsageFault, match=f"does not know limits.{name}"):
        rules_of([], loose.limits.model_copy(update={name: set_of(name)}), loose.exits, loose.venue, 24.0)


@pytest.mark.slow
def test_a_limit_that_is_called_counted_and_is_not_makes_the_engines_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    said = tuple(replace(limit, kernel=Kernel.COUNTED) for limit in CATALOGUE)
    monkeypatch.setattr("execution.kernel.rules.CATALOGUE", said)
    settings = world_of({}, {"volatility_target": 0.05})
    found, full = both(settings, shorter(simulated_tape(settings), WARMUP), SEED)
    assert full.decided["volatility"] > 0
    assert found != ""
