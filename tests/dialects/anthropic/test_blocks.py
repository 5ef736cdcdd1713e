from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from dialects.anthropic.wire_cases import named, rows, spell
from isthmus.core import thought_tag
from isthmus.core.conversation import Opaque, Role, Thinking
from isthmus.dialects.anthropic.blocks import ContentReader
from isthmus.dialects.anthropic.fields import Reading

SEALED = Opaque("q", "signature", "s")


def read(content: Any, role: str = "user") -> tuple[Any, list[str]]:
    reading = Reading("2023-06-01")
    raw = msgspec.Raw(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode())
    blocks = ContentReader(raw, Role(role), "messages.0.content", reading).blocks()
    return blocks, [str(loss) for loss in reading.losses]


@pytest.mark.parametrize("row", rows("content_blocks.json"), ids=named)
def test_every_kind_of_content(row: dict[str, Any]) -> None:
    blocks, losses = read(row["content"], row["role"])
    assert spell(blocks) == row["blocks"]
    assert losses == row.get("losses", [])


@pytest.mark.parametrize("row", rows("content_blocks.json"), ids=named)
def test_the_careful_way_reads_the_same(row: dict[str, Any]) -> None:
    """A block whose fields clash with ours sends its whole message down the slow path."""
    if isinstance(row["content"], str):
        return
    clash = {"type": "clash", "text": 5}
    blocks, losses = read([*row["content"], clash], row["role"])
    assert spell(blocks[:-1]) == row["blocks"]
    assert losses == row.get("losses", [])


@pytest.mark.parametrize(
    ("shown", "signature", "back"),
    [
        ("Hm.", thought_tag.mint("vendor"), Thinking("Hm.", source="vendor")),
        ("", thought_tag.mint("vendor", "secret"), Thinking("secret", source="vendor")),
        ("Hm.", thought_tag.mint("vendor", "secret"), Thinking("Hm.", source="vendor")),
        ("", thought_tag.mint("vendor"), Thinking("", source="vendor")),
        ("Hm.", thought_tag.PREFIX + "!!", Thinking("Hm.", source="")),
        ("", thought_tag.mint("q", "secret", SEALED), Thinking("secret", SEALED, "q")),
    ],
)
def test_our_own_tag_brings_the_thought_back(shown: str, signature: str, back: Thinking) -> None:
    blocks, _ = read([{"type": "thinking", "thinking": shown, "signature": signature}], "assistant")
    assert blocks == (back,)


def test_our_own_tag_brings_a_redacted_thought_back() -> None:
    redacted = Opaque("q", "redacted_thinking", "d")
    data = [thought_tag.mint("q", sealed=redacted), thought_tag.PREFIX + "damaged", "EqQB"]
    blocks, _ = read([{"type": "redacted_thinking", "data": each} for each in data], "assistant")
    assert blocks == (redacted, Opaque("anthropic", "redacted_thinking", "EqQB"))
