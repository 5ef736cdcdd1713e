"""Steps are carried out on the event loop, with its own clock."""

from __future__ import annotations

import asyncio

from isthmus.control.steps import carry_out
from isthmus.core.commands import Call, Head, Keep, Pause, Reply
from isthmus.core.logins import Steps
from isthmus.core.survey import Quota


async def test_a_pause_lets_others_go_on() -> None:
    done: list[object] = []
    told = Keep(quotas=(Quota("5 hours", 40),))

    async def ask(call: Call) -> Reply:
        done.append(call.url)
        return Reply(Head(200, {}), b"")

    async def other() -> None:
        done.append("other")

    def steps() -> Steps[str]:
        yield Call("GET", "/before")
        yield Pause(0.01)
        yield told
        return "over"

    results = await asyncio.gather(carry_out(steps(), ask, done.append), other())
    assert results[0] == "over"
    assert done == ["/before", "other", told]
