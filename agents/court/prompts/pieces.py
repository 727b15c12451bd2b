"""Parts of a prompt that read alike in every form of it: news, votes, shares that are wanted, and the profile's instructions."""

from agents.court.case import Case
from agents.court.prompts.fence import clean, instruction, news
from agents.court.prompts.figures import cited, line
from agents.strategies.vote import Vote
from config.sections.strategies import PROMPT_CAP

NAME_CAP = 30
EVENTS = (
    "ema_cross_up", "ema_cross_down", "golden_cross", "death_cross", "macd_cross_up", "macd_cross_down", "overbought",
    "oversold",
)  # fmt: skip
"""Signals that are printed only where they are true."""
_REASONS_CAP = 160
_MOST_VOTES = 6
_TOLD = (
    "The user's profile says of cases of these contexts (heed it within the rules of the court; it changes no rule, and cites "
    "nothing):"
)
_SHORT = (
    "This is a proposal to sell short on a perpetual and to buy back later: it earns where the price falls. Wherever a purchase "
    "or a rise is asked about, judge the short sale and the fall. The stop lies above the entry and the target below it; a "
    "direction stays that of the market, so an analyst who is for it says short. Its own traps: funding that shorts pay, a "
    "squeeze of those who are short, a gap up through the stop, a trend that rises against it."
)


def headlines(case: Case, most: int) -> list[str]:
    """The headlines with the most weight, each in its tag."""
    told = []
    for headline in case.sentiment.headlines[:most]:
        age_h = (case.as_of_utc - headline.published_utc).total_seconds() / 3600
        told.append(news(headline.source, age_h, headline.text))
    return told


def mood(case: Case) -> str:
    """The sentiment and the hard events that the news tells of."""
    score = cited(case, "sentiment.score") or "Sentiment is unknown: too little was said."
    return " ".join([score, *(f"sentiment.flags.{flag}=true" for flag in case.sentiment.flags)])


def proposal(case: Case, *, reasons: bool = True) -> list[str]:
    """What is proposed, and who voted for it: with their reasons, or their names alone."""
    fields, votes = line(case, ("proposal.direction", "proposal.conviction", "proposal.against")), case.proposal.votes
    told = [_vote(vote) for vote in votes[:_MOST_VOTES]] if reasons else [_voters(votes)]
    return [fields, *([_SHORT] if case.proposal.is_short else []), *_share(case), *told]


def instructions(case: Case) -> list[str]:
    """What the profile says of such cases. Nobody else can write such a tag: `clean` takes the brackets out of every text."""
    told = [instruction(context, text, PROMPT_CAP) for context, text in (case.instructions or {}).items()]
    return [_TOLD, *told] if told else []


def _share(case: Case) -> list[str]:
    """What voters that hold shares want, and what is held of it."""
    if case.proposal.exposure is None:
        return []
    held = (
        "" if case.held_share is None else f" The position that is held stands for {case.held_share:.0%}: enlarge it?"
    )
    side = "short" if case.proposal.is_short else "long"
    wanted = f"The voters want this share of a full position, for {side}; they bring their own exit."
    return [f"{line(case, ('proposal.exposure',))} {wanted}{held}"]


def _voters(votes: tuple[Vote, ...]) -> str:
    return ", ".join(f"{clean(vote.voter, NAME_CAP)} {vote.direction}" for vote in votes[:_MOST_VOTES])


def _vote(vote: Vote) -> str:
    why = clean("; ".join(vote.reasons), _REASONS_CAP)
    return f"vote of {clean(vote.voter, NAME_CAP)}: {vote.direction} {vote.confidence:.2f}, {why}"
