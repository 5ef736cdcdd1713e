"""What tokenizers cut text by, counted without cutting it: words, case changes, figures, punctuation, scripts.

One table turns every byte of the UTF-8 text into a class, and the rest is counting bytes and pairs of bytes, which the
interpreter does in C. A regular expression like those of real tokenizers takes several times as long in Python.
"""

from __future__ import annotations

from typing import Final

SAMPLED_OVER_BYTES: Final = 2048
"""Longer texts are looked at in part: 256 bytes from every KiB, in very long ones at 64 places."""
_STRIDE: Final = 1024
_WINDOW: Final = 256
_WINDOWS: Final = 64

_CLASSES: Final = (
    (0x00, 0x1F, "x"),
    (0x20, 0x20, " "),
    (0x21, 0x7E, "."),
    (0x30, 0x39, "0"),
    (0x41, 0x5A, "A"),
    (0x61, 0x7A, "a"),
    (0x7F, 0x7F, "x"),
    (0x09, 0x09, "t"),
    (0x0A, 0x0A, "n"),
    (0x0D, 0x0D, "n"),
    (0x80, 0xBF, "c"),  # what follows the first byte of a character
    (0xC0, 0xCD, "l"),  # Latin with accents
    (0xCE, 0xCF, "g"),  # Greek
    (0xD0, 0xD3, "r"),  # Cyrillic
    (0xD4, 0xDF, "h"),  # Armenian, Hebrew, Arabic
    (0xE0, 0xE1, "i"),  # scripts of South and South-East Asia
    (0xE2, 0xE2, "p"),  # dashes, quotes, arrows, frames, mathematics
    (0xE3, 0xE3, "k"),  # kana
    (0xE4, 0xE9, "z"),  # Chinese
    (0xEA, 0xED, "K"),  # Hangul
    (0xEE, 0xEF, "f"),  # full width forms
    (0xF0, 0xFF, "e"),  # emoji
)
_TABLE: Final = bytes(
    next(ord(kind) for first, last, kind in reversed(_CLASSES) if first <= byte <= last)
    for byte in range(256)
)


def _only(kinds: str, like: str = "") -> bytes:
    """Classes again, with those of `kinds` as `a`, those of `like` as `b`, and all others as a space."""
    names = (chr(byte) for byte in range(256))
    return "".join("a" if each in kinds else "b" if each in like else " " for each in names).encode()


_LETTERS: Final = _only("aA")
_MIXED: Final = _only("aA", "0")
_MARKS: Final = _only(".")
FEATURES: Final = (
    "letters",
    "capitals",
    "humps",
    "shouts",
    "figures",
    "marks",
    "spaces",
    "lines",
    "tabs",
    "controls",
    "words",
    "mixtures",
    "numbers",
    "groups_of_marks",
    "accented",
    "greek",
    "cyrillic",
    "cyrillic_words",
    "semitic",
    "indic",
    "signs",
    "groups_of_signs",
    "kana",
    "chinese",
    "hangul",
    "wide",
    "emoji",
)


def features(text: str) -> list[float]:
    """How often each of `FEATURES` occurs; for ASCII text only the first of them, as the others cannot."""
    data = text.encode("utf-8", "surrogatepass")
    scale = 1.0
    if (size := len(data)) > SAMPLED_OVER_BYTES:
        stride = max(_STRIDE, size // _WINDOWS)
        data = b"".join([data[at : at + _WINDOW] for at in range(0, size, stride)])
        scale = size / len(data)
    # As after a space: the first word is one, too.
    found = _counts(b" " + data.translate(_TABLE), is_ascii=text.isascii())
    return found if scale == 1 else [scale * each for each in found]


def _counts(classes: bytes, *, is_ascii: bool) -> list[float]:
    count = classes.count
    mixed = classes.translate(_MIXED)
    found: list[float] = [
        count(b"a"),
        count(b"A"),
        count(b"aA"),
        count(b"AA"),
        count(b"0"),
        count(b"."),
        count(b" ") - 1,
        count(b"n"),
        count(b"t"),
        count(b"x"),
        classes.translate(_LETTERS).count(b" a"),
        mixed.count(b"ab") + mixed.count(b"ba"),
        mixed.count(b" b"),
        classes.translate(_MARKS).count(b" a"),
    ]
    if is_ascii:
        return found
    found += [count(kind) for kind in (b"l", b"g", b"r")]
    found.append(count(b" r") + count(b"nr"))
    found += [count(kind) for kind in (b"h", b"i", b"p")]
    found.append(count(b" p") + count(b"np") + count(b"ap") + count(b".p"))
    found += [count(kind) for kind in (b"k", b"z", b"K", b"f", b"e")]
    return found
