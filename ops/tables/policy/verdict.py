"""Tables of a verdict on a policy: the arms side by side, and the same at equal exposure and at equal turnover."""

import json
import sys

from evidence.policy.arms import BASE, CHOSEN
from evidence.policy.judging import ArmResult, AtEqual, Judgement, Seeds
from evidence.policy.openings import Opening, Shown
from evidence.statistics.pooled import PooledDifference
from ops.tables.grid import Grid, open_console
from ops.tables.plain import DASH, count, listed, percent, ratio, signed_percent

_PLAIN = (
    "Arm",
    "Sharpe",
    "less the base [90 %]",
    "growth a year",
    "deepest fall",
    "deployed",
    "turnover",
    "fees",
    "left out",
)
_EQUAL = ("Arm", "growth a year", "deepest fall", "shortfall")
_NOTE = (
    "Differences: paired, stationary bootstrap in blocks of a week over all paths at once; a lower end above 0 is significant at "
    "5 %, one-sided. Turnover and fees: of equity, a year. Left out: decisions that leave less than 5 % of a size. Shortfall: "
    "mean of the worst days at 97.5 %."
)


def show_judgement(found: Judgement, *, as_json: bool) -> None:
    """Print a verdict on stdout: tables and sentences, or only JSON with `as_json`."""
    if as_json:
        told = {"passed": found.passed, "why": found.why, **found.model_dump(mode="json")}
        sys.stdout.write(json.dumps(told) + "\n")
        return
    console = open_console(sys.stdout)
    console.print(_said(found))
    for grid in grids(found):
        console.print(grid.table())
    console.print("\n".join((*_sentences(found), _NOTE)))


def judgement_markdown(found: Judgement) -> str:
    """Return the verdict as Markdown."""
    told = (f"- {sentence}" for sentence in _sentences(found))
    return "\n".join([_said(found) + "\n", *(grid.markdown() for grid in grids(found)), *told, "", _NOTE + "\n"])


def grids(found: Judgement) -> tuple[Grid, ...]:
    """Return the arms as they were, and scaled to the exposure and the turnover of the base."""
    return (
        Grid(
            "Arms, out of sample",
            _PLAIN,
            tuple(_row(arm) for arm in found.arms),
            yields=("fees", "left out", "turnover"),
        ),
        Grid("At equal exposure", _EQUAL, tuple((arm.name, *_scaled(arm.at_equal_exposure)) for arm in found.arms)),
        Grid("At equal turnover", _EQUAL, tuple((arm.name, *_scaled(arm.at_equal_turnover)) for arm in found.arms)),
    )


def show_opening(opening: Opening, earlier: int, *, as_json: bool) -> None:
    """Print what the hold-out showed. `earlier`: openings for other models before this one."""
    if as_json:
        sys.stdout.write(opening.model_dump_json() + "\n")
        return
    assert opening.shown is not None
    open_console(sys.stdout).print(_opened(opening.shown, earlier))


def _opened(shown: Shown, earlier: int) -> str:
    sign = "gained" if shown.growth >= 0.0 else "lost"
    lines = [
        f"The hold-out of {count(shown.days, 'day')}: the policy {sign} {percent(abs(shown.growth))}, its base "
        f"{signed_percent(shown.base_growth)}. Deepest fall {percent(shown.deepest_fall)} against "
        f"{percent(shown.base_deepest_fall)}; at equal exposure {percent(shown.at_equal_exposure_fall)}.",
        *_beside(shown),
        "It is looked at for sign and fall alone: two years are too short for more. It changes nothing about the verdict.",
    ]
    if earlier:
        lines.append(
            f"{count(earlier, 'other model')} looked at these bars before, so they are less new than they were."
        )
    return "\n".join(lines)


def _beside(shown: Shown) -> list[str]:
    """The arms of a hold-out by their differences to the base, and the seeds alone."""
    lines = []
    for arm in shown.arms:
        told = arm.difference
        if told is not None and told.value is not None and told.low is not None and told.high is not None:
            lines.append(
                f"{arm.name}: Sharpe {ratio(arm.sharpe)}, {told.value:+.2f} less the base, with a 90 % interval from "
                f"{told.low:+.2f} to {told.high:+.2f}; these days could have shown {ratio(told.smallest)}."
            )
        elif arm.sharpe is not None:
            lines.append(f"{arm.name}: Sharpe {ratio(arm.sharpe)}.")
    return lines if shown.seeds is None else [*lines, _alone(shown.seeds)]


def _alone(seeds: Seeds) -> str:
    low, high = min(seeds.differences), max(seeds.differences)
    return (
        f"{count(len(seeds.differences), 'seed')} alone: {low:+.2f} to {high:+.2f} against the base, interquartile mean "
        f"{seeds.interquartile_mean:+.2f}; {seeds.share_better:.0%} of them better."
    )


def _said(found: Judgement) -> str:
    accounts = "one account" if found.accounts == 1 else count(found.accounts, "account")
    return (
        f"{', '.join(found.markets)}: {count(found.days, 'day')} of {found.label}, {found.start_utc:%Y-%m-%d} to "
        f"{found.end_utc:%Y-%m-%d}, in {accounts}. {count(found.groups, 'group')}, {found.tested} tested at once: "
        f"{count(found.splits, 'split')}, {count(found.paths, 'path')}. Training days keep {count(found.gap_days, 'day')} from "
        f"test days; positions are held for up to {count(found.held_days, 'day')}, and end with their group."
    )


def _sentences(found: Judgement) -> tuple[str, ...]:
    lines = [found.why]
    if found.policy is not None:
        lines.append("`active` may be offered." if found.passed else "At most `advisory` is offered.")
    if found.seeds is not None:
        lines.append(_alone(found.seeds))
    told = found.deflated
    deflated = "" if told is None else (
        f" The deflated Sharpe ratio of {'the policy' if found.policy else 'the base'} is {told.dsr:.3f}: the chance that its "
        f"{told.sharpe:.2f} is more than the best of so many trials without skill ({told.hurdle:.2f})."
    )  # fmt: skip
    lines.append(f"{count(found.trials, 'trial')} on these bars so far.{deflated}")
    lines.append(f"Probability of backtest overfitting over all settings: {found.overfitting.probability:.0%}.")
    lines += [_chosen(arm) for arm in found.arms if arm.name in (BASE, CHOSEN)]
    return tuple(lines)


def _chosen(arm: ArmResult) -> str:
    return (
        f"The arm {arm.name} was "
        + listed(tuple(f"{words} ({count(times, 'split')})" for words, times in arm.settings.items()))
        + "."
    )


def _row(arm: ArmResult) -> tuple[str, ...]:
    return (
        arm.name,
        ratio(arm.sharpe),
        DASH if arm.difference is None else _apart(arm.difference),
        signed_percent(arm.growth),
        percent(arm.deepest_fall),
        percent(arm.exposure),
        ratio(arm.turnover),
        percent(arm.fees),
        f"{arm.small:.0%}",
    )


def _apart(found: PooledDifference) -> str:
    if found.value is None or found.low is None or found.high is None:
        return DASH
    star = " *" if found.is_shown else ""
    return f"{found.value:+.2f} [{found.low:+.2f}, {found.high:+.2f}]{star}"


def _scaled(found: AtEqual | None) -> tuple[str, ...]:
    if found is None:
        return (DASH, DASH, DASH)
    return signed_percent(found.growth), percent(found.deepest_fall), percent(found.shortfall)
