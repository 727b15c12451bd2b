"""The one table of commands: the name, the module that can be typed, the shelf of its body, and what it is for.

The console script, the layer check's exceptions (`pyproject.toml`) and the tests that hold them together are derived from it.
A command has two files: its options in `module`, and what it does in `ops.commands.SHELF.NAME`, as `NAME_command`.
`--help` shows its examples and the meaning of its exit codes; the tables of the README are made of its first line.
"""

from typing import NamedTuple

import config.errors
from ops.commands.exits import exits_of


class Command(NamedTuple):
    """One command. `module` has `parser()` and `main(argv)`, and loads nothing heavy."""

    name: str
    module: str
    shelf: str
    what: str
    was: str | None = None
    """Its name in an earlier version: it warns, and works."""
    errors: tuple[int, ...] = (2,)
    """Exit codes of the errors that may end it (`config.errors`). What is no error, such as 130, is known from there."""
    examples: tuple[str, ...] = ()
    """Two command lines as a user would type them."""

    @property
    def body(self) -> str:
        """The module that holds what the command does."""
        return f"ops.commands.{self.shelf}.{self.name}"

    def exit_codes(self) -> tuple[tuple[int, str], ...]:
        """Each exit code and what it means, the lowest first."""
        return exits_of(self.name, self.errors, config.errors.__doc__ or "")


