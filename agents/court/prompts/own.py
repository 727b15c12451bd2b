"""Prompts that the user brings (`minds.prompts`): a folder with some of preamble.md and one file for each role.

They are read once, at the start, and the journal keeps their text. They are checked for what the court cannot do without: the
names of the answer's schema, fields that a case can have, and the rules about evidence and about text of strangers. A prompt can
persuade a model and nothing else: schema, grounding, ruling and gate are the same behind every prompt.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from agents.court.case import BookView, Upcoming
from agents.court.prompts.prompt import PARTS, PREAMBLE, Part
from agents.court.prompts.wire import json_schema
from agents.court.shown.trade import Trade
from agents.llm.attempt import ROLES
from config.errors import UsageFault
from config.settings import Settings
from market.context.catalogue import CATALOGUE
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from sentiment.headline import COMPONENTS

MOST_CHARACTERS = 8000
"""Longest text of one file; about 2,000 tokens, paid with every call."""
_NAMED = re.compile(r"\b(signals|sentiment|book|proposal|context|trade|macro)((?:\.[A-Za-z0-9_]+)+)", re.ASCII)
_TAG = re.compile(r"</?[A-Za-z_]+[^>\n]*>")
_MUST = ("path=value", "<news>", "<argument>")
_FLAT: dict[str, frozenset[str]] = {
    "book": frozenset(BookView.model_fields),
    "trade": frozenset(Trade.model_fields),
    "macro": frozenset(Upcoming.model_fields),
    "context": frozenset(CATALOGUE),
    "proposal": frozenset({"conviction", "against", "direction", "exposure"}),
    "sentiment": frozenset({"score", "flags", *COMPONENTS}),
}


def read_own_prompts(settings: Settings) -> dict[Part, str]:
    """The texts in the folder of `minds.prompts`, by part; nothing where the profile names none, or no models sit.

    Raises UsageFault, before anything is paid, for a folder or file that cannot be read, for another file beside them, and for a
    text that the court could not work with.
    """
    given = settings.minds.prompts
    if given is None or settings.court.mind != "models":
        return {}
    folder = Path(given).expanduser()
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".md")
        texts = {path.stem: path.read_bytes().decode("utf-8") for path in found}
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8"
        raise UsageFault(
            f"The prompts in {folder} cannot be read ({why}). Nothing was started. minds.prompts names a folder with "
            f"{_listed(PARTS)}, or some of them."
        ) from fault
    strange = [name for name in texts if name not in PARTS]
    if strange or not texts:
        held = f"holds {_listed(strange)}, which no role reads" if strange else "holds no .md file"
        raise UsageFault(f"{folder} {held}. Nothing was started. A prompt is one of {_listed(PARTS)}.")
    own: dict[Part, str] = {part: texts[part] for part in PARTS if part in texts}
    for part, text in own.items():
        if wrong := _wrong(part, text):
            raise UsageFault(f"The prompt {folder / part}.md {wrong}. Nothing was started. Correct that file.")
    return {part: text if text.endswith("\n") else f"{text}\n" for part, text in own.items()}


def _wrong(part: Part, text: str) -> str:
    """What the court could not work with; empty if it can."""
    if not text.strip():
        return "is empty"
    if len(text) > MOST_CHARACTERS:
        return f"has {len(text):,} characters, and {MOST_CHARACTERS:,} are the most"
    if unknown := sorted({name for name in _named(text) if not _is_field(name)}):
        return f"names {_listed(unknown, '')}, which no case has"
    if part == PREAMBLE:
        lost = [words for words in _MUST if words not in text]
        return f"does not say what {lost[0]} means, and every court must tell its models" if lost else ""
    if tags := _TAG.findall(text):
        return f"holds the tag {tags[0]}: only the preamble speaks of tags"
    role = next(role for role in ROLES if role == part)
    lost = [name for name in json.loads(json_schema(role))["properties"] if name not in text]
    return f"does not speak of {_listed(lost, '')}, which the answer must have" if lost else ""


def _named(text: str) -> Iterable[str]:
    return (f"{section}{rest}" for section, rest in _NAMED.findall(text))


def _is_field(path: str) -> bool:
    section, *names = path.split(".")
    if section == "signals":
        lengths = {length.value for length in Timeframe}
        return names[0] in lengths and all(name in TechnicalSignals.model_fields for name in names[1:])
    return names[0] in _FLAT[section]


def _listed(names: Iterable[str], suffix: str = ".md") -> str:
    return ", ".join(f"{name}{suffix}" for name in names)
