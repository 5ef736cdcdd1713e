"""Conversations of any length, as agents have them: words, calls in rounds, results long and short, operator text between."""

from __future__ import annotations

from itertools import count

from hypothesis import strategies as st

from isthmus.core.conversation import (
    Conversation,
    Image,
    RemoteUrl,
    Role,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)
from isthmus.shaping.compression import Method, Plan
from talk import tools

TEXTS = st.builds(
    lambda words, times: " ".join([words] * times),
    st.text("abcdefg ÄÖß汉字{}:1", min_size=1, max_size=30).map(lambda text: text + "."),
    st.integers(1, 80),
)


@st.composite
def long_talks(draw: st.DrawFn) -> Conversation:
    """Already fitted: turns alternate, every call has its result in the turn that follows."""
    ids = map(str, count())
    turns: list[Turn] = []
    for _ in range(draw(st.integers(1, 7))):
        turns.append(Turn(Role.USER, (Text(draw(TEXTS)),)))
        if draw(st.integers(0, 5)) == 0:
            turns.append(Turn(Role.SYSTEM, (Text(draw(TEXTS)),)))
        for _ in range(draw(st.integers(0, 3))):
            calls = [ToolCall(next(ids), "f", '{"a":1}') for _ in range(draw(st.integers(1, 2)))]
            turns.append(Turn(Role.ASSISTANT, (Text(draw(TEXTS)), *calls)))
            results = [ToolResult(call.id, draw(_PARTS), draw(st.booleans())) for call in calls]
            turns.append(Turn(Role.USER, tuple(results)))
        turns.append(Turn(Role.ASSISTANT, (Text(draw(TEXTS)),)))
    turns.append(Turn(Role.USER, (Text(draw(TEXTS)),)))
    return Conversation("asked", tuple(turns), system=(Text(draw(TEXTS)),), tools=tools("f"), max_tokens=10)


_PARTS = st.lists(
    st.one_of(TEXTS.map(Text), st.just(Image(RemoteUrl("https://x/y.png")))), min_size=1, max_size=2
).map(tuple)

PLANS = st.builds(
    Plan,
    st.sampled_from([Method.CLIP, Method.DROP, Method.SUMMARISE]),
    keep_turns=st.integers(1, 6),
    clip_to_chars=st.sampled_from([200, 500, 2000]),
)
WINDOWS = st.integers(100, 6000)
