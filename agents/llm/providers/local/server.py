"""The child process of the `local` kind: llama.cpp's server on one port of this machine, until the parent ends it.

    python -m agents.llm.providers.local.server --model PATH.gguf [--threads 1] [--context-tokens 4096]

It prints one JSON line, `{"address": "http://127.0.0.1:PORT"}` or `{"fault": "..."}`, and runs until its standard
input ends: when the parent dies for any reason, the child ends too. It has one slot: one answer at a time, and the
same answer to the same question. It is a separate process because it must be killable during a computation, and
because a model file is untrusted data.
"""

import argparse
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

CACHE_MIB = 256
"""Memory for cached prompts beside the one slot, so that each role finds its own prefix again [MiB]."""
MISSING = 'The package for local models is not installed. Run: pip install "tribunal[local]"'


def main() -> None:
    """Serve the model, or print the fault."""
    arguments = _arguments()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # output of native code must not reach the parent or fill the pipe
    try:
        server = serve(arguments.model, arguments.threads, arguments.context_tokens)
    except ImportError:
        _say(out, {"fault": MISSING})
        sys.exit(1)
    except RuntimeError as error:
        _say(out, {"fault": f"{arguments.model} cannot be loaded as a GGUF model ({error})"})
        sys.exit(1)
    _say(out, {"address": server.listening_address})
    sys.stdin.buffer.read()
    os._exit(0)


def serve(model: Path, threads: int, context_tokens: int) -> Any:
    """Return a running server; it serves while it is referenced. Raises ImportError or RuntimeError."""
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.n_ctx = context_tokens
    params.n_parallel = 1
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.cache_ram_mib = CACHE_MIB
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.ui = False
    params.verbosity = -1
    return xllamacpp.Server(params)


def _say(out: Any, word: dict[str, str]) -> None:
    out.write(json.dumps(word) + "\n")
    out.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agents.llm.providers.local.server", description="Serve one GGUF model."
    )
    parser.add_argument("--model", type=Path, required=True, help="GGUF file")
    parser.add_argument("--threads", type=int, default=1, help="threads (more than one is slower on a busy machine)")
    parser.add_argument(
        "--context-tokens", type=int, default=4096, help="longest prompt and answer together, in tokens"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