COMMANDS = (
    Command(
        "run",
        "agents.run",
        "trade",
        "trade a session; paper money unless the profile says otherwise",
        errors=(2, 3, 4, 5, 6, 7, 8, 10),
        examples=(
            "tribunal run --days 10 --seed 3",
            "tribunal run --data BTCUSDT_1h.parquet --news headlines.jsonl --start 2022-04-01 --end 2022-12-01",
        ),
    ),
    Command(
        "backtest",
        "agents.backtest",
        "trade",
        "put recorded bars through the same path, and judge the result",
        errors=(2, 3, 4, 5, 7, 8, 10),
        examples=(
            "tribunal backtest --data BTCUSDT_1h.parquet --strategy my_file.py:MyVoter:fast=5 --check",
            "tribunal backtest --data BTCUSDT_1h.parquet --latency-ms 1000 --impact square_root:0.23 --chance 100",
        ),
    ),
    Command(
        "replay",
        "agents.replay",
        "trade",
        "replay a journal and compare it byte by byte",
        errors=(2, 4),
        examples=(
            "tribunal replay runs/paper-001",
            "tribunal replay runs/paper-001 --decision last --set limits.max_var_1d=0.01",
        ),
    ),
    Command(
        "show",
        "agents.show",
        "trade",
        "print a run again, its trades by group, its tables for other programs, or one decision",
        errors=(2, 4, 5),
        examples=(
            "tribunal show runs/paper-001 --by strategy exit",
            "tribunal show runs/paper-001 BTC/USDT@2024-01-05T06:00",
        ),
    ),
    Command(
        "ask",
        "agents.ask",
        "trade",
        "hear one market now, trade nothing, and print the trial",
        errors=(2, 3, 5, 8, 10),
        examples=(
            "tribunal ask BTC --simulated",
            "tribunal ask BTC/USDT --data BTCUSDT_1h.parquet --at 2022-05-09T12:00",
        ),
    ),
    Command(
        "strategies",
        "agents.strategies.__main__",
        "trade",
        "list the built-in strategies, or begin one of your own",
        errors=(2, 3, 5, 10),
        examples=(
            "tribunal strategies --new my_fade",
            "tribunal strategies --data BTC.parquet ETH.parquet SOL.parquet",
        ),
    ),
    Command(
        "halt",
        "agents.halt",
        "trade",
        "the kill switch: no new risk in any session, until it is lifted",
        errors=(2, 5),
        examples=(
            'tribunal halt --reason "the exchange is down"',
            'tribunal halt --flatten --profile paper --reason "wrong prices"',
        ),
    ),
    Command(
        "unhalt",
        "agents.unhalt",
        "trade",
        "lift the kill switch, with a reason",
        was="resume",
        errors=(2, 5),
        examples=(
            'tribunal unhalt --reason "the exchange is back"',
            'tribunal unhalt --profile paper --reason "prices were checked"',
        ),
    ),
    Command(
        "calibrate",
        "evidence.calibrate",
        "research",
        "hold the convictions stated in court against what happened",
        errors=(2, 4, 5),
        examples=(
            "tribunal calibrate runs/paper-001 --plot reliability.html",
            "tribunal calibrate runs/paper-001 runs/paper-002 --out calibration.json",
        ),
    ),
    Command(
        "attribution",
        "evidence.attribution",
        "research",
        "who changed the rulings, and what that was worth",
        errors=(2, 4),
        examples=(
            "tribunal attribution runs/paper-001",
            "tribunal attribution runs/paper-001 runs/paper-002 --bars 24 --json",
        ),
    ),
    Command(
        "audit",
        "evidence.audit",
        "research",
        "turn the evidence round, hide the names: does the ruling follow?",
        errors=(2, 4),
        examples=(
            "tribunal audit runs/paper-001",
            "tribunal audit runs/paper-001 --cases 500 --cutoff 2024-06-01",
        ),
    ),
    Command(
        "ablation",
        "evidence.ablation",
        "research",
        "what each part of the system adds, rung by rung",
        errors=(2, 3, 5, 10),
        examples=(
            "tribunal ablation --data BTCUSDT_1h.parquet",
            "tribunal ablation --data BTCUSDT_1h.parquet --start 2022-04-01 --markdown ladder.md",
        ),
    ),
    Command(
        "ab",
        "evidence.ab",
        "research",
        "two variants side by side on the same bars, with paired intervals",
        errors=(2, 3, 5, 8, 10),
        examples=(
            "tribunal ab --data BTCUSDT_1h.parquet --a-strategy ema_cross --b-strategy donchian_trend",
            "tribunal ab --data BTCUSDT_1h.parquet --b-no-court --b-set limits.risk_per_trade=0.005",
        ),
    ),
    Command(
        "compare",
        "evidence.compare",
        "research",
        "several courts on the same cases: what they are worth, and what they cost",
        errors=(2, 3, 5, 8, 10),
        examples=(
            "tribunal compare --data BTCUSDT_1h.parquet --courts rules anthropic",
            "tribunal compare --data BTCUSDT_1h.parquet --courts rules cheap.yaml strong.yaml --cases 40 --again 10",
        ),
    ),
    Command(
        "walkforward",
        "evidence.walkforward",
        "research",
        "choose on the past, judge on what came next: how much is luck",
        errors=(2, 3, 5, 10),
        examples=(
            "tribunal walkforward --data BTCUSDT_1h.parquet --strategy ema_cross --param ema_cross.rsi_max=60,70,80",
            "tribunal walkforward --data BTCUSDT_1h.parquet --param exits.trail_fraction=0.01,0.02 --train-days 180",
        ),
    ),
    Command(
        "sweep",
        "evidence.sweep",
        "research",
        "search parameters; a stopped search resumes",
        errors=(2, 3, 5, 10),
        examples=(
            "tribunal sweep --data BTCUSDT_1h.parquet --strategy ema_cross --param ema_cross.rsi_max=55:85:10",
            "tribunal sweep --data BTCUSDT_1h.parquet --strategy ema_cross --param ema_cross.rsi_max=55:85:1 --sampler tpe",
        ),
    ),
    Command(
        "riskmodel",
        "evidence.riskmodel.__main__",
        "research",
        "hold the VaR and ES estimators against what happened",
        errors=(2, 3, 5),
        examples=(
            "tribunal riskmodel --data BTCUSDT_1h.parquet ETHUSDT_1h.parquet",
            "tribunal riskmodel --data BTCUSDT_1h.parquet --plot exceedances.html --out riskmodel.md",
        ),
    ),
    Command(
        "stylised",
        "evidence.stylised",
        "research",
        "compare the simulated market with real ones",
        errors=(2, 3, 5),
        examples=(
            "tribunal stylised --data BTCUSDT_1h.parquet ETHUSDT_1h.parquet",
            "tribunal stylised --data store --seeds 20 --picture facts.svg --markdown facts.md",
        ),
    ),
    Command(
        "quality",
        "evidence.quality.__main__",
        "research",
        "hold the data-quality monitor against labelled hits and faults put in",
        errors=(2, 3, 5),
        examples=(
            "tribunal quality --data ../shared/data",
            "tribunal quality --data ../shared/data --set quality.judgement=limits --markdown quality.md",
        ),
    ),
    Command(
        "impact",
        "evidence.impact",
        "research",
        "what a large order costs, from recorded order books",
        errors=(2, 3, 5),
        examples=(
            "tribunal impact --books books.jsonl --bars BTCUSDT_1h.parquet",
            "tribunal impact --books books.jsonl --trades trades.csv --plot impact.html",
        ),
    ),
    Command(
        "sentiment",
        "evidence.sentiment",
        "research",
        "hold the scores of headlines against labels",
        errors=(2, 3, 5),
        examples=(
            "tribunal sentiment --data labelled.csv",
            "tribunal sentiment --data labelled --scorer my_model:Scorer --markdown scores.md",
        ),
    ),
    Command(
        "train",
        "rl.train",
        "policy",
        "train the policy that may adjust sizes",
        errors=(2, 3, 5, 10),
        examples=(
            "tribunal train --simulated --days 400 --steps 200000 --seeds 4",
            "tribunal train --data BTC.parquet ETH.parquet --end 2023-01-01 --seeds 30 --out models/hourly",
        ),
    ),
    Command(
        "evaluate",
        "rl.evaluate",
        "policy",
        "judge a policy out of sample, beside the rules it must beat",
        errors=(2, 3, 5, 10),
        examples=(
            "tribunal evaluate --simulated --days 400 --groups 4",
            "tribunal evaluate --model models/hourly --data BTC.parquet ETH.parquet --picture verdict.svg",
        ),
    ),
    Command(
        "retrain",
        "rl.retrain",
        "policy",
        "train a model's recipe on newer bars, and promote a candidate by its verdict",
        errors=(2, 3, 5, 10),
        examples=(
            "tribunal retrain models/hourly --data BTC.parquet ETH.parquet",
            'tribunal retrain models/hourly --promote-as "Ada Lovelace"',
        ),
    ),
    Command(
        "collect",
        "sentiment.collect",
        "operate",
        "add what live sources tell to a point-in-time archive",
        errors=(2, 3, 5),
        examples=(
            "tribunal collect --feed wire=https://example.org/rss --archive headlines.jsonl",
            "tribunal collect --profile live --archive heard --symbols BTC/USDT ETH/USDT --every 300",
        ),
    ),
    Command(
        "download",
        "market.download",
        "operate",
        "fill a store of bars with candles of an exchange",
        errors=(2, 3, 5),
        examples=(
            "tribunal download --exchange binance --symbols BTC/USDT ETH/USDT --timeframe 1h --since 2024-01-01",
            "tribunal download --exchange kraken --symbols BTC/USD --timeframe 1d --since 2020-01-01 --until 2024-01-01",
        ),
    ),
    Command(
        "ingest",
        "market.ingest",
        "operate",
        "fill a store of bars from files, and report every repair",
        errors=(2, 3, 5),
        examples=(
            "tribunal ingest downloads/*.zip --exchange binance",
            "tribunal ingest BTCUSDT_1h.csv --store bars --replace",
        ),
    ),
    Command(
        "facts",
        "market.context.__main__",
        "operate",
        "add figures of live sources to a point-in-time archive",
        errors=(2, 3, 5),
        examples=(
            "tribunal facts --sources deribit fred coingecko --symbols BTC/USDT ETH/USDT --archive facts",
            "tribunal facts --exchange binance --symbols BTC/USDT --archive facts --every 300",
        ),
    ),
    Command(
        "simulator",
        "execution.simulator",
        "operate",
        "serve the simulated exchange on this machine, as Binance would be",
        errors=(2, 3),
        examples=(
            "tribunal simulator --data BTCUSDT_1h.parquet --speed 60",
            "tribunal simulator --symbols BTC/USDT --speed 0 --balance USDT=10000 BTC=0.5 --faults faults.yaml",
        ),
    ),
    Command(
        "journal",
        "execution.journal.__main__",
        "operate",
        "verify a run's journal, or move it into PostgreSQL",
        errors=(2, 4, 5),
        examples=(
            "tribunal journal runs/paper-001 --anchors /mnt/other/anchors",
            "tribunal journal runs/paper-001 --to postgresql+psycopg://trader@localhost/tribunal",
        ),
    ),
    Command(
        "serve",
        "ops.serve",
        "operate",
        "show a running session, or a finished one, in a browser",
        errors=(2, 4, 5),
        examples=(
            "tribunal serve runs/paper-001",
            "tribunal serve --new-token grafana --scope read",
        ),
    ),
    Command(
        "steer",
        "execution.steer",
        "operate",
        "ask something of a running session: pause, resume, switch a strategy, close, cancel, reload, propose",
        errors=(2, 5, 6),
        examples=(
            'tribunal steer runs/paper-001 pause --why "news at two"',
            'tribunal steer runs/paper-001 propose BTC/USDT --direction long --why "my view"',
        ),
    ),
    Command(
        "backup",
        "ops.backup",
        "operate",
        "keep runs and the journal key in one file, or restore them",
        errors=(2, 4, 5),
        examples=(
            "tribunal backup runs/paper-001 --to /media/usb/tribunal --keep 14",
            "tribunal backup --restore tribunal-20261130T190000Z.tar.gz --to restored",
        ),
    ),
    Command(
        "doctor",
        "ops.doctor",
        "operate",
        "look at everything that a session needs, without an order, and say what to mend next",
        examples=(
            "tribunal doctor --profile testnet --key-backup /media/usb/journal.key",
            "tribunal doctor --feed binance --symbols BTC/USDT ETH/USDT",
        ),
    ),
    Command(
        "alert",
        "ops.alert",
        "watch",
        "send a test to where alerts go, or list what wakes a person",
        examples=(
            "tribunal alert",
            "tribunal alert --alert critical=ntfy://127.0.0.1:8080/tribunal --json",
        ),
    ),
    Command(
        "watchdog",
        "ops.watchdog",
        "watch",
        "watch running sessions from a second process, and tell when one is gone or hangs",
        examples=(
            "tribunal watchdog runs/live-001",
            "tribunal watchdog runs/live-001 runs/testnet-001 --halt --silent 300",
        ),
    ),
    Command(
        "chat",
        "ops.chat",
        "watch",
        "answer a few people in Telegram how a session stands; halt, and unhalt with a code",
        errors=(2, 4),
        examples=(
            "tribunal chat runs/live-001 --operator 123456789",
            "tribunal chat runs/live-001 --operator 123456789 --viewer 987654321",
        ),
    ),
    Command(
        "mcp",
        "ops.mcp",
        "watch",
        "let other agents look at a session over the Model Context Protocol",
        errors=(2, 4),
        examples=(
            "tribunal mcp runs/paper-001",
            "tribunal mcp runs/paper-001 --http --files bars",
        ),
    ),
    Command(
        "models",
        "agents.models",
        "operate",
        "show the models of a profile, and ask each whether it can sit in the court",
        errors=(2, 5),
        examples=(
            "tribunal models --check --profile paper",
            "tribunal models --check --mind groq --model llama-3.3-70b-versatile",
        ),
    ),
    Command(
        "account",
        "agents.account",
        "operate",
        "show the accounts at real exchanges, raise the ramp of real money, or begin an account anew",
        errors=(2, 4, 5, 6),
        examples=(
            "tribunal account",
            'tribunal account --raise --reason "a quiet week"',
        ),
    ),
    Command(
        "record",
        "ops.record",
        "operate",
        "count what voters have earned on paper, from sealed journals, for real money to read",
        errors=(2, 4, 5),
        examples=(
            "tribunal record runs/paper-001 runs/testnet-001",
            "tribunal record --json",
        ),
    ),
    Command(
        "check",
        "config.check",
        "operate",
        "show what a profile resolves to, or everything that is wrong with it",
        errors=(2,),
        examples=(
            "tribunal check --profile backtest",
            "tribunal check --profile my_profile.yaml --json",
        ),
    ),
)
"""In the order of `tribunal --help`."""

BY_NAME = {command.name: command for command in COMMANDS}
RENAMED = {command.was: command for command in COMMANDS if command.was is not None}
