"""`sentiment:`: the sources of headlines and figures, and how they become one score a symbol."""

import re
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator

from config.frozen import Frozen
from config.sections.clashes import contradiction
from config.sections.kinds import OneOf, Positive

ComponentName = Literal["news", "reddit", "x", "fear_greed", "funding", "long_short"]
"""The parts of the sentiment that stand apart in a case."""


class SourceKind(NamedTuple):
    """One kind of source. `build` names what builds it: called with `SourceSettings`, the tape's news and a clock."""

    build: str
    needs: Literal["path", "url", "query", "key_env", "component"] | None = None
    """The key that such a source must state."""
    what: str = ""
    """What that key holds."""
    also: tuple[Literal["path", "query", "component"], ...] = ()
    """Further keys that it must state."""
    component: ComponentName = "news"
    """The part of the sentiment that it feeds unless the profile says another."""
    live: bool = False
    """Whether it tells what is new today, over a wire."""
    url: str | None = None
    """Where it lies if the profile does not say."""


SOURCES = {
    "simulated": SourceKind("sentiment.sources.recorded:simulated_source"),
    "recorded": SourceKind("sentiment.sources.files:recorded_source", "path", "the file with its headlines"),
    "figures": SourceKind(
        "sentiment.sources.figures:figures_source",
        "path",
        "the file with its figures",
        also=("component",),
    ),
    "rss": SourceKind("sentiment.sources.rss:rss_source", "url", "the address of the feed", live=True),
    "gdelt": SourceKind(
        "sentiment.sources.live.gdelt:gdelt_source",
        "query",
        "what GDELT is asked for",
        live=True,
        url="https://api.gdeltproject.org/api/v2/doc/doc",
    ),
    "reddit": SourceKind(
        "sentiment.sources.live.reddit:reddit_source",
        "key_env",
        "the variable that holds CLIENT_ID:CLIENT_SECRET",
        also=("query",),
        component="reddit",
        live=True,
        url="https://oauth.reddit.com",
    ),
    "x": SourceKind(
        "sentiment.sources.live.x:x_source",
        "key_env",
        "the variable that holds the bearer token",
        also=("query",),
        component="x",
        live=True,
        url="https://api.x.com/2",
    ),
    "fear_greed": SourceKind(
        "sentiment.sources.live.fear_greed:fear_greed_source",
        component="fear_greed",
        live=True,
        url="https://api.alternative.me/fng/",
    ),
}
"""Each kind of source once: what a profile may name, what builds it, and which keys it needs."""

SCORERS = {"vader": "sentiment.scoring:HeadlineScorer"}
"""Each built-in scorer of a text, by the name that a profile gives it."""

STORIES = {"keep": "", "tokens": "sentiment.stories:same_words"}
"""How stories that several outlets tell are found, by name; `keep` looks for none."""

_PLACE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def _named_in(table: dict[str, str]) -> AfterValidator:
    def known(name: str) -> str:
        if name not in table and not _PLACE.fullmatch(name):
            raise ValueError(f"{name!r} is none of {', '.join(table)}, and no `module:name` of your own")
        return name

    return AfterValidator(known)


class SourceSettings(Frozen):
    """One sentiment source."""

    kind: Annotated[str, OneOf(SOURCES)] = Field(
        description="headlines of the simulated market, of a file or of a feed, or figures about a crowd"
    )
    name: str = Field(min_length=1, max_length=40, description="what the source is called in journals and reports")
    weight: Positive = Field(description="share in the fused score, relative to the others")
    path: str | None = Field(default=None, description="file or archive folder of a recorded source")
    dates: Literal["dmy", "mdy"] | None = Field(
        default=None,
        description="order of dates such as 05/11/2022 in the file; null to refuse dates that can be read both ways",
    )
    url: str | None = Field(default=None, description="address of a live source; null for that of its kind")
    timeout_s: Positive = Field(default=5.0, le=60.0, description="longest wait for a whole answer [seconds]")
    max_bytes: int = Field(default=2_000_000, ge=1000, le=5_000_000, description="largest answer that is read [bytes]")
    component: ComponentName | None = Field(
        default=None, description="part of the sentiment that it feeds; null for that of its kind"
    )
    ttl_s: Positive = Field(default=300.0, description="age at which an answer is fetched anew [seconds]")
    weight_half_life_h: Positive | None = Field(
        default=None,
        description="age of what it told last at which its weight is halved; null: weights do not age [hours]",
    )
    max_age_h: Positive | None = Field(
        default=None, description="age after which nothing that it told counts; null for that of all sources [hours]"
    )
    contrary: bool = Field(
        default=False, description="whether its score is turned round: what the crowd fears is then taken for good news"
    )
    canary: str | None = Field(
        default=None,
        min_length=1,
        description="a known fact that it must go on telling: words in a feed's own title, the id of a subreddit or account",
    )
    query: str | None = Field(
        default=None, min_length=1, description="what is asked for: search words, or subreddits joined by +"
    )
    key_env: str | None = Field(
        default=None, min_length=1, description="environment variable that holds your own key for it"
    )

    @model_validator(mode="after")
    def _has_its_place(self) -> Self:
        kind = SOURCES[self.kind]
        clashes = []
        if kind.needs is not None and not getattr(self, kind.needs):
            clashes.append(((kind.needs,), f"a source of kind {self.kind} needs `{kind.needs}`, {kind.what}"))
        clashes += [
            ((name,), f"a source of kind {self.kind} needs `{name}`") for name in kind.also if not getattr(self, name)
        ]
        if clashes:
            raise contradiction(clashes)
        return self

    @property
    def feeds(self) -> ComponentName:
        """The part of the sentiment that it feeds."""
        return self.component or SOURCES[self.kind].component

    @property
    def address(self) -> str:
        """Where a live source lies."""
        return self.url or SOURCES[self.kind].url or ""

    @property
    def live(self) -> bool:
        """Whether it tells what is new today, over a wire."""
        return SOURCES[self.kind].live


class SentimentSettings(Frozen):
    """How headlines and figures become one score a symbol."""

    half_life_h: Positive = Field(description="age at which a headline has half its weight [hours]")
    max_age_h: Positive = Field(description="age after which a headline has no weight [hours]")
    min_headlines: int = Field(
        ge=1, le=100, description="number of headlines below which a source abstains [headlines]"
    )
    sources: tuple[SourceSettings, ...] = Field(default=(), description="where headlines and figures come from")
    components: bool = Field(
        default=False, description="whether a case shows news, Reddit, X, fear and greed, funding and long/short apart"
    )
    budget_s: Positive = Field(
        default=2.0, le=30.0, description="longest time that a decision waits for live sources [seconds]"
    )
    same_story: Annotated[str, _named_in(STORIES)] = Field(
        default="keep",
        description="how one story of several outlets is counted once: tokens, keep (counted again), or `module:name`",
    )
    scorer: Annotated[str, _named_in(SCORERS)] = Field(
        default="vader", description="what scores a text: vader, or `module:name` of a scorer of your own"
    )
