"""`sentiment:`: the sources of headlines, and how headlines become one number a symbol."""

from typing import Literal, Self

from pydantic import Field, model_validator

from config.frozen import Frozen
from config.sections.clashes import contradiction
from config.sections.kinds import Positive


class SourceSettings(Frozen):
    """One sentiment source."""

    kind: Literal["simulated", "recorded", "rss"] = Field(
        description="headlines of the simulated market, of a file, or of a feed"
    )
    name: str = Field(min_length=1, max_length=40, description="what the source is called in journals and reports")
    weight: Positive = Field(description="share in the fused score, relative to the others")
    path: str | None = Field(default=None, description="file of a recorded source")
    url: str | None = Field(default=None, description="address of an RSS source")
    timeout_s: Positive = Field(default=5.0, le=60.0, description="longest wait for a feed [seconds]")
    max_bytes: int = Field(default=2_000_000, ge=1000, le=5_000_000, description="largest feed that is read [bytes]")

    @model_validator(mode="after")
    def _has_its_place(self) -> Self:
        if self.kind == "recorded" and not self.path:
            raise contradiction([(("path",), "a recorded source needs `path`, the file with its headlines")])
        if self.kind == "rss" and not self.url:
            raise contradiction([(("url",), "an rss source needs `url`, the address of the feed")])
        return self


class SentimentSettings(Frozen):
    """How headlines become one number a symbol."""

    half_life_h: Positive = Field(description="age at which a headline counts half [hours]")
    max_age_h: Positive = Field(description="age after which it counts no more [hours]")
    min_headlines: int = Field(ge=1, le=100, description="fewer than these and the source abstains [headlines]")
    sources: tuple[SourceSettings, ...] = Field(default=(), description="where headlines come from")
