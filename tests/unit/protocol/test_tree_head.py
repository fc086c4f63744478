import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import BadNote
from backchannel.protocol.merkle import EMPTY_ROOT
from backchannel.protocol.spelling import MAX_NUMBER
from backchannel.protocol.tree_head import TreeHead, format_tree_head, parse_tree_head, subtree_message

TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
"""The example of tlog-checkpoint."""
LINE = st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)), min_size=1, max_size=20)


def test_the_published_example_is_read_and_written() -> None:
    head = parse_tree_head(TEXT)
    assert (head.origin, head.size, head.extensions) == ("example.com/behind-the-sofa", 20852163, ())
    assert format_tree_head(head) == TEXT


@given(LINE, st.integers(1, MAX_NUMBER), st.binary(min_size=32, max_size=32), st.lists(LINE, max_size=3))
def test_every_head_goes_there_and_back(origin: str, size: int, root: bytes, more: list[str]) -> None:
    head = TreeHead(origin, size, root, tuple(more))
    assert parse_tree_head(format_tree_head(head)) == head


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        TEXT[:-1],
        TEXT + "\n",
        TEXT + "ext",
        TEXT.replace("\n2", "\n\n2"),
        TEXT.replace("example.com/behind-the-sofa", ""),
        TEXT.replace("2085", "02085"),
        TEXT.replace("2085", "+2085"),
        TEXT.replace("20852163", "20852163 "),
        TEXT.replace("20852163", str(MAX_NUMBER + 1)),
        TEXT.replace("q2I=", "q2J="),
        TEXT.replace("q2I=", "q2I"),
        TEXT.replace("CsUY", "CsU"),
        TEXT.replace("20852163", "0"),
        "x" * 256 + TEXT.removeprefix("example.com/behind-the-sofa"),
    ],
)
def test_a_checkpoint_in_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        parse_tree_head(text)


def test_the_empty_log_has_the_root_of_the_empty_tree_and_no_other() -> None:
    assert parse_tree_head(format_tree_head(TreeHead("o", 0, EMPTY_ROOT))).size == 0
    with pytest.raises(ValueError, match="root of something"):
        format_tree_head(TreeHead("o", 0, bytes(32)))


@pytest.mark.parametrize(
    "head",
    [TreeHead("", 1, bytes(32)), TreeHead("a\nb", 1, bytes(32)), TreeHead("a", -1, bytes(32)),
     TreeHead("a", 1, bytes(31)), TreeHead("a", 1, bytes(32), ("",)), TreeHead("a", 1, bytes(32), ("b\nc",))],
)  # fmt: skip
def test_a_head_that_could_not_be_read_is_not_written(head: TreeHead) -> None:
    with pytest.raises(ValueError, match=r"."):
        format_tree_head(head)


def test_the_message_of_an_ml_dsa_44_cosignature_is_the_struct_of_the_specification() -> None:
    message = subtree_message("w", 5, TreeHead("log", 258, b"\xaa" * 32))
    assert message == (
        b"subtree/v1\n\x00"
        + b"\x01w"
        + bytes(7)
        + b"\x05"
        + b"\x03log"
        + bytes(8)
        + bytes(6)
        + b"\x01\x02"
        + b"\xaa" * 32
    )


@pytest.mark.parametrize(("name", "time"), [("", 0), ("w" * 256, 0), ("w", -1), ("w", 2**63)])
def test_what_does_not_fit_the_struct_is_refused(name: str, time: int) -> None:
    with pytest.raises(ValueError, match=r"bytes|number"):
        subtree_message(name, time, TreeHead("log", 1, bytes(32)))
