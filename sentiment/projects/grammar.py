"""The words by which a headline shows that a name is a project: what is done to one, what one does, and what one is made of.

They are patterns of English headlines, not of any project. What looks like a name and is none stands in `lexicons/no_coins.csv`.
"""

import re

_DONE = (
    r"hacked|exploited|drained|breached|attacked|compromised|rugged|robbed|looted|raided|paused|halted|delisted|depegged"
    r"|rug[- ]?pulled|shut down|offline|down"
)
HARM = re.compile(
    r"(?:(?:is|was|were|are|gets|got|been|being|has|have|reportedly|allegedly|again|confirms|probes|investigates) )*"
    rf"(?:{_DONE}|hack(?:s|ers?)?|exploit(?:s|ers?)?|heists?|thefts?|breach|attack(?:s|ers?)?|drainers?|outages?|rug[- ]?pulls?"
    r"|phishing|flash loan|exit scams?|insolvency|bankruptcy)\b",
    re.IGNORECASE,
)
"""After a name: something bad was done to it ("hacked", "hack", "was drained")."""

_STEMS = (
    "accept|acquire|add|admit|airdrop|announce|become|begin|bring|burn|buy|climb|close|collapse|compensate|confirm|crash|cross|debut"
    "|delay|delist|deny|deploy|dip|disclose|drop|dump|expand|explode|face|fail|file|fire|fork|gain|get|halt|hire|hit|integrate"
    "|introduce|join|jump|land|launch|lead|leap|lose|mark|migrate|mint|nab|net|offer|open|outperform|partner|patch|pause|plan|plummet"
    "|plunge|postpone|promise|pump|raise|rally|reach|recover|refund|reimburse|release|report|restart|resume|reveal|roll|secure|see"
    "|settle|shed|shut|sink|skyrocket|slide|slump|soar|spike|stall|sue|suffer|surge|surpass|suspend|take|tank|tap|team|top|tumble"
    "|unlock|unveil|upgrade|warn|win"
)
DOES = re.compile(
    rf"(?:(?:reportedly|now|officially|finally) )?(?:(?:to|will) (?:{_STEMS})"
    rf"|(?:{_STEMS})(?:e?s)|rallies|denies|goes|(?:{_STEMS.replace('|', 'd|')}d)|(?:{_STEMS.replace('|', 'ed|')}ed)"
    r"|fell|rose|lost|hit|shut|sank|won|got|went|led|took)\b(?!-)",
    re.IGNORECASE,
)
"""After a name: what a project or its coin does ("launches", "raised", "to pause", "soars")."""

PARTS = re.compile(
    r"(?:finance|labs?|dao|bridge|swap|protocol|chain|network|mainnet|testnet|capital|foundation|token|coin|nfts?|airdrop|wallet"
    r"|marketplace|dex|vaults?|pools?|rollup|validators?|holders|developers?|devs|team|founders?|co-?founder|tvl|sales|price"
    r"|token price|floor price|collection|community|games|discord|smart contracts?|layer-?[12])\b(?!-)",
    re.IGNORECASE,
)
"""After a name: what a project consists of ("Zyrex Finance", "Zyrex's bridge", "Zyrex price")."""

KINDS = re.compile(
    r"\b(?:protocols?|(?:lending|money|prediction) market|(?:privacy|meme) coin|blockchain|projects?|bridge|marketplace|dapp"
    r"|dao|dex|memecoin|altcoin|token|rollup|sidechain|parachain"
    r"|aggregator|network|collection|layer[- ][12]|l[12]|yield farm|metaverse|game|amm|wallet) $",
    re.IGNORECASE,
)
"""Before a name: what kind of project it is ("the lending protocol Zyrex")."""

HARM_TO = re.compile(
    r"\b(?:hack(?:s|ed|ers?)?|exploit(?:s|ed|ers?)?|attack(?:s|ers?)?|heist|theft|stolen|stole|steals?|drain(?:s|ed)?|siphon(?:s|ed)?"
    r"|breach|rug[- ]?pull|vulnerability|bug)\b(?: [^ ]+){0,5}? (?:of|on|from|at|against|in|into) (?:the |an? )?$"
    r"|\b(?:drains?|drained|hacks|exploits|delists?|delisted|flee|flees|fled) (?:the )?$"
    r"|\b(?:hack|exploit|attack|outage|exodus) (?:hits|strikes|rocks|cripples|drains) (?:the )?$"
    r"|\b(?:hackers?|attackers?|exploiters?) returns? (?:[^ ]+ ){1,3}?to (?:the )?$"
    r"|\b(?:(?:team|developers|founders?|company|studio) (?:behind|of)|loss(?:es)? for) (?:the )?$",
    re.IGNORECASE,
)
"""Before a name: something bad was done to it ("$40M stolen from Zyrex")."""

EVERYBODYS = re.compile(
    r"(?:exchange|lender|bank|custodian|broker|brokerage|issuer|regulator|minister|president|senator|sen|rep|analyst|trader|investor"
    r"|ceo|cto|coo|lawyer|judge|professor|economist|governor|chairman|secretary|mr|ms|dr|sir|author|billionaire|report)",
    re.IGNORECASE,
)
"""Before a name: it is an exchange or a lender, whose trouble is everybody's, or a person and no project."""

WHOLE = re.compile(
    r"\b(?:(?<!lending )(?<!money )(?<!prediction )markets?|stocks|equities|altcoins|cryptos|cryptocurrencies"
    r"|crypto (?:prices|winter|crash|bottom|industry|turmoil)|bull run|wall street|inflation|interest rates?)\b",
    re.IGNORECASE,
)
"""The whole market. Where it is named first, what follows is only its cause."""
