"""The cost of a court of models in time, calls, tokens and CPU, on a local model server with 1 s for each call.

    python benchmarks/court.py            (make bench)

Everything except the model is real: prompts, manager, budgets on disk, the Anthropic and OpenAI SDKs, the graph, the
gate. tests/support/model_server.py answers after a second, in its own process, with an opinion that matches the
schema, and records the requests. Every case holds all that a case can hold. "calls" are those at each server, "to one"
the most that one provider got for one question. Waves are separated by pauses between requests. A token is four bytes of
system prompt, messages and schema. CPU is that of this process, after a warm-up docket, except in rows with "cold".
"Rebuttal": the advocate's strength is inside `court.rebuttal`, so the analyst answers the attack, in a wave of its own. "Outlook
kept": the analyst was asked at the bar before, on the same server. That call is not in the row: it was paid,
but no decision waited for it.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

from pydantic import SecretStr
from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

SUPPORT = Path(__file__).resolve().parents[1] / "tests" / "support"
sys.path.extend(str(SUPPORT / folder) for folder in ("", "court", "account"))

from court_support import SETTINGS  # noqa: E402  lies among the tests, as the next two do
from gate_support import BTC, portfolio, returns, seen_by  # noqa: E402
from shown_support import whole_case  # noqa: E402

from agents.court.case import Case  # noqa: E402
from agents.court.graph import Bench, Court  # noqa: E402
from agents.court.minds.model import ModelMind, spoken_by  # noqa: E402
from agents.court.minds.outlooks import Outlook, Outlooks  # noqa: E402
from agents.court.minds.rules import RulesMind  # noqa: E402
from agents.court.prompts.prompt import form_of, load_prompt  # noqa: E402
from agents.court.prompts.wire import Form, json_schema  # noqa: E402
from agents.llm.asking import Asker  # noqa: E402
from agents.llm.attempt import Attempt, AttemptOutcome, Role  # noqa: E402
from agents.llm.manager import Manager  # noqa: E402
from agents.llm.providers.anthropic import AnthropicProvider  # noqa: E402
from agents.llm.providers.openai import OpenAIProvider  # noqa: E402
from agents.llm.providers.provider import Provider  # noqa: E402
from agents.llm.recordings.recorded import RecordedAsker  # noqa: E402
from agents.llm.setup import open_manager, open_spending  # noqa: E402
from config.clock import Stopwatch, SystemClock  # noqa: E402
from config.sections.minds import MindsSettings  # noqa: E402
from execution.venues.sealing import open_gate  # noqa: E402
from risk.breakers import BreakerState  # noqa: E402
from risk.facts import Situation  # noqa: E402
from risk.proposal import Proposal  # noqa: E402
from risk.verdict import Verdict  # noqa: E402
from rl.adjuster import Off  # noqa: E402

GATE = open_gate(SETTINGS.limits, SETTINGS.exits, b"benchmark".ljust(32, b"."), 24.0)
RETURNS = returns()
WAVE_GAP_S = 0.5
REPLAYED = 200


class Measured(NamedTuple):
    """One scenario: wall and CPU time [s], the requests at the servers, and the attempts."""

    wall_s: float
    cpu_s: float
    logs: tuple[list[dict[str, Any]], ...]
    attempts: tuple[Attempt, ...]

    @property
    def calls(self) -> str:
        return " + ".join(str(len(log)) for log in self.logs)

    @property
    def waves(self) -> int:
        """The number of waves at the last server, which answers."""
        times: list[float] = sorted(seen["at_s"] for seen in self.logs[-1])
        return 1 + sum(later - sooner > WAVE_GAP_S for sooner, later in pairwise(times))

    @property
    def tokens(self) -> int:
        asked = [one for one in self.attempts if not one.outcome.startswith("skipped")]
        schemas = sum(len(json_schema(form_asked(one))) for one in asked)
        return int((sum(seen["prompt_bytes"] for log in self.logs for seen in log) + schemas) // 4)

    @property
    def most(self) -> int:
        """The largest number of requests that one provider got for one question of one decision."""
        asked = (one for one in self.attempts if not one.outcome.startswith("skipped"))
        return max(Counter((one.decision_id, form_asked(one), one.provider) for one in asked).values())


def form_asked(one: Attempt) -> Form:
    """The form of the answer that was asked for."""
    return one.question or form_of(one.role, SETTINGS.court)


@contextmanager
def server(*arguments: str) -> Iterator[str]:
    """Run a model server in its own process."""
    command = [sys.executable, str(SUPPORT / "model_server.py"), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child.stdout.readline().strip()
        finally:
            child.terminate()


def minds(first: str, second: str, **changes: Any) -> MindsSettings:
    """Return settings with Anthropic at `first` and OpenAI behind it at `second`."""
    base = SETTINGS.minds.model_dump()
    providers = {name: base["providers"][name] for name in ("anthropic", "openai")}
    providers["anthropic"]["base_url"] = first
    providers["openai"]["base_url"] = f"{second}/v1"
    return MindsSettings.model_validate(base | {"providers": providers, "chain": ("anthropic", "openai")} | changes)


def docket(count: int, turn: int = 0) -> tuple[Case, ...]:
    """Return this many sound purchases, each on its own market."""
    return tuple(_case(f"A{index}/USDT", f"{turn:04}-A{index}USDT") for index in range(count))


def _case(symbol: str, decision_id: str) -> Case:
    whole = whole_case(symbol=symbol, decision_id=decision_id)
    whole = whole.model_copy(
        update={"signals": {length: now.model_copy(update={"symbol": symbol}) for length, now in whole.signals.items()}}
    )
    return whole.model_copy(update={"sentiment": whole.sentiment.model_copy(update={"symbol": symbol})})


def judge(proposal: Proposal) -> Verdict:
    market = BTC.model_copy(update={"symbol": proposal.symbol, "base": proposal.symbol.split("/")[0]})
    fresh = BreakerState.fresh(Decimal(10_000), proposal.as_of_utc)
    return GATE.judge(
        Situation(
            proposal,
            portfolio(),
            market,
            fresh,
            None,
            (proposal.symbol,),
            RETURNS,
            **seen_by(proposal),
        )
    )


def court(settings: MindsSettings, asker: Asker, outlooks: Outlooks | None = None) -> tuple[ModelMind, Court]:
    mind = ModelMind(asker, RulesMind(SETTINGS.court, SETTINGS.limits), settings, outlooks)
    return mind, Court(Bench(mind=mind, adjuster=Off(), judge=judge, role_deadline_s=60.0, court=SETTINGS.court))


@contextmanager
def manager(settings: MindsSettings) -> Iterator[Manager]:
    """Return a manager with its budgets in its own folder."""
    key, named = SecretStr("sk-loopback-0123456789"), settings.providers
    providers: dict[str, Provider] = {
        "anthropic": AnthropicProvider("anthropic", named["anthropic"], key),
        "openai": OpenAIProvider("openai", named["openai"], key),
    }
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        spending = open_spending(settings, Path(folder), clock)
        yield open_manager(settings, providers, spending, Path(folder), clock, "python benchmarks/court.py", {})
        spending.close()


async def measure(
    settings: MindsSettings, urls: tuple[str, ...], cases: int, warm: bool = True, ahead: bool = False
) -> Measured:
    """Hear a docket after a warm-up docket; with `ahead`, after the outlooks of the bar before."""
    with manager(settings) as asker:
        outlooks = Outlooks(settings)
        mind, sitting = court(settings, asker, outlooks)
        if warm:
            await sitting.hear(docket(5, turn=9))
            mind.transcripts()
        if ahead:
            await _ask_ahead(mind, outlooks, docket(cases))
        before = [len(_log(url)) for url in urls]
        watch, cpu = Stopwatch(), _cpu()
        await sitting.hear(docket(cases))
        wall, used = watch.elapsed().total_seconds(), _cpu() - cpu
        await asker.close()
    logs = tuple(_log(url)[skip:] for url, skip in zip(urls, before, strict=True))
    return Measured(wall, used, logs, mind.transcripts())


async def _ask_ahead(mind: ModelMind, outlooks: Outlooks, cases: tuple[Case, ...]) -> None:
    """Ask for the outlooks at the bar before, and keep them."""
    for now in cases:
        then = now.as_of_utc - timedelta(hours=1)
        past = now.model_copy(update={"decision_id": f"{now.decision_id}-outlook", "as_of_utc": then})
        said = await mind.outlook(past)
        assert said.word is not None
        outlooks.keep(Outlook(past, said.word, spoken_by(said.attempts)))


async def replay(settings: MindsSettings, attempts: tuple[Attempt, ...]) -> float:
    """Return the replay speed of a recording [decisions a second], graph and gate included."""

    def recorded(decision_id: str, role: Role) -> tuple[Attempt, ...]:
        return tuple(one for one in attempts if one.role == role)

    mind, sitting = court(settings, RecordedAsker(recorded))
    watch = Stopwatch()
    for _ in range(REPLAYED):
        await sitting.hear(docket(1))
        mind.transcripts()
    return REPLAYED / watch.elapsed().total_seconds()


def tokens_of(attempts: tuple[Attempt, ...]) -> Table:
    """What one decision with a rebuttal sends, by question [tokens of four bytes]."""
    table = Table(box=ROUNDED, title="Input tokens of one decision with a rebuttal, every part of the case known")
    for name in ("role", "rules and role", "schema", "case", "together"):
        table.add_column(name, justify="left" if name == "role" else "right")
    sums = {"without rebuttal, limit 6,000": [0, 0, 0, 0], "all": [0, 0, 0, 0]}
    for one in attempts:
        form = form_asked(one)
        constant, schema, user = (
            len(text.encode()) // 4 for text in (load_prompt(form).text, json_schema(form), one.user)
        )
        row = (constant, schema, user, constant + schema + user)
        for name in sums if form != "rebuttal" else ("all",):
            sums[name] = [total + part for total, part in zip(sums[name], row, strict=True)]
        table.add_row(form.replace("_", " "), *(f"{part:,}" for part in row))
    table.add_section()
    for name, totals in sums.items():
        table.add_row(name, *(f"{total:,}" for total in totals))
    return table


def _log(url: str) -> list[dict[str, Any]]:
    with urlopen(f"{url}/log") as reply:
        found: list[dict[str, Any]] = json.load(reply)
    return found


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _row(name: str, found: Measured, limit: str) -> tuple[str, ...]:
    accepted = sum(attempt.outcome is AttemptOutcome.OK for attempt in found.attempts)
    return (
        name, f"{found.wall_s:.2f}", found.calls, str(found.waves), str(found.most), f"{found.tokens:,}",
        f"{found.cpu_s:.3f}", f"{accepted} of {len(found.attempts)}", limit,
    )  # fmt: skip


async def run(table: Table) -> tuple[float, float, Table]:
    """Run all scenarios; returns the replay speeds without and with rebuttal [decisions a second], and the tokens by question."""
    with server("--delay", "1") as well, server("--delay", "1", "--strength", "50") as doubtful:
        calm = minds(well, well)
        one = await measure(calm, (well,), 1)
        table.add_row(*_row("one decision", one, "3.5 s, 4 calls, 3 waves, 6,000 tokens, 0.05 s CPU"))
        answered = minds(doubtful, doubtful)
        more = await measure(answered, (doubtful,), 1)
        table.add_row(*_row("one decision, rebuttal", more, "4.6 s, 5 calls, 4 waves, 0.05 s CPU"))
        table.add_row(*_row("twenty symbols, 20 calls at a time", await measure(calm, (well,), 20), "6 s"))
        name = "twenty symbols, each with a rebuttal"
        table.add_row(*_row(name, await measure(answered, (doubtful,), 20), "5 calls each"))
        table.add_row(*_row("one decision, outlook kept", await measure(calm, (well,), 1, ahead=True), "3 calls"))
        ruled = minds(well, well, roles={"risk_agent": ("rules",)})
        name = "risk agent by the rules mind"
        table.add_row(*_row(name, await measure(ruled, (well,), 1), "3 calls, 3 waves"))
        table.add_row(*_row(f"{name}, outlook kept", await measure(ruled, (well,), 1, ahead=True), "2 calls, 2 waves"))
        with server("--turn", "overloaded") as broken:
            out = await measure(minds(broken, well), (broken, well), 1, warm=False)
            table.add_row(*_row("one provider overloaded (529), cold", out, "2 requests a call, in time"))
        with server("--turn", "hang") as silent:
            deadlines = {"call_s": 2.0, "role_s": 8.0, "decision_s": 20.0}
            hung = await measure(minds(silent, well, deadlines=deadlines), (silent, well), 1, warm=False)
            table.add_row(*_row("one provider silent, 2 s a call, cold", hung, "2 requests a call, 20 s"))
        speeds = [await replay(settings, kept.attempts) for settings, kept in ((calm, one), (answered, more))]
        return speeds[0], speeds[1], tokens_of(more.attempts)


def main() -> None:
    """Run all scenarios and print the table."""
    table = Table(box=ROUNDED, title="A court of models, 1 s a call")
    for name in ("scenario", "wall, s", "calls", "waves", "to one", "input tokens", "CPU, s", "answers taken", "limit"):
        table.add_column(name, justify="left" if name in ("scenario", "limit") else "right")
    rate, with_rebuttal, tokens = asyncio.run(run(table))
    console = Console(width=150)
    console.print(table)
    console.print(tokens)
    console.print(
        f"Replay of the recorded decision: {rate:,.0f} decisions/s, 0 calls (limit: 100); with a rebuttal "
        f"{with_rebuttal:,.0f} decisions/s."
    )


if __name__ == "__main__":
    main()
