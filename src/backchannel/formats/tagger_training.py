"""Training a tagger (the extra `train`): a linear-chain conditional random field, written as an ONNX model.

The field (Lafferty, McCallum and Pereira 2001) is trained by CRFsuite with L-BFGS, on one core and without chance:
the same corpus makes the same file. It is linear, so that it needs little: a weight for each number that a word's row
may hold and each label, and one for each pair of labels. As a model that is a table that is looked up and summed.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from backchannel.core.assess.attribution import Attribution
from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.tagger_features import BUCKETS, COLUMNS, rows
from backchannel.core.assess.tagger_labels import LABELS, labels_of
from backchannel.errors import DamagedExtra, MissingExtra
from backchannel.formats.attribution_corpus import Document
from backchannel.formats.tagger import pieces
from backchannel.formats.tagger_file import KEY, About, checked, onnx

ITERATIONS = 100
_L1, _L2 = 0.1, 1.0
"""Weights are kept few and small; chosen by cross-validation on a part of PolNeAR."""

_IR, _OPSET = 8, 17
"""The version of the format, and of its operators: of 2022, so that older runtimes read it too."""


class Example(msgspec.Struct, frozen=True):
    """A paragraph, or a piece of one, with its labels. `rows` is an array of 32-bit numbers: there are many."""

    rows: Any
    labels: Sequence[int]


class Weights(msgspec.Struct, frozen=True):
    """A trained field: by number in a row, the weight for each label; and for each label before, each after it."""

    states: Mapping[int, Sequence[float]]
    transitions: Sequence[Sequence[float]]


def examples(document: Document, sentences: Sequence[Sentence], ruled: Sequence[Attribution]) -> list[Example]:
    """The examples that a parsed document of a corpus makes; `ruled` is what the rules find in it."""
    numpy = import_module("numpy")
    words = [word for sentence in sentences for word in sentence.words]
    labels = labels_of(words, document.gold)
    table = numpy.array(rows(sentences, document.quotations, ruled), dtype=numpy.int32)
    return [Example(table[part], labels[part]) for part in pieces(words, document.paragraphs)]


def trained(corpus: Iterable[Example]) -> Weights:
    """Train on examples; takes about as many seconds as there are thousands of words, divided by three.

    Raises:
        MissingExtra, DamagedExtra: CRFsuite is not installed, or cannot be loaded.
    """
    library = _crfsuite()
    trainer = library.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": _L1, "c2": _L2, "max_iterations": ITERATIONS})
    for one in corpus:
        trainer.append([[str(number) for number in row] for row in one.rows], [str(label) for label in one.labels])
    with TemporaryDirectory() as folder:
        file = str(Path(folder) / "field")
        trainer.train(file)
        tagger = library.Tagger()
        with tagger.open(file):
            known = tagger.info()
    states: dict[int, list[float]] = {}
    for (number, label), weight in known.state_features.items():
        states.setdefault(int(number), [0.0] * len(LABELS))[int(label)] = weight
    numbers = [str(label) for label in range(len(LABELS))]
    moves = [[known.transitions.get((before, after), 0.0) for after in numbers] for before in numbers]
    return Weights(states, moves)


def written(weights: Weights, about: About) -> bytes:
    """The field as the file of a tagger.

    Raises:
        MissingExtra, DamagedExtra: there is nothing to write it with.
    """
    library, numpy = onnx(), import_module("numpy")
    helper, proto, array = library.helper, library.TensorProto, library.numpy_helper.from_array
    table = numpy.zeros((BUCKETS, len(LABELS)), dtype=numpy.float32)
    for number, row in weights.states.items():
        table[number] = row
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["weights", "features"], ["looked_up"]),
            helper.make_node("ReduceSum", ["looked_up", "columns"], ["scores"], keepdims=0),
            helper.make_node("Identity", ["moves"], ["transitions"]),
        ],
        "tagger",
        [helper.make_tensor_value_info("features", proto.INT64, ["words", COLUMNS])],
        [
            helper.make_tensor_value_info("scores", proto.FLOAT, ["words", len(LABELS)]),
            helper.make_tensor_value_info("transitions", proto.FLOAT, [len(LABELS), len(LABELS)]),
        ],
        [
            array(table, "weights"),
            array(numpy.array([1], dtype=numpy.int64), "columns"),
            array(numpy.array(weights.transitions, dtype=numpy.float32), "moves"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    model.producer_name = "backchannel"
    helper.set_model_props(model, {KEY: msgspec.json.encode(about).decode()})
    made: bytes = model.SerializeToString()
    checked(made)
    return made


def require() -> None:
    """See that all that training needs is there, before a corpus is read.

    Raises:
        MissingExtra, DamagedExtra: it is not.
    """
    onnx()
    _crfsuite()


def _crfsuite() -> Any:
    if find_spec("pycrfsuite") is None:
        raise MissingExtra("a tagger is trained by CRFsuite; it is not installed: pip install 'backchannel[train]'")
    try:
        return import_module("pycrfsuite")
    except ImportError as error:
        raise DamagedExtra(f"CRFsuite cannot be loaded: {error}") from error
