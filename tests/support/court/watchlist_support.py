"""Sessions with a watchlist: a model whose analyst cites slow fields, so that its outlooks stay valid."""

import json

from model_replies import CITABLE, SOUND, Filler, asked, body
from model_server import ModelServer, Raw, Seen
from session_models import arguments

AHEAD = "No purchase is proposed yet"


def lasting(seen: Seen) -> Raw:
    """Return a sound answer to any request; the evidence of the analyst is from the daily bars."""
    _, schema, prompt = asked(seen.path, seen.request)
    answer = Filler(schema, prompt, SOUND).answer()
    if seen.role == "analyst":
        shown = [(field, value) for field, value in CITABLE.findall(prompt) if field.startswith("signals.1d.")]
        answer["evidence"] = [
            answer["evidence"][0] | {"field": field, "value": json.loads(value)} for field, value in shown[:2]
        ]
    return Raw(200, json.dumps(body(seen.path, json.dumps(answer), "end", seen.prompt_bytes)).encode())


def watching(server: ModelServer, *settings: str, days: str = "6") -> list[str]:
    """Return the arguments of a session that watches all its markets with a sufficient budget."""
    chosen = ["minds.watchlist=['*']", "minds.warm_budget_usd=5", "minds.budget.day_usd=50", *settings]
    return arguments(server, None, *chosen, days=days)


def ahead(server: ModelServer) -> int:
    """Return how many outlooks the server was asked for."""
    return sum(AHEAD in json.dumps(seen.request) for seen in server.log)
