"""Hypothesis strategies for answers and for what upstreams might say."""

from __future__ import annotations

from hypothesis import strategies as st

from isthmus.core.conversation import Opaque
from isthmus.core.events import Citation, Stop
from isthmus.core.fold import Answer, SaidCall, SaidOpaque, SaidText, SaidThinking
from isthmus.core.usage import Usage

words = st.text(min_size=1, max_size=8)
opaques = st.builds(Opaque, st.just("anthropic"), st.sampled_from(["signature", "redacted_thinking"]), words)
citations = st.builds(Citation, words, words, words)
usages = st.builds(
    Usage, st.integers(0, 999), st.integers(0, 9), st.integers(0, 9), st.integers(0, 999), st.integers(0, 9)
)
said = st.one_of(
    st.builds(SaidText, words, st.lists(citations, max_size=2).map(tuple)),
    st.builds(SaidThinking, words, st.none() | opaques),
    st.builds(SaidCall, words, words, st.sampled_from(["{}", '{"a":1}', '{"b":"é"}'])),
    st.builds(SaidOpaque, opaques),
)
answers = st.builds(
    Answer,
    blocks=st.lists(said, max_size=6).map(tuple),
    reason=st.sampled_from(Stop),
    usage=st.none() | usages,
    id=st.none() | words,
    model=st.none() | words,
    stop_sequence=st.none() | words,
    explanation=st.none() | words,
)
