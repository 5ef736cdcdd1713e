"""`/v2/stats/minutes`, `/v2/stats/accounts` and `/v2/ips/top` over a gateway that was asked something."""

from __future__ import annotations

from pathlib import Path

import asgi
from assembled import logged, script
from cli.gateways import gateway
from isthmus.control.people import Role

HELLO = {"model": "dummy", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}


async def test_what_happened_lately(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, stores):
        json = {"content-type": "application/json"}
        for _ in range(2):
            assert (await asgi.ask(running.live.gateway, "POST", "/v1/messages", HELLO, json)).status == 200
        await logged(running, 2)
        viewer = await script(running, stores, Role.VIEWER)
        course = (await viewer("GET", "/v2/stats/minutes?minutes=3")).json
        assert (len(course["items"]), course["complete"]) == (3, True)
        assert sum(each["requests"] for each in course["items"]) == 2
        assert all(each["tokens"] == each["input_tokens"] + each["output_tokens"] for each in course["items"])
        counts = (await viewer("GET", "/v2/stats/accounts")).json["items"]
        assert counts == [
            {
                "provider": "dummy",
                "total": 1,
                "states": {"healthy": 1},
                "resting": {},
                "off": 0,
                "needs_sign_in": 0,
            }
        ]
        [caller] = (await viewer("GET", "/v2/ips/top")).json["items"]
        assert (caller["requests"], caller["failures"], caller["blocked"]) == (2, 0, None)
        upside_down = "/v2/ips/top?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z"
        assert (await viewer("GET", upside_down)).status == 422
        holder = await script(running, stores, Role.HOLDER)
        own = (await holder("GET", "/v2/stats/minutes?minutes=3")).json["items"]
        assert sum(each["requests"] for each in own) == 0, "they have no key"
        for path in ("/v2/stats/accounts", "/v2/ips/top"):
            assert (await holder("GET", path)).status == 403
