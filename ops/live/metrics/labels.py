"""The labels of all metrics, each declared once, with its closed set of values where it has one."""

from typing import get_args

from agents.court.ruling import RulingOutcome
from agents.llm.attempt import ROLES, AttemptOutcome
from agents.outages.alert import AlertCode, Severity
from config.frozen import Frozen
from execution.reports import Fill, Liquidity, OrderStatus, SentOrder
from ops.live.metrics.metric import Label
from ops.live.state.values import Mode, Phase
from risk.breakers import Breaker
from risk.proposal import Direction
from risk.verdict import Outcome, Reaction, RuleCode


def _words(event: type[Frozen], field: str) -> tuple[str, ...]:
    """The words that a field may hold, of a class that cannot be named here."""
    return tuple(str(word.value) for word in event.model_fields[field].annotation or ())


ROLE = Label("role", "role of the court", ROLES)
SPEAKER = Label("speaker", "role of the court, or the net vote of all voters", ("voters", *ROLES))
RULING = Label("ruling", "what the court ruled", tuple(each.value for each in RulingOutcome))
VERDICT = Label("verdict", "what the gate decided", tuple(each.value for each in Outcome))
RULE = Label("rule", "rule of the gate", get_args(RuleCode))
WHY_UNHEARD = Label("rule", "`cost_edge`, or the rule of the gate that leaves nothing", ("cost_edge", *RULE.values))
REACTION = Label("reaction", "what the rule did", tuple(each.value for each in Reaction if each is not Reaction.PASS))
VOTER = Label("voter", "a voter of the profile")
DIRECTION = Label("direction", "what it voted for", tuple(each.value for each in Direction))
PROVIDER = Label("provider", "a provider of the profile")
MODEL = Label("model", "a model of the profile")
OUTCOME = Label("outcome", "what came of a request", tuple(each.value for each in AttemptOutcome))
TOKEN = Label("token", "how tokens are billed", ("input", "cache_read", "cache_write", "output"))
SYMBOL = Label("symbol", "a market of the session")
SIDE = Label("side", "side of a position", ("long", "short"))
FEED = Label("feed", "a market of the session, or a part of its news")
SPAN = Label("span", "since 00:00 UTC, since Monday 00:00 UTC, or since the session began", ("day", "week", "total"))
EXPOSURE = Label("exposure", "how positions are added up", ("gross", "net"))
LIMIT = Label("limit", "a limit of the account", ("deployed", "drawdown", "day_loss", "week_loss", "var_1d", "es_1d"))
RESULT = Label("result", "how a trade ended", ("won", "lost"))
PURPOSE = Label("purpose", "what an order or a fill is for", _words(Fill, "purpose"))
KIND = Label("kind", "kind of an order", _words(SentOrder, "kind"))
ENDED = Label(
    "status",
    "how an order ended",
    tuple(each.value for each in (OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED)),
)
OPEN = Label(
    "status",
    "what the venue has said of an open order",
    tuple(each.value for each in (OrderStatus.INTENT, OrderStatus.ACCEPTED, OrderStatus.PARTIAL, OrderStatus.UNKNOWN)),
)
LIQUIDITY = Label("liquidity", "whether a fill took from the book", tuple(each.value for each in Liquidity))
CHANGE = Label("change", "how the kill switch changed", ("halted", "resumed", "flat"))
BREAKER = Label("breaker", "a circuit breaker", get_args(Breaker))
MOVE = Label("move", "how a breaker changed", ("tripped", "extended", "lifted"))
CODE = Label("code", "kind of an alert", get_args(AlertCode))
SEVERITY = Label("severity", "how grave an alert is", get_args(Severity))
ANSWER = Label("answer", "what a human, or the configured answer, decided", ("yes", "no"))
PHASE = Label("phase", "where the session stands", get_args(Phase))
MODE = Label("mode", "whose market and whose money", get_args(Mode))
EXCHANGE = Label("exchange", "an exchange that carries orders")
RESULT_OF_REQUEST = Label("result", "what came of a request", ("answered", "failed"))
RUN = Label("run", "name of the run's folder")
PROFILE = Label("profile", "name of the profile")
TIMEFRAME = Label("timeframe", "length of a bar")
QUOTE = Label("quote", "currency of the account")
VERSION = Label("version", "version of Tribunal")
PYTHON = Label("python", "version of Python")
