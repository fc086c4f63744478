import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.protocol.spelling import MAX_NUMBER, from_base64, from_decimal, hash_from_base64, to_base64


@given(st.binary(max_size=100))
def test_base64_goes_there_and_back(value: bytes) -> None:
    assert from_base64(to_base64(value)) == value


@pytest.mark.parametrize(
    "text", ["YQ", "YQ=", "YR==", "YQ==\n", " YQ==", "Y Q==", "YQ==YQ==", "_-8=", "YQ===", "é", "=", "a"]
)
def test_base64_in_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        from_base64(text)


@given(st.text(alphabet="AQgw=+/ab\n-", max_size=9))
def test_no_two_spellings_of_base64_have_one_value(text: str) -> None:
    try:
        value = from_base64(text)
    except ValueError:
        return
    assert to_base64(value) == text


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("7", 7), ("20852163", 20852163), (str(MAX_NUMBER), MAX_NUMBER)]
)
def test_decimals_are_read(text: str, value: int) -> None:
    assert from_decimal(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        "01",
        "-1",
        "+1",
        "1 ",
        " 1",
        "1\n",
        "1_0",
        "0x1",
        "1.0",
        "١",
        "1١",
        "²",
        str(MAX_NUMBER + 1),
        "9" * 5000,
    ],
)
def test_decimals_in_another_spelling_or_too_large_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal|larger"):
        from_decimal(text)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_of_another_length_is_refused(length: int) -> None:
    assert hash_from_base64(to_base64(bytes(32))) == bytes(32)
    with pytest.raises(ValueError, match="32 bytes"):
        hash_from_base64(to_base64(bytes(length)))
