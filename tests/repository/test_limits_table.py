"""The table of limits in `docs/architecture.md` is the catalogue's, line by line."""

from pathlib import Path

from risk.limits.catalogue import CATALOGUE, STEPS
from risk.limits.row import Kernel, Limit

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
HEAD = ("| rule | does | settings in `limits:` | fast engine | what it is for |", "|---|---|---|---|---|")


def line(limit: Limit) -> str:
    module = limit.rule.__module__.rpartition(".")[2]
    settings = ", ".join(f"`{name}`" for name in limit.loosest)
    engine = f"cannot bind: {limit.why}" if limit.kernel is Kernel.UNREACHABLE else str(limit.kernel)
    return f"| [`{limit.code}`](../risk/limits/{module}.py) | {limit.part} | {settings} | {engine} | {limit.sentence} |"


def table() -> str:
    steps = (f"| `{code}` | step | | | {sentence} |" for code, sentence in STEPS.items())
    return "\n".join((*HEAD, *map(line, CATALOGUE), *steps))


def test_the_architecture_document_shows_every_limit_as_the_catalogue_has_it() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    shown = text[text.index(HEAD[0]) :].partition("\n\n")[0] if HEAD[0] in text else ""
    assert shown == table(), f"put this table under 'What the gate asks':\n\n{table()}"
