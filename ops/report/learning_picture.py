"""Learning curves as a picture: what each seed added to the base on the validation part, and the mean of all."""

from collections.abc import Sequence

from rl.training.curve import Curves, LegReport

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 820, 380, 70, 20, 50, 50
_SEED, _MEAN, _BASE = "#b9c0cc", "#c2571a", "#222"


def learning_picture(curves: Sequence[Sequence[LegReport]]) -> str:
    """An SVG text. Grey: each seed; orange: the mean; black: the base, where every curve begins."""
    known = [curve for curve in curves if curve]
    most = max((curve[-1].steps for curve in known), default=1)
    gains = [0.0, *(point.gain for curve in known for point in curve)]
    low, high = min(gains), max(gains)
    pad = 0.05 * ((high - low) or 1.0)
    low, high = low - pad, high + pad

    def at(steps: float, gain: float) -> str:
        x = _LEFT + steps / most * (_WIDTH - _LEFT - _RIGHT)
        y = _TOP + (high - gain) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
        return f"{x:.1f},{y:.1f}"

    def line(points: Sequence[tuple[float, float]], colour: str, width: float) -> str:
        joined = " ".join(at(*point) for point in [(0.0, 0.0), *points])
        return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="{width}"/>'

    longest = max(known, key=len, default=[])
    means = Curves([point for curve in known for point in curve]).means()
    middle = list(zip([float(point.steps) for point in longest], means, strict=True))
    drawn = "".join(line([(point.steps, point.gain) for point in curve], _SEED, 1.2) for curve in known)
    base = line([(float(most), 0.0)], _BASE, 1.0)
    marks = "".join(_mark(value, at(0, value)) for value in sorted({round(low + pad, 2), 0.0, round(high - pad, 2)}))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
        f'<text x="{_LEFT}" y="26" fill="{_BASE}">Annual Sharpe ratio less that of the base, on the validation part</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="26" text-anchor="end" fill="{_MEAN}">mean of {len(known)} seeds</text>'
        f"{drawn}{base}{line(middle, _MEAN, 2.5)}{marks}"
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 18}" text-anchor="end" fill="{_BASE}">{most:,} steps</text></svg>\n'
    )


def _mark(value: float, place: str) -> str:
    y = float(place.split(",")[1])
    return f'<text x="{_LEFT - 10}" y="{y + 4:.1f}" text-anchor="end" fill="{_BASE}">{value:+.2f}</text>'
