"""Writes the dashboards: `python -m ops.live.metrics.grafana.dashboards deploy/grafana/dashboards`.

The JSON is plain and whole, so that Grafana needs nothing of ours. Panels are laid out from left to right in 24 columns.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.live.metrics.grafana.panels import BOARDS, Board, Panel

_COLUMNS, _HEIGHT, _LOW = 24, 8, 4
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_CHOSEN = 'instance="$instance"'


def dashboard(board: Board) -> dict[str, Any]:
    """A dashboard as Grafana reads it."""
    return {
        "uid": f"tribunal-{board.name}",
        "title": board.title,
        "tags": ["tribunal"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [_datasource(), _instance()]},
        "panels": [_panel(panel, number, place) for number, (panel, place) in enumerate(_placed(board.panels), 1)],
    }


def files() -> dict[str, str]:
    """The text of each file, by its name."""
    return {f"{board.name}.json": json.dumps(dashboard(board), indent=1) + "\n" for board in BOARDS}


def _placed(panels: tuple[Panel, ...]) -> Iterator[tuple[Panel, dict[str, int]]]:
    """Panels in rows: a row ends where the next panel does not fit, and is as high as its highest panel."""
    left, top, high = 0, 0, 0
    for panel in panels:
        height = _LOW if panel.shown == "stat" else _HEIGHT
        if left + panel.width > _COLUMNS:
            left, top, high = 0, top + high, 0
        yield panel, {"x": left, "y": top, "w": panel.width, "h": height}
        left, high = left + panel.width, max(high, height)


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    instant = panel.shown in ("table", "stat", "bargauge")
    return {
        "id": number,
        "title": panel.title,
        "type": panel.shown,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + at),
                "datasource": _SOURCE,
                "expr": query.expr.replace("$i", _CHOSEN).replace("$r", "$__rate_interval"),
                "legendFormat": query.legend,
                "instant": instant,
                "range": not instant,
            }
            for at, query in enumerate(panel.queries)
        ],
    }


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus"}


def _instance() -> dict[str, Any]:
    return {
        "name": "instance",
        "label": "Session",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": "label_values(tribunal_build_info, instance)", "refId": "instance"},
        "refresh": 2,
        "sort": 1,
    }


def main(folder: Path) -> None:
    """Write all files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
