"""The 26 faults of claude.ai by number, through a gateway: what the client hears, and what becomes of the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from clients.stage import Stage
from faults.web_scene import (
    BLOCKED,
    BUSY,
    CUT,
    HOUR_S,
    STREAMED,
    TOO_LONG,
    WHOLE,
    Fate,
    Place,
    Scene,
    assert_account,
    hear,
    prepared,
    spent,
)
from isthmus.simulators.claude_web.faults import FAULTS

FATES: Mapping[str, Fate] = {
    "F1": Fate("overloaded", off="session invalid", says="session is valid"),
    "F2": Fate("overloaded", off="session invalid", says="session is valid"),
    "F3": Fate("upstream"),
    "F5": Fate("overloaded", off="organization disabled"),
    "F6 empty": Fate("overloaded", rests="permission", for_s=HOUR_S),
    "F6 api": Fate("overloaded", rests="permission", for_s=HOUR_S),
    "F6 several": Fate(),
    "F6 object": Fate("upstream"),
    "F7 banned": Fate("overloaded", off="organization disabled"),
    "F7 restricted": Fate("overloaded", rests="permission", for_s=86_400),
    "F7 expired": Fate(),
    "F8": spent("limit object"),
    "F9 seconds": spent("header retry-after"),
    "F9 date": spent("header retry-after"),
    "F10 s": spent("header x-ratelimit-reset"),
    "F10 ms": spent("header x-ratelimit-reset"),
    "F10 unified": spent("header anthropic-ratelimit-unified-reset"),
    "F11 reset_at": spent("body, reset_at"),
    "F11 retry_after-text": spent("body, retry_after"),
    "F11 retry_after-number": spent("body, retry_after"),
    "F11 resets_at": spent("body, resets_at"),
    "F11 clock": spent("message, clock"),
    "F11 nothing": BUSY,
    "F12 model": Fate("rate_limit", rests="rate_limit", model=True, for_s=HOUR_S, until_by="limit object"),
    "F12 concurrents": BUSY,
    "F13 413": TOO_LONG,
    "F13 400": TOO_LONG,
    "F14": Fate("overloaded"),
    "F15": Fate("overloaded"),
    "F16": Fate("rate_limit", midway=True, rests="rate_limit", model=True),
    "F17": CUT,
    "F18": CUT,
    "F19 headers": Fate("timeout"),
    "F19 nothing": Fate("timeout"),
    "F20": CUT,
    "F21 event": Fate(),
    "F21 delta": Fate(),
    "F21 block": Fate(),
    "F22 refusal": Fate(),
    "F22 max_tokens": Fate(),
    "F22 max_conversation_length": TOO_LONG,
    "F23 html": Fate("upstream"),
    "F23 json": Fate("overloaded"),
    "F24 header": BLOCKED,
    "F24 html": BLOCKED,
    "F24 503": BLOCKED,
    "F25 403": Fate("upstream"),
    "F25 502": Fate("upstream"),
    "F25 504": Fate("timeout"),
    "F25 302": Fate("upstream"),
    "F26 create-429": spent("limit object"),
    "F26 delete-500": Fate(),
    "F26 new-key": Fate(),
}  # fmt: skip
ELSEWHERE = {"F4", "F26 upload-413", "F26 upload-415", "F26 upload-500"}
"""Have tests of their own: they are not met by a question alone."""
PATIENCE = {"first_byte_timeout_s": 1, "idle_timeout_s": 1, "timeout_s": 3}


def named(fault: str) -> str:
    return fault.lower().replace(" ", "-").replace("_", "-")


@pytest.fixture(scope="module")
def scene(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Each fault has three providers: `NAME` and `NAME-whole` with one account that has it, and `NAME-spare` with a good one
    behind it."""
    places: dict[str, list[Place]] = {}
    for fault in FATES:
        for name in (named(fault), f"{named(fault)}-whole"):
            places[name] = [Place(f"{name}-1", fault)]
        name = f"{named(fault)}-spare"
        places[name] = [Place(f"{name}-1", fault), Place(f"{name}-2")]
    impatient = {name: PATIENCE for name in places if name.startswith("f19")}
    scene = prepared(stage, tmp_path_factory.mktemp("web"), places, impatient)
    with scene.gateway:
        yield scene


def test_every_fault_is_tried() -> None:
    assert set(FATES) | ELSEWHERE == {f"{each.number} {each.variant}".strip() for each in FAULTS}


@pytest.mark.parametrize("fault", FATES)
def test_a_fault_of_claude_web(fault: str, scene: Scene) -> None:
    fate, name = FATES[fault], named(fault)
    for way, provider in ((STREAMED, name), (WHOLE, f"{name}-whole")):
        hear(way, scene.ask(way, provider), fate)
        assert_account(scene, f"{provider}-1", fate)
    answer = scene.ask(STREAMED, f"{name}-spare")
    if fate.helps and not fate.midway:
        hear(STREAMED, answer, Fate())
        assert scene.completions(f"{name}-spare-2") == bool(fate.hears)
    else:
        hear(STREAMED, answer, fate)
        assert scene.completions(f"{name}-spare-2") == 0
    if fate.midway:
        hear(WHOLE, scene.ask(WHOLE, f"{name}-spare"), Fate())
