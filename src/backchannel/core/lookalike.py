"""Names that look alike: what a reader takes for one and the same, whatever its code points.

Rules: a word mixes no Latin letters with Cyrillic or Greek ones, which look the same and are not. Two names look
alike if they are equal once compatibility forms, case and letters of one shape are levelled; that is asked only to
keep apart who is enrolled, so that a wrong answer costs a question. The tables hold the letters of these scripts that
have the shape of a Latin one in common typefaces (after Unicode Technical Standard #39, confusables), and what is
hard to tell apart within Latin: I, l and 1, O and 0, rn and m.
"""

import re
import unicodedata

_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK"})
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = str.maketrans(
    "АВЕЅІЈКМНОРСТУХԌԚԜҮӀаеѕіјкорсухԁԛԝһӏүԍ",
    "ABESIJKMHOPCTYXGQWYlaesijkopcyxdqwhlyg",
)
_GREEK = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορυχ", "ABEZHIKMNOPTYXayikvopux")
_LATIN = str.maketrans({"I": "l", "1": "l", "|": "l", "0": "O", "m": "rn", "ɑ": "a", "ɡ": "g", "ı": "i", "ɩ": "i"})


def mixed_word(text: str) -> str | None:
    """The first word of a text that mixes Latin letters with Cyrillic or Greek ones, or Cyrillic with Greek."""
    if text.isascii():
        return None
    for word in _WORD.findall(unicodedata.normalize("NFKC", text)):
        if len({_script(letter) for letter in word} & _SCRIPTS) > 1:
            return str(word)
    return None


def look_alike(one: str, other: str) -> bool:
    """Whether a reader could take one name for the other."""
    return _levelled(one) == _levelled(other) or _shape(one) == _shape(other)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _levelled(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _shape(text: str) -> str:
    latin = unicodedata.normalize("NFKC", text).translate(_CYRILLIC).translate(_GREEK)
    return latin.translate(_LATIN).casefold().replace("m", "rn")
