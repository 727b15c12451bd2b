"""The prompts: one versioned Markdown file for each role, behind a shared preamble.

Their bytes are constant, so that a provider can cache them; the case stands only in the user part. A changed prompt
gets a new file and a new number; the digest reveals a change without a new number.
"""

import hashlib
from importlib.resources import files

from agents.llm.attempt import Role
from config.frozen import Frozen

_PREAMBLE = "preamble.v1.md"
_FILES: dict[Role, str] = {
    "analyst": "analyst.v2.md",
    "risk_agent": "risk_agent.v1.md",
    "devils_advocate": "devils_advocate.v1.md",
    "supervisor": "supervisor.v1.md",
}


class Prompt(Frozen):
    """The instructions of a role. `version` is "analyst.v2-" and eight digits of the SHA-256 of the text."""

    version: str
    text: str


def load_prompt(role: Role) -> Prompt:
    """Return the prompt of a role, preamble first."""
    text = f"{_read(_PREAMBLE)}\n{_read(_FILES[role])}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Prompt(version=f"{_FILES[role].removesuffix('.md')}-{digest}", text=text)


def _read(name: str) -> str:
    return files("agents.court.prompts").joinpath("texts", name).read_text(encoding="utf-8")
