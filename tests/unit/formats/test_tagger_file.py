"""The file of a trained tagger is hostile until it was checked: each refusal by its reason."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from backchannel.core.assess.tagger_features import COLUMNS
from backchannel.core.assess.tagger_labels import LABELS
from backchannel.errors import DamagedExtra, MissingExtra, UnusableTagger
from backchannel.formats import tagger_file
from backchannel.formats.tagger import TrainedTagger
from backchannel.formats.tagger_file import KEY, NODES, PER_WORD, checked
from said import prepared
from taggers import about, model, recurrent, value

SOUND = model().graph.node
SCORES, MOVES = value("scores", "words", len(LABELS)), value("transitions", len(LABELS), len(LABELS))


def node(kind: str, inputs: str, output: str = "scores", **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def test_a_sound_model_says_what_it_says_of_itself() -> None:
    assert checked(model(about=about(licence="CC0-1.0")).SerializeToString()).licence == "CC0-1.0"


def test_a_recurrent_network_is_as_good_as_a_table() -> None:
    assert checked(recurrent().SerializeToString()) == about()


def with_function() -> onnx.ModelProto:
    made = model()
    made.functions.append(
        helper.make_function(
            "of.mine", "F", ["x"], ["y"], [node("Identity", "x", "y")], [helper.make_opsetid("", 17)]
        )
    )
    return made


def with_training_code() -> onnx.ModelProto:
    made = model()
    made.training_info.add()
    return made


def with_sparse_weights() -> onnx.ModelProto:
    made = model()
    made.graph.sparse_initializer.add()
    return made


def with_weights_elsewhere() -> onnx.ModelProto:
    made = model()
    weights = made.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="../../etc/passwd")
    return made


def with_text_as_weights() -> onnx.ModelProto:
    made = model()
    made.graph.initializer.append(helper.make_tensor("words", TensorProto.STRING, [1], [b"dam"]))
    return made


def with_foreign_operator() -> onnx.ModelProto:
    made = model(nodes=[*SOUND, helper.make_node("Shell", ["moves"], ["out"], domain="of.mine")])
    made.opset_import.append(helper.make_opsetid("of.mine", 1))
    return made


def with_loop() -> onnx.ModelProto:
    body = helper.make_graph([], "forever", [], [])
    return model(nodes=[*SOUND, helper.make_node("Loop", ["", "moves"], ["out"], body=body)])


def with_graph_inside() -> onnx.ModelProto:
    made = model()
    made.graph.node[2].attribute.append(helper.make_attribute("g", helper.make_graph([], "inner", [], [])))
    return made


def with_weights_inside() -> onnx.ModelProto:
    made = model()
    tensor = numpy_helper.from_array(np.zeros(1, dtype=np.float32), "inner")
    made.graph.node[2].attribute.append(helper.make_attribute("t", tensor))
    return made


def with_many_steps() -> onnx.ModelProto:
    chain = [node("Identity", f"m{n}" if n else "moves", f"m{n + 1}") for n in range(NODES)]
    return model(nodes=[*SOUND, *chain])


def with_circle() -> onnx.ModelProto:
    return model(nodes=[*SOUND, node("Identity", "b", "a"), node("Identity", "a", "b")])


def with_words_by_words() -> onnx.ModelProto:
    """A table of each word against each other: quadratic in the length of the text."""
    square = [
        node("Cast", "features", "numbers", to=TensorProto.FLOAT),
        node("Transpose", "numbers", "turned", perm=[1, 0]),
        node("MatMul", "numbers turned", "square"),
    ]
    return model(nodes=[*SOUND, *square])


def with_large_values() -> onnx.ModelProto:
    """Two rows of numbers, each against each: a few weights make a value of any size."""
    count = PER_WORD
    weights = {
        "down": np.zeros((count, 1), dtype=np.float32),
        "across": np.zeros((1, count), dtype=np.float32),
    }
    return model(nodes=[*SOUND, node("Add", "down across", "huge")], weights=weights)


def with_unknown_shape() -> onnx.ModelProto:
    """Which rows are looked up is not known before it runs."""
    steps = [
        node("ReduceSum", "moves columns", "sums", keepdims=0),
        node("Cast", "sums", "numbers", to=TensorProto.INT64),
        node("Reshape", "features numbers", "anything"),
    ]
    return model(nodes=[*SOUND, *steps], weights={})


def with_few_transitions() -> onnx.ModelProto:
    return model(weights={"moves": np.zeros((7, 3), np.float32)}, outputs=[SCORES, value("transitions", 7, 3)])


def with_metadata(text: str, times: int = 1) -> onnx.ModelProto:
    made = model(about=None)
    for _ in range(times):
        made.metadata_props.add(key=KEY, value=text)
    return made


def with_extra_field() -> onnx.ModelProto:
    said = msgspec.to_builtins(about()) | {"run": "this"}
    return with_metadata(msgspec.json.encode(said).decode())


FIXED = [value("features", 5, COLUMNS, kind=TensorProto.INT64)]
HOSTILE: list[tuple[Callable[[], onnx.ModelProto], str]] = [
    (with_function, "functions"),
    (with_training_code, "training code"),
    (with_sparse_weights, "sparse weights"),
    (with_weights_elsewhere, "weights in another file"),
    (with_text_as_weights, "neither float32 nor int64"),
    (with_foreign_operator, "not of the ONNX standard: of.mine"),
    (with_loop, "an operator that a tagger may not use: Loop"),
    (with_graph_inside, "a graph or weights within it: Identity"),
    (with_weights_inside, "a graph or weights within it: Identity"),
    (with_many_steps, f"more than {NODES} steps"),
    (with_circle, "not valid"),
    (lambda: model(inputs=[value("input", "words", COLUMNS, kind=TensorProto.INT64)]), "not valid"),
    (lambda: model(inputs=[*model().graph.input, value("more", 1)]), "`features` is missing, not alone"),
    (lambda: model(inputs=[value("features", "words", 3, kind=TensorProto.INT64)]), f"words by {COLUMNS}"),
    (lambda: model(inputs=FIXED, outputs=[value("scores", 5, 7), MOVES]), f"words by {COLUMNS}"),
    (lambda: model(inputs=[value("features", "words", COLUMNS, kind=TensorProto.INT32)]), "of the right type"),
    (lambda: model(outputs=[SCORES]), "exactly `scores` and `transitions`"),
    (lambda: model(outputs=[SCORES, MOVES, value("looked_up", "words", COLUMNS, 7)]), "exactly `scores`"),
    (with_few_transitions, "`transitions` is missing, not alone, or not 7 by 7 numbers"),
    (lambda: model(outputs=[value("scores", "lines", len(LABELS)), MOVES]), "scores for as many|not valid"),
    (with_words_by_words, "not known beforehand: square"),
    (with_unknown_shape, "not known beforehand: anything"),
    (with_large_values, f"more than {PER_WORD:,} numbers a word"),
    (lambda: model(about=None), "it is no tagger"),
    (lambda: with_metadata(msgspec.json.encode(about()).decode(), times=2), "not valid|it is no tagger"),
    (lambda: with_metadata("x" * 200_000), "it is no tagger"),
    (lambda: with_metadata("{"), "cannot be read"),
    (with_extra_field, "cannot be read"),
    (lambda: model(about=about(features="0")), "version 0 of the features"),
    (lambda: model(about=about(labels=LABELS[::-1])), "other labels"),
]


@pytest.mark.parametrize(("make", "reason"), HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_a_hostile_model_is_refused_by_its_reason(make: Callable[[], onnx.ModelProto], reason: str) -> None:
    with pytest.raises(UnusableTagger, match=reason):
        checked(make().SerializeToString())


@pytest.mark.parametrize("junk", [b"", b"\x00" * 100, b"PK\x03\x04", b"{}", model().SerializeToString()[:-50]])
def test_what_is_no_model_is_refused(junk: bytes) -> None:
    with pytest.raises(UnusableTagger):
        checked(junk)


SMALL = model(weights={"weights": np.zeros((3, len(LABELS)), dtype=np.float32)}).SerializeToString()
TEXT = "Rain fell."


@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.binary(max_size=4)), min_size=1, max_size=4))
@settings(max_examples=400)
def test_whatever_the_bytes_it_is_checked_or_refused(changes: list[tuple[int, bytes]]) -> None:
    changed = SMALL
    for place, put in changes:
        changed = changed[:place] + put + changed[place + max(1, len(put)) :]
    with suppress(UnusableTagger):
        TrainedTagger(changed)(TEXT, *prepared(TEXT))


def test_a_file_that_is_too_large_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tagger_file, "LARGEST", 100)
    monkeypatch.setattr(tagger_file.onnx(), "load_model_from_string", None)
    with pytest.raises(UnusableTagger, match="more than 100 bytes"):
        checked(bytes(101))


def test_what_a_stranger_calls_things_cannot_mislead_a_terminal() -> None:
    made = with_foreign_operator()
    made.graph.node[-1].domain = made.opset_import[-1].domain = "of\x1b[31m.mine\u202e"
    with pytest.raises(UnusableTagger) as refused:
        checked(made.SerializeToString())
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime", "numpy"])
def test_without_the_extra_the_error_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tagger_file, "find_spec", lambda name: None if name == missing else object())
    tagger_file.onnx.cache_clear()
    with pytest.raises(MissingExtra, match=r"pip install 'backchannel\[tagger\]'"):
        checked(b"")


def test_an_extra_that_cannot_be_loaded_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_name: str) -> object:
        raise ImportError("no symbol")

    monkeypatch.setattr(tagger_file, "import_module", broken)
    tagger_file.onnx.cache_clear()
    with pytest.raises(DamagedExtra, match="onnx cannot be loaded: no symbol"):
        checked(b"")
