"""A verdict as one picture: differences to the base with intervals, wealth by day, falls at equal exposure, and the seeds."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from evidence.policy.arms import ALWAYS, BASE
from evidence.policy.folds import PPO, CrossValidated
from evidence.policy.judging import ArmResult, Judgement, Seeds
from evidence.policy.openings import Opening
from ops.tables.plain import count

Floats = NDArray[np.float64]

_WIDTH, _HALF, _LEFT, _LINE = 980, 490, 120, 22
_INK, _GREY, _POLICY, _BASE = "#222", "#b9c0cc", "#c2571a", "#2a5d9f"


def verdict_picture(found: Judgement, tested: CrossValidated) -> str:
    """An SVG text of one page. Orange: the policy, or the learners without one; blue: the base."""
    shown = [arm for arm in found.arms if arm.difference is not None and arm.difference.value is not None]
    top = 60
    first = _forest(shown, top)
    high = top + 40 + _LINE * len(shown)
    second = _curves(found.arms, {arm.name: arm.returns.mean(axis=0) for arm in tested.arms}, high + 30)
    third = _falls(found.arms, high + 330)
    fourth = _seeds(found.seeds, found.arms, high + 330)
    height = high + 330 + 60 + _LINE * len(found.arms)
    return _page(height, _headline(found), first, second, third, fourth)


def opening_picture(opening: Opening) -> str:
    """An SVG text of what the hold-out showed: the policy and the ruling as it stands beside the base, and each seed alone."""
    shown = opening.shown
    if shown is None or not shown.arms:
        return _page(60, f"Nothing to draw: the hold-out of {opening.model} was too short, or its run broke off")
    high = 100 + _LINE * (len(shown.arms) - 1)
    return _page(
        max(high + 390 + _LINE * len(shown.arms), high + 500),
        f"The hold-out, opened once on {opening.at_utc:%Y-%m-%d} with {opening.model}: {count(shown.days, 'day')}",
        _forest([arm for arm in shown.arms if arm.difference is not None], 60),
        _curves(shown.arms, {name: np.array(each) for name, each in shown.returns.items()}, high + 30),
        _falls(shown.arms, high + 330),
        _seeds(shown.seeds, shown.arms, high + 330),
    )


def _page(height: int, headline: str, *parts: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
        f"{_text(20, 30, headline, size=15)}{''.join(parts)}</svg>\n"
    )


def _headline(found: Judgement) -> str:
    words = (
        "No policy was judged"
        if found.policy is None
        else "The policy met the criterion"
        if found.passed
        else "Not shown"
    )
    markets = count(len(found.markets), "market")
    return f"{words}. {markets}, {found.start_utc:%Y-%m-%d} to {found.end_utc:%Y-%m-%d}, out of sample"


def _forest(arms: Sequence[ArmResult], top: int) -> str:
    """Differences of Sharpe ratios with their 90 % intervals."""
    told = [(arm, arm.difference) for arm in arms if arm.difference is not None]
    ends = [each for _, d in told for each in (d.low, d.high) if each is not None]
    low, high = min([-0.5, *ends]), max([0.5, *ends])

    def x(value: float) -> float:
        return round(_LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - 60), 1)

    drawn = [
        _text(20, top, "Sharpe ratio less that of the base, 90 % interval"),
        _line(x(0), top + 10, x(0), top + 20 + _LINE * len(told), _BASE),
    ]
    for number, (arm, d) in enumerate(told):
        y, colour = top + 24 + _LINE * number, _POLICY if arm.name == PPO else _INK
        if d.low is None or d.high is None or d.value is None:
            continue
        drawn += [
            _text(_LEFT - 12, y + 4, arm.name, "end", colour),
            _line(x(d.low), y, x(d.high), y, colour, 3),
            f'<circle cx="{x(d.value)}" cy="{y}" r="4.5" fill="{colour}"/>',
            _text(_WIDTH - 52, y + 4, f"{d.value:+.2f}", colour=colour),
        ]  # fmt: skip
    return "".join(drawn)


def _curves(arms: Sequence[ArmResult], returns: Mapping[str, Floats], top: int) -> str:
    """Wealth by day at the exposure of the base, the mean of all paths: `returns`, shape (n_days,) by arm [simple return]."""
    scales = {arm.name: arm.at_equal_exposure.scale for arm in arms if arm.at_equal_exposure is not None}
    names = [name for name in ("network", "ridge", ALWAYS, BASE, PPO) if name in scales]
    wealth = {name: np.cumsum(np.log1p(scales[name] * returns[name])) for name in names}
    low = min(0.0, *(float(each.min()) for each in wealth.values()))
    high = max(0.01, *(float(each.max()) for each in wealth.values()))
    colours = {PPO: _POLICY, BASE: _BASE, ALWAYS: _INK, "ridge": "#7a9a5a", "network": "#a08ac0"}
    drawn = [_text(20, top, "Wealth at equal exposure, mean of all paths [log]")]
    for number, name in enumerate(names):
        values = wealth[name][:: max(1, len(wealth[name]) // 400)]
        points = " ".join(
            f"{_LEFT + 700 * at / max(1, len(values) - 1):.1f},{top + 250 - 230 * (float(value) - low) / (high - low):.1f}"
            for at, value in enumerate(values)
        )
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colours[name]}" stroke-width="1.8"/>')
        drawn.append(
            _text(
                _LEFT + 715,
                top + 40 + 20 * number,
                f"{name} {float(np.expm1(wealth[name][-1])):+.1%}",
                colour=colours[name],
            )
        )
    drawn += [
        _text(_LEFT - 10, top + 24, f"{np.expm1(high):+.0%}", "end"),
        _text(_LEFT - 10, top + 254, f"{np.expm1(low):+.0%}", "end"),
    ]
    return "".join(drawn)


def _falls(arms: Sequence[ArmResult], top: int) -> str:
    """The deepest fall of each arm, scaled to the exposure of the base."""
    told = [(arm, arm.at_equal_exposure) for arm in arms if arm.at_equal_exposure is not None]
    most = max([0.001, *(each.deepest_fall for _, each in told)])
    drawn = [_text(20, top, "Deepest fall at equal exposure")]
    for number, (arm, each) in enumerate(told):
        y, colour = top + 12 + _LINE * number, {PPO: _POLICY, BASE: _BASE}.get(arm.name, _GREY)
        wide = each.deepest_fall / most * (_HALF - _LEFT - 80)
        drawn += [
            _text(_LEFT - 12, y + 13, arm.name, "end"),
            f'<rect x="{_LEFT}" y="{y}" width="{wide:.1f}" height="15" fill="{colour}"/>',
            _text(round(_LEFT + wide + 8), y + 13, f"{each.deepest_fall:.1%}"),
        ]
    return "".join(drawn)


def _seeds(seeds: Seeds | None, arms: Sequence[ArmResult], top: int) -> str:
    """Each seed of the policy alone; without a policy, the paths of the base."""
    base = next(arm for arm in arms if arm.name == BASE)
    values = seeds.differences if seeds else tuple(each for each in base.by_path if each is not None)
    words = "Each seed alone: Sharpe ratio less that of the base" if seeds else "Sharpe ratio of the base on each path"
    if not values:
        return ""
    low, high = min(0.0, *values), max(0.01, *values)
    left, right = _HALF + 40, _WIDTH - 40

    def x(value: float) -> float:
        return round(left + (value - low) / (high - low) * (right - left), 1)

    colour = _POLICY if seeds else _BASE
    dots = "".join(
        f'<circle cx="{x(value)}" cy="{top + 40 + 9 * (n % 9)}" r="4" fill="{colour}" fill-opacity="0.7"/>'
        for n, value in enumerate(values)
    )
    zero = _line(x(0.0), top + 20, x(0.0), top + 125, _BASE)
    ends = _text(left, top + 150, f"{low:+.2f}") + _text(right, top + 150, f"{high:+.2f}", "end")
    return f"{_text(left, top, words)}{zero}{dots}{ends}"


def _text(x: float, y: float, words: str, anchor: str = "start", colour: str = _INK, size: int = 13) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="{width}"/>'
