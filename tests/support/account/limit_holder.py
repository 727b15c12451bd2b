"""What holds a catalogue of limits together: against the rules, the names of rules, the settings and the fast engine.

It looks at a catalogue as a value, so that the tests can hand it a broken one.
"""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_args

from gate_support import LIMITS, facts
from kernel_windows import UNREACHABLE, WINDOWS
from pydantic import ValidationError

import risk.limits
from config.sections.limits import RiskLimits
from risk.facts import OF_EQUITY, Facts
from risk.limits.catalogue import PARAMETERS, STEPS
from risk.limits.row import Kernel, Limit, Part
from risk.limits.trade import well_formed
from risk.verdict import RuleCode, RuleReport

Catalogue = tuple[Limit, ...]
VARIANT = "__mutmut_"
ASKED = facts(
    limits=LIMITS.model_copy(
        update={"max_entries_per_day": 9, "max_positions": 9, "trading_hours_utc": (0, 24), "macro_pause_h": 1.0}
    )
)
"""A situation in which each rule has a number to report."""


def faults(catalogue: Catalogue) -> list[str]:
    """What is wrong with a catalogue, in words that name the place; nothing where it is whole."""
    looks: tuple[Callable[[Catalogue], Iterator[str]], ...] = (_names, _rules, _reports, _settings, _loosest, _kernel)
    return [fault for look in looks for fault in look(catalogue)]


def rule_functions() -> set[Callable[..., Any]]:
    """Public functions of `risk/limits/` that ask nothing but the facts and give a report; not the gate's first step.

    The variants that `make mutants` writes beside each function are no rules of their own.
    """
    modules = [import_module(f"risk.limits.{module.name}") for module in iter_modules(risk.limits.__path__)]
    found: set[Callable[..., Any]] = {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_") and VARIANT not in name
        if _asks_facts(function)
    }
    return found - {well_formed}


def _asks_facts(function: Callable[..., Any]) -> bool:
    kinds = inspect.get_annotations(function)
    return kinds.pop("return", None) is RuleReport and list(kinds.values()) == [Facts]


def _names(catalogue: Catalogue) -> Iterator[str]:
    codes, known = [limit.code for limit in catalogue], set(get_args(RuleCode))
    yield from (f"{code} has {count} rows" for code, count in Counter([*codes, *STEPS]).items() if count > 1)
    yield from (f"{code} is missing in RuleCode of risk/verdict.py" for code in codes if code not in known)
    yield from (f"{code} of RuleCode has no row and is no step" for code in sorted(known - {*codes, *STEPS}))
    yield from (f"{limit.code} has no sentence" for limit in catalogue if not limit.sentence.endswith("."))
    parts = [limit.part for limit in catalogue]
    if parts != sorted(parts, key=list(Part).index):
        yield "a cap stands before a check"


def _rules(catalogue: Catalogue) -> Iterator[str]:
    rules = Counter(limit.rule for limit in catalogue)
    yield from (f"the rule {function.__name__} has no row" for function in rule_functions() if function not in rules)
    for limit in catalogue:
        if limit.rule not in rule_functions():
            yield f"the rule of {limit.code} is no function of risk/limits"
        if rules[limit.rule] > 1:
            yield f"{limit.code} shares its rule with another row"


def _reports(catalogue: Catalogue) -> Iterator[str]:
    for limit in catalogue:
        report = limit.rule(ASKED)
        if report.code != limit.code:
            yield f"the rule of {limit.code} reports as {report.code}"
        if report.unit != limit.unit:
            yield f"{limit.code} is in {limit.unit!r}, and its rule reports in {report.unit!r}"
        if (limit.part is Part.CAP) != (report.unit == OF_EQUITY):
            yield f"{limit.code} is called a {limit.part}, and its rule is none"


def _settings(catalogue: Catalogue) -> Iterator[str]:
    named = Counter(name for limit in catalogue for name in limit.loosest)
    known = RiskLimits.model_fields.keys()
    for name in (*named, *PARAMETERS):
        if name not in known:
            yield f"{name} is no setting of config/sections/limits.py"
        if named[name] + (name in PARAMETERS) > 1:
            yield f"{name} is named twice"
    yield from (f"{name} is in no row and no parameter" for name in known if name not in {*named, *PARAMETERS})


def _loosest(catalogue: Catalogue) -> Iterator[str]:
    """The loosest value is null, off, or the border of what the settings allow."""
    for limit in catalogue:
        for name, value in limit.loosest.items():
            if name not in RiskLimits.model_fields or value is None or value is False:
                continue
            if value not in [getattr(border, side, None) for border in _borders(name) for side in ("le", "ge")]:
                yield f"{value} is not the loosest value of {name}"
    values = {name: value for limit in catalogue for name, value in limit.loosest.items()}
    try:
        RiskLimits.model_validate(LIMITS.model_dump() | values)
    except ValidationError as fault:
        yield f"the loosest values are no limits: {fault}"


def _borders(name: str) -> list[Any]:
    return RiskLimits.model_fields[name].metadata


def _kernel(catalogue: Catalogue) -> Iterator[str]:
    shown = {(window.code, name) for window in WINDOWS.values() for name in window.tight or [""]}
    for limit in catalogue:
        code, names = limit.code, set(limit.loosest)
        windows = {name for shown_code, name in shown if shown_code == code}
        if limit.kernel is Kernel.COUNTED:
            yield from (
                f"{code} is counted, and no window shows it: {name}" for name in sorted((names or {""}) - windows)
            )
        elif windows:
            yield f"{code} is {limit.kernel}, and has a window as if it were counted"
        if limit.kernel is Kernel.REFUSED and not names:
            yield f"{code} is refused, and no setting says when"
        if limit.kernel is Kernel.UNREACHABLE:
            yield from (f"{code}: {name} has no tight value" for name in sorted(names - {*UNREACHABLE.get(code, ())}))
        if (limit.kernel is Kernel.UNREACHABLE) != bool(limit.why):
            yield f"{code}: only a limit that cannot bind in the fast engine says why, and it must"
