"""Turns executed notebooks into pages for any browser: text, tables, and figures that plotly.js draws without a network.

plotly.js (5 MB) lies once beside the pages, in one file that all of them load; a page itself holds only the data of its figures.
The program of a cell is folded away. Text is escaped: headlines and replies of models come from strangers.
"""

import html
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from markdown_it import MarkdownIt
from plotly.offline import get_plotlyjs

PLOTLY = "plotly.min.js"
FIGURE = "application/vnd.plotly.v1+json"
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;color:#1c2733;max-width:1040px;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-size:13px;display:block;overflow-x:auto;margin:.8rem 0}"
    "td,th{padding:.2rem .7rem;text-align:left;vertical-align:top;border-bottom:1px solid #dde3e8}"
    "details{margin:.5rem 0;color:#5b6b7a;font-size:12px}pre{overflow-x:auto;background:#f5f7f9;padding:.6rem}"
    "nav a{margin-right:1rem}"
)
_DRAW = (
    "for(const data of document.querySelectorAll('script.figure')){const figure=JSON.parse(data.textContent);"
    "Plotly.newPlot(data.previousElementSibling,figure.data,figure.layout,"
    "{responsive:true,displaylogo:false,plotlyServerURL:''})}"
)


def write_pages(notebooks: Mapping[str, nbformat.NotebookNode], folder: Path) -> None:
    """Write a page for each notebook, by its name, and plotly.js once beside them."""
    (folder / PLOTLY).write_text(get_plotlyjs(), encoding="utf-8")
    for name, notebook in notebooks.items():
        (folder / f"{name}.html").write_text(page_of(notebook, name, tuple(notebooks)), encoding="utf-8")


def page_of(notebook: nbformat.NotebookNode, name: str, names: tuple[str, ...]) -> str:
    """The page of an executed notebook. `names`: all that lie in its folder, for the links at its top."""
    links = "".join(f'<a href="{html.escape(other)}.html">{html.escape(_spoken(other))}</a>' for other in names)
    cells = "\n".join(part for cell in notebook.cells for part in _cell(cell))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(_spoken(name))}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><nav>{links}</nav>\n'
        f'{cells}\n<script src="{PLOTLY}"></script><script>{_DRAW}</script></body></html>\n'
    )


def _spoken(name: str) -> str:
    return name[3:].replace("_", " ").capitalize()


def _cell(cell: nbformat.NotebookNode) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield _markdown(cell.source)
    elif cell.cell_type == "code":
        yield f"<details><summary>program</summary><pre>{html.escape(cell.source)}</pre></details>"
        yield from map(_output, cell.outputs)


def _output(output: nbformat.NotebookNode) -> str:
    data = output.get("data", {})
    if FIGURE in data:
        return _figure(data[FIGURE])
    if "text/html" in data:
        return str(data["text/html"])
    if "text/markdown" in data:
        return _markdown(data["text/markdown"])
    return f"<pre>{html.escape(str(data.get('text/plain') or output.get('text', '')))}</pre>"


def _markdown(text: str) -> str:
    """Markdown as HTML; tags in it stay text."""
    return str(MarkdownIt("js-default").render(text))


def _figure(figure: Any) -> str:
    """A place for a figure, and its data; no text in them can end the element."""
    data = json.dumps(figure, separators=(",", ":")).replace("<", "\\u003c")
    height = int(figure.get("layout", {}).get("height") or 450)
    return f'<div style="height:{height}px"></div><script class="figure" type="application/json">{data}</script>'
