"""The file of a trained tagger: an ONNX model of a known form, hostile until it was checked.

A tagger takes `features`, whole numbers (64 bits) in one row a word (`core.assess.tagger_features`), and gives
`scores`, a row of one number a label (`core.assess.tagger_labels`), and `transitions`, one number for each label
before and each label after it. One run is a paragraph, or a piece of one. In its metadata it has `backchannel.tagger`
(`About`, as JSON).

What is refused, in this order:
1. more than `LARGEST` bytes, or no ONNX model;
2. functions, training code, sparse weights, weights in another file;
3. more than `NODES` steps, a step that is not of the standard or not in `OPERATORS` (no loops, no branches, no
   chance), a step with a graph or weights within it;
4. what the checker of the ONNX project refuses;
5. other inputs or outputs than these, of other types or shapes;
6. a value whose shape is not known beforehand but for the number of words, or more than `PER_WORD` numbers for each
   word of all values together: so a model's memory is known before it runs;
7. metadata that is missing, or of other features or labels than this version's.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from math import prod
from typing import Any

import msgspec

from backchannel.core.assess.statements_words import lexicon
from backchannel.core.assess.tagger_features import COLUMNS, VERSION
from backchannel.core.assess.tagger_labels import LABELS
from backchannel.core.text import printable
from backchannel.errors import DamagedExtra, MissingExtra, UnusableTagger

LARGEST = 32 * 1024 * 1024
NODES = 64
PER_WORD = 65_536
KEY = "backchannel.tagger"
OPERATORS = lexicon(
    """
    Add Cast Clip Concat Div Elu Erf GRU Gather Gelu Gemm Identity LSTM LayerNormalization LeakyRelu LogSoftmax MatMul
    Mul ReduceMax ReduceMean ReduceSum Relu Reshape Sigmoid Slice Softmax Sqrt Squeeze Sub Tanh Transpose Unsqueeze
    """
)

_LONGEST_ABOUT = 100_000
_DOMAINS = ("", "ai.onnx")
_NEEDED = ("onnx", "onnxruntime", "numpy")
_SCORES: list[int | None] = [None, len(LABELS)]
_TRANSITIONS: list[int | None] = [len(LABELS), len(LABELS)]


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that a tagger was trained on."""

    name: str
    sha256: str


class HeldOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exact F1 in percent, by role, on documents that were not trained on: of the rules alone, and of the tagger."""

    rules: dict[str, float]
    trained: dict[str, float]


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tagger says of itself. Whoever made the file says so: nothing of it is verified but the first two."""

    features: str
    labels: tuple[str, ...]
    corpus: tuple[File, ...] = ()
    licence: str = ""
    documents: int = 0
    words: int = 0
    held_out: HeldOut | None = None


@cache
def onnx() -> Any:
    """The library that reads and writes such files.

    Raises:
        MissingExtra, DamagedExtra: what trained taggers need is not installed, or cannot be loaded.
    """
    if not all(find_spec(name) is not None for name in _NEEDED):
        raise MissingExtra(
            "a trained tagger is run by onnxruntime and checked by onnx; one is not installed: "
            "pip install 'backchannel[tagger]'"
        )
    try:
        for part in ("checker", "helper", "numpy_helper", "shape_inference"):
            import_module(f"onnx.{part}")
        return import_module("onnx")
    except ImportError as error:
        raise DamagedExtra(f"onnx cannot be loaded: {error}") from error


def checked(model: bytes) -> About:
    """What a tagger says of itself, once all of the file was found sound.

    Raises:
        UnusableTagger: it was not; the message says why.
        MissingExtra, DamagedExtra: there is nothing to check it with.
    """
    library = onnx()
    if len(model) > LARGEST:
        raise UnusableTagger(f"the file has more than {LARGEST:,} bytes")
    try:
        parsed = library.load_model_from_string(model)
    except import_module("google.protobuf.message").DecodeError as error:
        raise UnusableTagger("the file is no ONNX model") from error
    _self_contained(library, parsed)
    _steps(library, parsed)
    try:
        library.checker.check_model(parsed, full_check=True)
        inferred = library.shape_inference.infer_shapes(parsed, check_type=True, strict_mode=True, data_prop=True)
    except (
        library.checker.ValidationError,
        library.shape_inference.InferenceError,
        ValueError,
        RuntimeError,
    ) as error:
        raise UnusableTagger(f"the ONNX model is not valid: {printable(str(error), 300)}") from error
    words = _ends(library, parsed)
    _shapes(inferred, words)
    return _about(parsed)


