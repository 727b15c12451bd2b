"""The prompts: one versioned Markdown file for each form of an answer, behind a shared preamble.

Their bytes are constant, so that a provider can cache them; the case stands only in the user part. A changed prompt
gets a new file and a new number; the digest reveals a change without a new number. What versions before 0.6 were told is
kept: `minds.case: brief` tells it still, and journals hold its bytes.
"""

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from agents.court.prompts.wire import Form
from agents.llm.attempt import ROLES, Role
from config.frozen import Frozen
from config.sections.court import CourtSettings
from config.sections.minds import LANGUAGES, MindsSettings

Part = Literal["preamble", "analyst", "risk_agent", "devils_advocate", "supervisor"]
"""The parts that a user may bring."""
PREAMBLE: Part = "preamble"
PARTS: tuple[Part, ...] = (PREAMBLE, *ROLES)
CaseForm = Literal["brief", "whole"]
_Text = Part | Literal["condition", "rebuttal"]
_TEXTS: Mapping[Form, tuple[_Text, ...]] = {
    "analyst": ("analyst",),
    "typed_analyst": ("analyst", "condition"),
    "rebuttal": ("rebuttal",),
    "risk_agent": ("risk_agent",),
    "devils_advocate": ("devils_advocate",),
    "supervisor": ("supervisor",),
}
"""The texts of the form of an answer, one after another, behind the preamble."""
_VERSIONS: Mapping[CaseForm, Mapping[_Text, int]] = {
    "brief": {
        "preamble": 1,
        "analyst": 2,
        "risk_agent": 1,
        "devils_advocate": 1,
        "supervisor": 1,
        "condition": 1,
        "rebuttal": 1,
    },
    "whole": {
        "preamble": 2,
        "analyst": 3,
        "risk_agent": 2,
        "devils_advocate": 2,
        "supervisor": 2,
        "condition": 1,
        "rebuttal": 1,
    },
}
NO_TEXTS: Mapping[Part, str] = MappingProxyType({})


class Prompt(Frozen):
    """The instructions for an answer.

    `version` is "analyst.v3-" and eight digits of the SHA-256 of the text; "analyst.own-" where a part of it is the user's.
    """

    version: str
    text: str


def form_of(role: Role, court: CourtSettings) -> Form:
    """Return the form of a role's opinion in a court."""
    return "typed_analyst" if role == "analyst" and court.conditions == "typed" else role


def forms_of(court: CourtSettings) -> tuple[Form, ...]:
    """Return the forms of all answers that a court asks for: the roles in their order, then the answer to an attack."""
    return (*(form_of(role, court) for role in ROLES), *(() if court.rebuttal is None else ("rebuttal",)))


def load_prompt(form: Form, case: CaseForm = "whole") -> Prompt:
    """Return the prompt for the form of an answer, preamble first."""
    return _prompt(form, case, NO_TEXTS, None)


def load_prompts(minds: MindsSettings, court: CourtSettings, own: Mapping[Part, str] = NO_TEXTS) -> dict[Form, Prompt]:
    """The prompts of all that a court asks for. `own`: the texts that stand in the place of ours."""
    return {form: _prompt(form, minds.case, own, minds.language) for form in forms_of(court)}


def _prompt(form: Form, case: CaseForm, own: Mapping[Part, str], language: str | None) -> Prompt:
    numbers = _VERSIONS[case]
    texts: dict[_Text, str] = {part: own[part] for part in PARTS if part in own}
    parts: tuple[_Text, ...] = (PREAMBLE, *_TEXTS[form])
    text = "\n".join(texts[part] if part in texts else _read(part, numbers[part]) for part in parts)
    if language is not None:
        text += f'Write the text of "reasoning" in {LANGUAGES[language]}, and everything else in English.\n'
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    if any(part in texts for part in parts):
        return Prompt(version=f"{_TEXTS[form][0]}.own-{digest}", text=text)
    return Prompt(version=f"{'+'.join(f'{part}.v{numbers[part]}' for part in _TEXTS[form])}-{digest}", text=text)


def _read(part: _Text, number: int) -> str:
    return files("agents.court.prompts").joinpath("texts", f"{part}.v{number}.md").read_text(encoding="utf-8")
