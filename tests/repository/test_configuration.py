"""The pages about settings and environment say what the code reads, no more and no less."""

import io
import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from config.check import main
from config.reading.load import load_profile
from config.reading.reference import REQUIRED, reference
from config.secrets import Secrets, variables
from config.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_settings_is_what_the_command_prints() -> None:
    out = io.StringIO()
    assert main(["--reference"], out, io.StringIO()) == 0
    committed = (ROOT / "docs" / "configuration.md").read_text()
    assert committed == out.getvalue(), "run: tribunal check --reference > docs/configuration.md"


def test_every_setting_has_a_meaning_and_every_section_says_what_it_is_about() -> None:
    sections = reference()
    assert [entry.key for section in sections for entry in section.entries if not entry.meaning] == []
    assert [section.name for section in sections[1:] if not section.about] == ["strategies"]
    assert {section.name for section in sections if section.name} <= Settings.model_fields.keys()


def test_a_default_is_what_a_packaged_profile_resolves_to() -> None:
    limits = load_profile("backtest").limits
    (section,) = (each for each in reference() if each.name == "limits")
    assert {entry.key.removeprefix("limits.") for entry in section.entries} == type(limits).model_fields.keys()
    for entry in section.entries:
        value = getattr(limits, entry.key.removeprefix("limits."))
        if isinstance(value, float):
            assert float(entry.default.strip("`")) == value
        if value is None:
            assert entry.default == "`null`"


class Inner(BaseModel):
    """What a section is about."""

    size: Annotated[float, Field(gt=0, le=1)] | None = Field(description="how large [fraction]")
    hours: tuple[Annotated[int, Field(ge=0, le=23)], Annotated[int, Field(ge=1, le=24)]] = Field(
        default=(0, 24), description="from and to [hours]"
    )


class Outer(BaseModel):
    """A profile of its own."""

    rl: Inner
    steps: tuple[Inner, ...] = Field(default=(), description="what follows")


def test_a_new_section_is_picked_up_with_range_unit_default_and_meaning() -> None:
    loose, section, steps = reference(Outer)
    assert (section.name, section.about) == ("rl", "What a section is about.")
    size, hours = section.entries
    assert size == ("rl.size", "a number above 0 and at most 1, or null", "fraction", "`null`", "how large")
    assert hours.value == "a list; a whole number from 0 to 23 and a whole number from 1 to 24"
    assert hours.default == "`[0, 24]`"
    assert loose.entries == ()
    assert [entry.key for entry in steps.entries] == ["steps", "steps[].size", "steps[].hours"]


def test_a_setting_without_a_default_says_that_it_is_to_be_stated() -> None:
    (whole, *_) = reference()
    assert {entry.key: entry.default for entry in whole.entries}["world"] == REQUIRED


def test_the_example_of_an_environment_names_every_variable_with_what_it_is_for() -> None:
    text = (ROOT / ".env.example").read_text()
    named = {name: meaning for meaning, name in re.findall(r"^# (.+)\n# ([A-Z_]+)=", text, re.MULTILINE)}
    assert named == variables()
    assert len(named) == len(Secrets.model_fields)
    assert all(named.values())
    assert not re.search(r"^[^#\n]", text, re.MULTILINE), "nothing in the example is set"
