"""Made-up corpora of attribution, and small ONNX models, sound and hostile: for tests of trained taggers."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from backchannel.core.assess.tagger_features import BUCKETS, COLUMNS, VERSION
from backchannel.core.assess.tagger_labels import LABELS
from backchannel.formats.tagger_file import KEY, About

SPEAKERS = ("Ana Ruiz", "Tomas Lind", "The pilot", "A captain", "The harbour office", "Mira Okafor")
CONTENTS = (
    "that the engine had failed",
    "that the old bridge was closed",
    "that two boats were missing",
    "that the fog was too thick to land",
)
PLAIN = ("The fog lifted at noon .", "Two boats left the harbour .", "Nobody was hurt .")


def radio_corpus(path: Path) -> Path:
    """Documents in which people say and radio something; the second is a verb that the rules do not know."""
    lines = []
    for number, (speaker, content, verb) in enumerate(product(SPEAKERS, CONTENTS, ("radioed", "said"))):
        parts = ((speaker, "source"), (verb, "cue"), (content, "content"))
        tokens, labels = [], []
        for words, role in parts:
            for place, word in enumerate(words.split()):
                tokens.append(word)
                labels.append(f"{'I' if place else 'B'}-{role}")
        lines.append({"tokens": [*tokens, "."], "labels": [*labels, "O"], "id": f"radio {number}"})
        plain = PLAIN[number % len(PLAIN)].split()
        lines.append({"tokens": plain, "labels": ["O"] * len(plain), "id": f"radio {number}"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def about(**changed: Any) -> About:
    """What a sound tagger says of itself, but for what is changed."""
    return About(**{"features": VERSION, "labels": LABELS, "licence": "made up", **changed})


def model(**changed: Any) -> onnx.ModelProto:
    """A sound model that finds nothing, but for what is changed of its graph: nodes, inputs, outputs, weights."""
    parts = {
        "nodes": [
            helper.make_node("Gather", ["weights", "features"], ["looked_up"]),
            helper.make_node("ReduceSum", ["looked_up", "columns"], ["scores"], keepdims=0),
            helper.make_node("Identity", ["moves"], ["transitions"]),
        ],
        "inputs": [value("features", "words", COLUMNS, kind=TensorProto.INT64)],
        "outputs": [value("scores", "words", len(LABELS)), value("transitions", len(LABELS), len(LABELS))],
        "weights": {},
        "about": about(),
        **changed,
    }
    weights = {
        "weights": np.zeros((BUCKETS, len(LABELS)), dtype=np.float32),
        "columns": np.array([1], dtype=np.int64),
        "moves": np.zeros((len(LABELS), len(LABELS)), dtype=np.float32),
        **parts["weights"],
    }
    graph = helper.make_graph(
        parts["nodes"],
        "tagger",
        parts["inputs"],
        parts["outputs"],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if parts["about"] is not None:
        helper.set_model_props(made, {KEY: msgspec.json.encode(parts["about"]).decode()})
    return made


def recurrent() -> onnx.ModelProto:
    """An LSTM over the words of a paragraph."""
    size = 4
    weights = {
        "to_gates": np.full((1, 4 * size, COLUMNS), 1e-6, dtype=np.float32),
        "again": np.zeros((1, 4 * size, size), dtype=np.float32),
        "to_scores": np.ones((size, len(LABELS)), dtype=np.float32),
        "one": np.array([1], dtype=np.int64),
        "two": np.array([1, 2], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["features"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["numbers", "one"], ["batch"]),
        helper.make_node("LSTM", ["batch", "to_gates", "again"], ["states"], hidden_size=size),
        helper.make_node("Squeeze", ["states", "two"], ["flat"]),
        helper.make_node("MatMul", ["flat", "to_scores"], ["scores"]),
        helper.make_node("Identity", ["moves"], ["transitions"]),
    ]
    return model(nodes=nodes, weights=weights)


def value(name: str, *shape: str | int, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    """An input or an output."""
    return helper.make_tensor_value_info(name, kind, list(shape))
