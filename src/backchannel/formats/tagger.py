"""A trained tagger, run by onnxruntime (the extra `tagger`): in the place of the rules, whose findings it builds on.

The file is checked before anything of it is run (`tagger_file`). Then each paragraph is scored, in pieces of at most
`PIECE` words, and what comes out is checked too: the model is the operator's, but it may be a stranger's work.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from backchannel.core.assess.attribution import Attribution
from backchannel.core.assess.parsed import Sentence, Word
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_rules import attributions
from backchannel.core.assess.tagger_features import rows
from backchannel.core.assess.tagger_join import joined
from backchannel.core.assess.tagger_labels import LABELS, best, spans_of
from backchannel.core.text import printable
from backchannel.errors import DamagedExtra, UnreadableFile, UnusableTagger
from backchannel.formats.tagger_file import LARGEST, About, checked

PIECE = 512
"""Words that are scored together: more than the longest paragraphs of news have."""


class TrainedTagger:
    """A `core.assess.attribution.Tagger` that was trained; `about` is what its file says of it."""

    def __init__(self, model: bytes) -> None:
        """Take a model.

        Raises:
            UnusableTagger, MissingExtra, DamagedExtra: see `tagger_file.checked`.
        """
        self.about: About = checked(model)
        try:
            self._numpy, runtime = import_module("numpy"), import_module("onnxruntime")
        except ImportError as error:
            raise DamagedExtra(f"onnxruntime cannot be loaded: {error}") from error
        self._failures = _failures(runtime)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _FATAL
        try:
            self._session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except self._failures as error:
            raise UnusableTagger(f"onnxruntime cannot load the model: {printable(str(error), 300)}") from error

    def __call__(
        self, text: str, sentences: Sequence[Sentence], quotations: Sequence[Span], paragraphs: Sequence[Span]
    ) -> tuple[Attribution, ...]:
        """All attributions of a text; see `Tagger`.

        Raises:
            UnusableTagger: the model fails at run time, or gives what are no scores.
        """
        ruled = attributions(text, sentences, quotations, paragraphs)
        words = [word for sentence in sentences for word in sentence.words]
        features = rows(sentences, quotations, ruled)
        labels: list[int] = []
        for part in pieces(words, paragraphs):
            labels += best(*self._scores(features[part]))
        return joined(sentences, paragraphs, ruled, spans_of(words, labels))

    def _scores(self, features: Sequence[Sequence[int]]) -> tuple[list[list[float]], list[list[float]]]:
        """The scores of some words, and the transitions between labels."""
        given = {"features": self._numpy.array(features, dtype=self._numpy.int64)}
        try:
            scores, transitions = self._session.run(["scores", "transitions"], given)
        except self._failures as error:
            raise UnusableTagger(f"the model fails on a text: {printable(str(error), 300)}") from error
        if scores.shape != (len(features), len(LABELS)) or transitions.shape != (len(LABELS), len(LABELS)):
            raise UnusableTagger("the model gives scores of another shape than it says")
        if not (self._numpy.isfinite(scores).all() and self._numpy.isfinite(transitions).all()):
            raise UnusableTagger("the model gives scores that are no numbers")
        return scores.tolist(), transitions.tolist()


def load_tagger(path: Path) -> TrainedTagger:
    """The trained tagger in a file.

    Raises:
        UnreadableFile: there is no such file, or it cannot be read.
        UnusableTagger: it is no tagger, not one of this version, or does what a tagger may not.
        MissingExtra, DamagedExtra: the extra `tagger` is not installed, or cannot be loaded.
    """
    shown = printable(str(path), 300)
    try:
        with path.open("rb") as file:
            model = file.read(LARGEST + 1)
    except OSError as error:
        raise UnreadableFile(f"{shown}: {error.strerror or error}") from error
    try:
        return TrainedTagger(model)
    except UnusableTagger as error:
        raise UnusableTagger(f"{shown}: {error}") from error


def _failures(runtime: Any) -> tuple[type[Exception], ...]:
    """The errors of onnxruntime, which have no parent of their own."""
    own = vars(runtime.capi.onnxruntime_pybind11_state).values()
    return (RuntimeError, ValueError, *(one for one in own if isinstance(one, type) and issubclass(one, Exception)))


def pieces(words: Sequence[Word], paragraphs: Sequence[Span]) -> Iterator[slice]:
    """The words of each paragraph, and of one that is too long, by `PIECE`."""
    begins = [paragraph.begin for paragraph in paragraphs]
    first, here = 0, None
    for at, word in enumerate(words):
        place = bisect_right(begins, word.span.begin)
        if at and (place != here or at - first == PIECE):
            yield slice(first, at)
            first = at
        here = place
    if words:
        yield slice(first, len(words))


_FATAL = 4
"""What onnxruntime writes to standard error by itself: nothing short of its own end."""
