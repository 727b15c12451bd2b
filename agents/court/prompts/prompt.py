"""The prompts: one versioned Markdown file for each role, behind a shared preamble.

Their bytes are constant, so that a provider can cache them; the case stands only in the user part. A changed prompt
gets a new file and a new number; the digest reveals a change without a new number. What versions before 0.6 were told is
kept: `minds.case: brief` tells it still, and journals hold its bytes.
"""

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from agents.llm.attempt import ROLES, Role
from config.frozen import Frozen
from config.sections.minds import LANGUAGES, MindsSettings

Part = Literal["preamble", "analyst", "risk_agent", "devils_advocate", "supervisor"]
PREAMBLE: Part = "preamble"
PARTS: tuple[Part, ...] = (PREAMBLE, *ROLES)
CaseForm = Literal["brief", "whole"]
_VERSIONS: Mapping[CaseForm, Mapping[Part, int]] = {
    "brief": {"preamble": 1, "analyst": 2, "risk_agent": 1, "devils_advocate": 1, "supervisor": 1},
    "whole": {"preamble": 2, "analyst": 3, "risk_agent": 2, "devils_advocate": 2, "supervisor": 2},
}
NO_TEXTS: Mapping[Part, str] = MappingProxyType({})


class Prompt(Frozen):
    """The instructions of a role. `version` is "analyst.v3-" and eight digits of the SHA-256 of the text; "analyst.own-" where a
    part of it is the user's."""

    version: str
    text: str


def load_prompt(role: Role, form: CaseForm = "whole") -> Prompt:
    """Return the prompt of a role, preamble first."""
    return _prompt(role, form, NO_TEXTS, None)


def load_prompts(minds: MindsSettings, own: Mapping[Part, str] = NO_TEXTS) -> dict[Role, Prompt]:
    """The prompt of each role for these settings. `own`: the texts that stand in the place of ours."""
    return {role: _prompt(role, minds.case, own, minds.language) for role in ROLES}


def _prompt(role: Role, form: CaseForm, own: Mapping[Part, str], language: str | None) -> Prompt:
    numbers = _VERSIONS[form]
    parts: tuple[Part, ...] = (PREAMBLE, role)
    text = "\n".join(own[part] if part in own else _read(part, numbers[part]) for part in parts)
    if language is not None:
        text += f'Write the text of "reasoning" in {LANGUAGES[language]}, and everything else in English.\n'
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    number = "own" if own.keys() & set(parts) else f"v{numbers[role]}"
    return Prompt(version=f"{role}.{number}-{digest}", text=text)


def _read(part: Part, number: int) -> str:
    return files("agents.court.prompts").joinpath("texts", f"{part}.v{number}.md").read_text(encoding="utf-8")
