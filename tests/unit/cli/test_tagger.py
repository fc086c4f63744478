"""`backchannel tagger`: what it prints of a tagger, trained here or come from a stranger."""

import json
from pathlib import Path

from backchannel.formats.tagger_file import File, HeldOut
from command import near
from taggers import about, model, radio_corpus


def test_training_says_what_it_learned_from_and_how_good_it_is(tmp_path: Path) -> None:
    radio_corpus(tmp_path / "radio.jsonl")
    done = near("tagger", "train", "radio.jsonl", "-o", "t.onnx", "--licence", "made up", cwd=tmp_path)

    assert "Trained on 48 documents with" in done.out
    assert "radio.jsonl" in done.out
    assert "Licence of the corpus: made up." in done.out
    assert "Wrote t.onnx." in done.out
    assert "not better" not in done.err
    assert near("tagger", "show", "t.onnx", cwd=tmp_path).out == done.out.replace("Wrote t.onnx.\n", "")


def test_a_tagger_that_is_not_better_than_the_rules_is_said_to_be_so(tmp_path: Path) -> None:
    rows = [{"id": name, "tokens": ["Ana", "said", "no"], "labels": ["O"] * 3} for name in "abcdefgh"]
    rows.append({"id": "i", "tokens": ["Ana"], "labels": ["B-source"]})
    (tmp_path / "odd.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = near("tagger", "train", "odd.jsonl", "-o", "t.onnx", "--licence", "made up", cwd=tmp_path)

    assert "not better than the rules" in done.err


def test_what_a_file_says_of_itself_is_printed_inert(tmp_path: Path) -> None:
    percent = {"source": 1.0, "cue": 1.0, "\x1b[31mcontent": 1.0}
    said = about(
        licence="CC0\x1b[2J\u202e", corpus=(File("a\nb\x1b]0;x\x07", "0"),), held_out=HeldOut(percent, percent)
    )
    (tmp_path / "t.onnx").write_bytes(model(about=said).SerializeToString())

    for more in ((), ("--json",)):
        shown = near("tagger", "show", "t.onnx", *more, cwd=tmp_path).out
        assert all(line.isprintable() for line in shown.splitlines())


def test_a_stranger_who_measured_nothing_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "t.onnx").write_bytes(model().SerializeToString())

    assert "Not measured" in near("tagger", "show", "t.onnx", cwd=tmp_path).out


def test_a_file_that_is_no_tagger_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "t.onnx").write_bytes(b"junk")
    done = near("tagger", "show", "t.onnx", cwd=tmp_path, code=2)

    assert "t.onnx: the file is no ONNX model" in done.err
    assert "backchannel tagger train" in done.err
