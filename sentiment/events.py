"""Finds hard events in a headline (a hack, a halt, a depeg). The court must see them even when the average sentiment is neutral.

A flag is a warning; it never causes a trade. The words of the headline raise it, so a headline about an old event raises it
too. A headline that denies the event, or says that it was prevented or has ended, does not.
"""

import re

_EVENTS: tuple[tuple[str, str], ...] = (
    ("hack", r"hack(?:s|ed|ers?|ing)?|stolen|heists?|security breach|drained of|private keys? (?:leak|compromis)\w*"),
    ("exploit", r"exploit(?:s|ed|er|ers|ing)?|flash[- ]loan attack|re-?entrancy|oracle manipulation"),
    ("rug_pull", r"rug[- ]?pull(?:s|ed)?|exit scam(?:s|med)?"),
    (
        "halt",
        r"(?:halt|suspend|paus|freez|stop)(?:e|s|es|ed|ing)? (?:\w+ ){0,2}?"
        r"(?:withdrawals?|trading|deposits?|redemptions?|transfers?|operations|block production)"
        r"|(?:withdrawals?|trading|deposits?|redemptions?) (?:\w+ ){0,2}?(?:halted|suspended|paused|frozen|stopped)"
        r"|trading halt",
    ),
    ("outage", r"outages?|network (?:halt|stall)\w*|goes (?:down|offline)|stops producing blocks"),
    ("depeg", r"de-?peg(?:s|ged|ging)?|los(?:es|t|ing) (?:its |the |dollar )*peg|breaks (?:its |the |dollar )*peg"),
    ("delisting", r"de-?list(?:s|ed|ing|ings)?"),
    (
        "lawsuit",
        r"lawsuits?|sue[sd]?|suing|indict(?:s|ed|ment|ments)?|wells notice|class action|criminal charges"
        r"|charge[sd] (?:\w+ ){0,3}?with",
    ),
    (
        "insolvency",
        r"insolven(?:t|cy)|bankrupt(?:cy|cies)?|chapter 11|files for (?:creditor )?protection|liquidity crisis|bank run",
    ),
    ("ban", r"bans?|banned|banning|outlaws?|outlawed"),
)
_NOT = (
    r"(?:\b(?:no|not|never|without|den(?:y|ies|ied)|refutes?|dismiss(?:es|ed)|false|fake|avert(?:s|ed)?|avoid(?:s|ed)?"
    r"|prevent(?:s|ed)?|foil(?:s|ed)?|thwart(?:s|ed)?|lift(?:s|ed)?|drop(?:s|ped)?|end(?:s|ed)?|settle[sd]?"
    r"|emerges from|resum(?:es|ed))\b|n't\b)(?:[ ,]+[\w'-]+){0,3}? $"
)
_ENDED = r"^ (?:\w+ ){0,2}?(?:dismissed|dropped|settled|averted|lifted|thrown out|foiled|thwarted|resumed|denied)\b"

_PATTERNS = tuple((flag, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for flag, words in _EVENTS)
_NOT_BEFORE = re.compile(_NOT, re.IGNORECASE)
_ENDED_AFTER = re.compile(_ENDED, re.IGNORECASE)
_LOOK_BACK = 60

FLAGS: tuple[str, ...] = tuple(flag for flag, _ in _EVENTS)
"""Every flag that can be raised, in the order in which they are reported."""


def event_flags(text: str) -> tuple[str, ...]:
    """The hard events that a plain text mentions, each once, in the order of `FLAGS`."""
    return tuple(flag for flag, pattern in _PATTERNS if _happened(pattern, text))


def _happened(pattern: re.Pattern[str], text: str) -> bool:
    for match in pattern.finditer(text):
        before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
        if not _NOT_BEFORE.search(before) and not _ENDED_AFTER.match(text[match.end() :]):
            return True
    return False
