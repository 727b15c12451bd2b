"""The stylised facts of real and simulated markets as a picture for documents: one line a fact, on a scale of its own."""

from xml.sax.saxutils import escape

from evidence.statistics.stylised import Range
from evidence.worlds.markets import StylisedFacts
from ops.tables.market.stylised import NAMES

_WIDTH, _LINE, _LEFT, _RIGHT, _TOP = 820, 34, 210, 70, 64
_REAL, _SIMULATED = "#8a94a6", "#c2571a"


def stylised_picture(real: StylisedFacts, simulated: StylisedFacts) -> str:
    """An SVG text. Grey: real years, the thin line all, the thick one eight of ten. Orange: simulated, the dot the middle."""
    names = [name for name in NAMES if name in real.ranges and name in simulated.ranges]
    height = _TOP + _LINE * len(names) + 16
    rows = "".join(
        _row(NAMES[name], real.ranges[name], simulated.ranges[name], _TOP + _LINE * i) for i, name in enumerate(names)
    )
    legend = (
        f'<text x="{_LEFT}" y="24" fill="{_REAL}">real: all years, eight of ten</text>'
        f'<text x="{_LEFT}" y="44" fill="{_SIMULATED}">simulated: eight of ten, the middle one</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>{legend}{rows}</svg>\n'
    )


def _row(words: str, real: Range, simulated: Range, top: int) -> str:
    low, high = min(real.least, simulated.tenth), max(real.most, simulated.ninth)
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return round(_LEFT + (value - low) / span * (_WIDTH - _LEFT - _RIGHT), 1)

    def line(begin: float, end: float, y: int, colour: str, width: int) -> str:
        return f'<line x1="{x(begin)}" x2="{x(end)}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="{width}"/>'

    first, second = top + 10, top + 20
    return (
        f'<text x="{_LEFT - 12}" y="{top + 19}" text-anchor="end" fill="#222">{escape(words)}</text>'
        + line(real.least, real.most, first, _REAL, 2)
        + line(real.tenth, real.ninth, first, _REAL, 7)
        + line(simulated.tenth, simulated.ninth, second, _SIMULATED, 3)
        + f'<circle cx="{x(simulated.middle)}" cy="{second}" r="5" fill="{_SIMULATED}"/>'
        + f'<text x="{_WIDTH - _RIGHT + 12}" y="{top + 19}" fill="#222">{simulated.middle:.2f}</text>'
    )
