"""The prompts: one versioned Markdown file for each form of an answer, behind a shared preamble.

Their bytes are constant, so that a provider can cache them; the case stands only in the user part. A changed prompt
gets a new file and a new number; the digest reveals a change without a new number.
"""

import hashlib
from importlib.resources import files

from agents.court.prompts.wire import Form
from config.frozen import Frozen

_PREAMBLE = "preamble.v1.md"
_FILES: dict[Form, tuple[str, ...]] = {
    "analyst": ("analyst.v2.md",),
    "typed_analyst": ("analyst.v2.md", "condition.v1.md"),
    "risk_agent": ("risk_agent.v1.md",),
    "devils_advocate": ("devils_advocate.v1.md",),
    "rebuttal": ("rebuttal.v1.md",),
    "supervisor": ("supervisor.v1.md",),
}
"""The texts of a form, one after another."""


class Prompt(Frozen):
    """The instructions for an answer. `version` is "analyst.v2-" and eight digits of the SHA-256 of the text."""

    version: str
    text: str


def load_prompt(form: Form) -> Prompt:
    """Return the prompt of a form, preamble first."""
    names = _FILES[form]
    text = "\n".join(_read(name) for name in (_PREAMBLE, *names))
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Prompt(version=f"{'+'.join(name.removesuffix('.md') for name in names)}-{digest}", text=text)


def _read(name: str) -> str:
    return files("agents.court.prompts").joinpath("texts", name).read_text(encoding="utf-8")