def _self_contained(library: Any, model: Any) -> None:
    weights = model.graph.initializer
    if model.functions or model.training_info or model.graph.sparse_initializer:
        raise UnusableTagger("the model has functions, training code or sparse weights")
    if any(one.external_data or one.data_location == library.TensorProto.EXTERNAL for one in weights):
        raise UnusableTagger("the model has weights in another file")
    numbers = (library.TensorProto.FLOAT, library.TensorProto.INT64)
    if any(one.data_type not in numbers for one in weights):
        raise UnusableTagger("the model has weights that are neither float32 nor int64")


def _steps(library: Any, model: Any) -> None:
    domains = [*(one.domain for one in model.opset_import), *(node.domain for node in model.graph.node)]
    strange = next((domain for domain in domains if domain not in _DOMAINS), None)
    if strange is not None:
        raise UnusableTagger(f"the model has operators that are not of the ONNX standard: {_shown(strange)}")
    if len(model.graph.node) > NODES:
        raise UnusableTagger(f"the model has more than {NODES} steps")
    plain = library.AttributeProto
    simple = {plain.FLOAT, plain.INT, plain.STRING, plain.FLOATS, plain.INTS, plain.STRINGS}
    for node in model.graph.node:
        if node.op_type not in OPERATORS:
            raise UnusableTagger(f"the model has an operator that a tagger may not use: {_shown(node.op_type)}")
        if any(one.type not in simple for one in node.attribute):
            raise UnusableTagger(f"a step of the model has a graph or weights within it: {_shown(node.op_type)}")


def _ends(library: Any, model: Any) -> str:
    """The name that the model has for the number of words, its inputs and outputs being as they must."""
    proto = library.TensorProto
    weights = {one.name for one in model.graph.initializer}
    inputs = [one for one in model.graph.input if one.name not in weights]
    _one(inputs, "features", proto.INT64, [None, COLUMNS])
    if {one.name for one in model.graph.output} != {"scores", "transitions"}:
        raise UnusableTagger("the model does not give exactly `scores` and `transitions`")
    for one in model.graph.output:
        _one([one], one.name, proto.FLOAT, _SCORES if one.name == "scores" else _TRANSITIONS)
    words = str(inputs[0].type.tensor_type.shape.dim[0].dim_param)
    scores = next(one for one in model.graph.output if one.name == "scores")
    if not words or scores.type.tensor_type.shape.dim[0].dim_param != words:
        raise UnusableTagger("the model does not take any number of words and give scores for as many")
    return words


def _one(found: list[Any], name: str, kind: int, shape: list[int | None]) -> None:
    tensor = found[0].type.tensor_type if len(found) == 1 and found[0].name == name else None
    if tensor is None or tensor.elem_type != kind or _dimensions(tensor) != shape:
        wanted = " by ".join("words" if one is None else str(one) for one in shape)
        raise UnusableTagger(f"the model's `{name}` is missing, not alone, or not {wanted} numbers of the right type")


def _dimensions(tensor: Any) -> list[int | None]:
    """Each dimension, or None where it has only a name."""
    return [one.dim_value if one.HasField("dim_value") else None for one in tensor.shape.dim]


def _shapes(model: Any, words: str) -> None:
    graph = model.graph
    known = {one.name: one.type.tensor_type for one in (*graph.value_info, *graph.output)}
    total = 0
    for node in graph.node:
        for name in filter(None, node.output):
            tensor = known.get(name)
            if tensor is None or not tensor.HasField("shape"):
                raise UnusableTagger(f"the shape of a value is not known beforehand: {_shown(name)}")
            named = [one.dim_param for one in tensor.shape.dim if not one.HasField("dim_value")]
            if named not in ([], [words]):
                raise UnusableTagger(f"the shape of a value is not known beforehand: {_shown(name)}")
            total += prod(one.dim_value for one in tensor.shape.dim if one.HasField("dim_value"))
    if total > PER_WORD:
        raise UnusableTagger(f"the model needs more than {PER_WORD:,} numbers a word")


def _about(model: Any) -> About:
    said = [one.value for one in model.metadata_props if one.key == KEY]
    if len(said) != 1 or len(said[0]) > _LONGEST_ABOUT:
        raise UnusableTagger(f"the model's metadata has no {KEY}: it is no tagger")
    try:
        about = msgspec.json.decode(said[0], type=About)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnusableTagger(f"the model's metadata {KEY} cannot be read: {printable(str(error), 200)}") from error
    if about.features != VERSION:
        raise UnusableTagger(
            f"it was trained for version {printable(about.features, 20)} of the features; this is version {VERSION}"
        )
    if about.labels != LABELS:
        raise UnusableTagger(f"it was trained for other labels than {', '.join(LABELS)}")
    return about


def _shown(name: str | bytes) -> str:
    """A name that a stranger gave, as it can be printed; it is bytes where it is no UTF-8."""
    return printable(name if isinstance(name, str) else name.decode(errors="replace"), 60)
