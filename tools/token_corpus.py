"""Texts of many kinds, to measure token estimates on: written for the purpose, generated, or of this project itself.

Generated ones come from a seed, so that the corpus is the same on every machine.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
TEXTS: Final = Path(__file__).resolve().parent / "token_texts"
WRITTEN: Final = (
    "english",
    "chinese",
    "japanese",
    "korean",
    "cyrillic",
    "european",
    "other_scripts",
    "symbols",
    "code",
)
PROJECT: Final = {
    "english": {"docs/architecture.md": 4, "docs/failures.md": 4, "docs/keys.md": 3, "docs/dummy.md": 3},
    "code": {
        "src/isthmus/shaping/turns.py": 4,
        "src/isthmus/routing/pool.py": 4,
        "src/isthmus/wire/sse.py": 4,
        "src/isthmus/core/fold.py": 4,
        "src/isthmus/storage/engine.py": 4,
    },
}
"""File → pieces taken of it: as many as there were at first, so that one that grows does not change which texts judge."""
PIECE_CHARS: Final = 1200
_SEED: Final = 20261121
_WORDS: Final = (
    "id name status created_at total currency customer address city postal_code quantity price sku description enabled retries "
    "timeout owner labels path line column message severity user_agent method url response_time region instance version"
).split()


class Sample(NamedTuple):
    kind: str
    text: str


def samples() -> list[Sample]:
    """All of them, always in the same order."""
    return [*_written(), *_of_the_project(), *_generated()]


def _written() -> Iterator[Sample]:
    for kind in WRITTEN:
        text = (TEXTS / f"{kind}.txt").read_text("utf-8")
        yield from (Sample(kind, each.strip()) for each in re.split(r"\n\n(?=\S)", text))


def _of_the_project() -> Iterator[Sample]:
    for kind, paths in PROJECT.items():
        for path, at_most in paths.items():
            text = (ROOT / path).read_text("utf-8")
            yield from (Sample(kind, each) for each in _pieces(text, at_most))


def _pieces(text: str, at_most: int) -> Iterator[str]:
    for start in range(0, min(len(text), at_most * PIECE_CHARS), PIECE_CHARS):
        yield text[start : start + PIECE_CHARS]


def _generated() -> Iterator[Sample]:
    dice = random.Random(_SEED)  # noqa: S311 - the same texts each time are wanted, not secrets
    for at in range(12):
        indent = (None, 2)[at // 2 % 2]
        yield Sample("json", json.dumps(_record(dice, 3), indent=indent)[:PIECE_CHARS])
    for _ in range(6):
        yield Sample("base64", base64.b64encode(dice.randbytes(600)).decode())
    for _ in range(6):
        yield Sample("digits", "\n".join(_row_of_figures(dice) for _ in range(20)))
    for _ in range(6):
        yield Sample("ids", "\n".join(_line_of_ids(dice) for _ in range(8)))
    for at in range(8):
        yield Sample("whitespace", "\n".join(_spaced_line(dice, at // 2) for _ in range(25)))


def _record(dice: random.Random, depth: int) -> Any:
    names = dice.sample(_WORDS, 6)
    return {name: _value(dice, depth) for name in names}


def _value(dice: random.Random, depth: int) -> Any:
    roll = dice.randrange(9 if depth else 6)
    match roll:
        case 0:
            return dice.randrange(100_000)
        case 1:
            return round(dice.random() * 1000, 2)
        case 2:
            return dice.choice([True, False, None])
        case 3:
            return (
                f"2026-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}T{dice.randrange(24):02}:15:00Z"
            )
        case 4:
            return f"https://api.example.com/{dice.choice(_WORDS)}/{dice.randrange(10**6)}"
        case 5:
            return " ".join(dice.sample(_WORDS, 4)).replace("_", " ")
        case 6:
            return [_value(dice, 0) for _ in range(3)]
        case _:
            return _record(dice, depth - 1)


def _row_of_figures(dice: random.Random) -> str:
    return f"{dice.randrange(10**6)},{dice.random() * 100:.4f},{dice.randrange(10**9)},{dice.random():.2f}"


def _line_of_ids(dice: random.Random) -> str:
    token = dice.randbytes(16).hex()
    return f"{token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:20]}-{token[20:]} {dice.randbytes(20).hex()}"


def _spaced_line(dice: random.Random, at: int) -> str:
    cells = [f"{dice.choice(_WORDS):<24}" if at % 2 else " " * dice.randrange(4, 60) for _ in range(3)]
    return "".join(cells) + "|" + "\t" * (at % 4)
