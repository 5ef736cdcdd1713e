"""REQ-28 and all that meets it: whatever a client sends, what leaves the gateway is something the upstream answers.

Anything a strict simulator refuses here, the real one would have refused in front of a user.
"""

from __future__ import annotations

import pytest

from simulators.anthropic_models import CARDS
from translation.room import Claude, opened
from translation.said import choice, message
from translation.talks import chat_request, messages_request
from translation.test_claude_code_requests import TARGETS

SEEDS = range(120)


@pytest.mark.parametrize("target", TARGETS)
async def test_no_vendor_refuses_what_was_fitted_to_it(target: str) -> None:
    async with opened(TARGETS[target]) as room:
        for seed in SEEDS:
            answer = message(await room.messages(**messages_request(seed), stream=seed % 2 == 0))
            assert answer["content"] or answer["stop_reason"] == "stop_sequence", seed


@pytest.mark.parametrize("model", CARDS)
async def test_no_claude_refuses_what_was_fitted_to_it(model: str) -> None:
    async with opened(Claude(model)) as room:
        for seed in SEEDS:
            assert choice(await room.chat(**chat_request(seed), stream=seed % 2 == 0))["finish_reason"], seed
