"""`sentiment:`: the sources of headlines, and how headlines become one score a symbol."""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from config.frozen import Frozen
from config.sections.clashes import contradiction
from config.sections.kinds import OneOf, Positive


class SourceKind(NamedTuple):
    """One kind of source. `build` names what builds it: called with `SourceSettings`, the tape's news and a clock."""

    build: str
    needs: Literal["path", "url"] | None = None
    """The key that such a source must state."""
    what: str = ""
    """What that key holds."""


SOURCES = {
    "simulated": SourceKind("sentiment.sources.recorded:simulated_source"),
    "recorded": SourceKind("sentiment.sources.files:recorded_source", "path", "the file with its headlines"),
    "rss": SourceKind("sentiment.sources.rss:rss_source", "url", "the address of the feed"),
}
"""Each kind of source once: what a profile may name, what builds it, and which key it needs."""


class SourceSettings(Frozen):
    """One sentiment source."""

    kind: Annotated[str, OneOf(SOURCES)] = Field(
        description="headlines of the simulated market, of a file, or of a feed"
    )
    name: str = Field(min_length=1, max_length=40, description="what the source is called in journals and reports")
    weight: Positive = Field(description="share in the fused score, relative to the others")
    path: str | None = Field(default=None, description="file of a recorded source")
    dates: Literal["dmy", "mdy"] | None = Field(
        default=None,
        description="order of dates such as 05/11/2022 in the file; null to refuse dates that can be read both ways",
    )
    url: str | None = Field(default=None, description="address of an RSS source")
    timeout_s: Positive = Field(default=5.0, le=60.0, description="longest wait for a feed [seconds]")
    max_bytes: int = Field(default=2_000_000, ge=1000, le=5_000_000, description="largest feed that is read [bytes]")

    @model_validator(mode="after")
    def _has_its_place(self) -> Self:
        kind = SOURCES[self.kind]
        if kind.needs is not None and not getattr(self, kind.needs):
            raise contradiction([((kind.needs,), f"a source of kind {self.kind} needs `{kind.needs}`, {kind.what}")])
        return self


class SentimentSettings(Frozen):
    """How headlines become one score a symbol."""

    half_life_h: Positive = Field(description="age at which a headline has half its weight [hours]")
    max_age_h: Positive = Field(description="age after which a headline has no weight [hours]")
    min_headlines: int = Field(
        ge=1, le=100, description="number of headlines below which a source abstains [headlines]"
    )
    sources: tuple[SourceSettings, ...] = Field(default=(), description="where headlines come from")
