from __future__ import annotations

from typing import Any

import pytest

from dialects.openai_chat.chat_cases import named, raw, rows, spell
from isthmus.dialects.openai_chat.fields import Reading
from isthmus.dialects.openai_chat.tools import read_tools


@pytest.mark.parametrize("row", rows("tools.json"), ids=named)
def test_tools(row: dict[str, Any]) -> None:
    reading = Reading()
    tools = read_tools({name: raw(value) for name, value in row["request"].items()}, reading)
    told = spell(tools)
    if tools.custom:
        told["Tools"]["custom"] = sorted(tools.custom)
    assert told == row["tools"]
    assert [str(loss) for loss in reading.losses] == row.get("losses", [])
