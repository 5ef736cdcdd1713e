"""What the gateway says of types of providers is said in Chinese, too, unless it is a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from console.browsing import ROOT
from isthmus.control.provider_types import provider_types

WORDS = ROOT / "console" / "src" / "parts" / "providerWords.ts"
NAMES: Final = {"Anthropic", "claude.ai", "Claude Code", "AWS Builder ID", "AWS IAM Identity Center"}
ENTRY: Final = re.compile(
    r"""^  (?:'(?P<single>[^']+)'|"(?P<double>[^"]+)"|(?P<bare>\w+)): '""", re.MULTILINE
)


def said() -> Iterator[str]:
    for type in provider_types():
        yield from (type.texts.title, type.texts.description)
        for kind in type.kinds:
            yield kind.title
            yield from (each.title for each in kind.fields)
        for method in type.methods:
            yield method.title
            yield from (each.title for each in method.options)


def test_everything_that_is_said_of_types_has_chinese_words() -> None:
    translated = {
        found["single"] or found["double"] or found["bare"]
        for found in ENTRY.finditer(WORDS.read_text("utf-8"))
    }
    assert translated == set(said()) - NAMES
