"""Which providers keep their answers, and what a change while running does to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from asgi import Reply, ask
from assembled import Script, logged, script
from cli.gateways import gateway
from isthmus.cli.caching import answer_cache, cache_figures
from isthmus.cli.compose import mirror, open_hands
from isthmus.cli.running import Running
from isthmus.config import Settings
from isthmus.control.people import Role
from isthmus.core.commands import Grant
from isthmus.core.secret import Secret
from isthmus.server.cache import AnswerCache, CacheRules

ON = {"enabled": True}
DUMMY = {"providers": {"dummy": {"type": "dummy"}}}
HELLO = {"model": "dummy-text", "max_tokens": 1000, "messages": [{"role": "user", "content": "hello"}]}


def settings(general: dict[str, Any], own: dict[str, Any], **more: Any) -> Settings:
    return Settings.model_validate(
        {"cache": general, "providers": {"dummy": {"type": "dummy", "cache": own}}, **more}
    )


def rules(general: dict[str, Any], own: dict[str, Any]) -> CacheRules | None:
    cache = answer_cache(settings(general, own), "dummy", None)
    return None if cache is None else cache.rules


def test_answers_are_kept_where_that_is_switched_on() -> None:
    assert rules({}, {}) is None
    assert rules(ON, {"enabled": False}) is None
    assert rules({}, ON) == rules(ON, {}) == CacheRules(3600, 1000, 64 << 20)
    own = {"ttl_s": 5, "max_mib": 1}
    assert rules(ON | {"ttl_s": 60, "max_entries": 7}, own) == CacheRules(5, 7, 1 << 20)


@pytest.mark.parametrize(
    ("changed", "is_kept"),
    [
        (settings(ON, {}), True),
        (settings(ON, {}, ip_limit={"enabled": True}, defaults={"timeout_s": 5}), True),
        (settings(ON, {"ttl_s": 5}), False),
        (settings(ON | {"ttl_s": 5}, {}), False),
        (settings(ON, {}, compression={"method": "drop"}), False),
        (settings(ON, {}, defaults={"loss_policy": "strict"}), False),
        (settings(ON, {}, auto_cache=False), False),
        (settings({}, {}), False),
    ],
)
def test_answers_stay_while_what_they_depend_on_does(changed: Settings, is_kept: bool) -> None:
    before = answer_cache(settings(ON, {}), "dummy", None)
    assert isinstance(before, AnswerCache)
    assert (answer_cache(changed, "dummy", before) is before) == is_kept


def test_another_address_or_map_has_other_answers() -> None:
    def at(**own: Any) -> Settings:
        return Settings.model_validate({"cache": ON, "providers": {"up": {"base_url": "http://a/v1", **own}}})

    before = answer_cache(at(), "up", None)
    assert answer_cache(at(), "up", before) is before
    for own in ({"base_url": "http://b/v1"}, {"models": {"a": "b"}}, {"headers": {"x-team": "b"}}):
        assert answer_cache(at(**own), "up", before) is not before


async def test_callers_with_sessions_of_their_own_have_none() -> None:
    providers = {"web": {"type": "claude-web"}}
    mirrored = {"enabled": True, "prefix": "/mine"}
    chosen = Settings.model_validate({"cache": ON, "providers": providers, "mirror": mirrored})
    async with open_hands(chosen.images) as hands:
        found = mirror(chosen, hands)
        assert found is not None
        offered = found.offer(Grant("session_key", Secret("sk-ant-sid01-someone")))
        assert [each.cache for each in offered.suppliers.values()] == [None]


async def hello(running: Running, **headers: str) -> Reply:
    return await ask(running.live.gateway, "POST", "/v1/messages", HELLO, headers)


async def mark(running: Running) -> str | None:
    return (await hello(running)).headers.get("x-isthmus-cache")


async def put(root: Script, **changes: Any) -> None:
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    assert (await root("PUT", "/v2/settings", changed)).status == 200


async def test_a_cache_is_switched_while_the_gateway_runs(tmp_path: Path) -> None:
    async with gateway(tmp_path, DUMMY) as (running, stores):
        root = await script(running, stores, Role.ADMIN)
        assert [await mark(running) for _ in range(2)] == [None, None]
        await put(root, cache__enabled=True)
        assert [await mark(running) for _ in range(3)] == ["miss", "hit", "hit"]
        assert (await root("POST", "/v2/keys", {"name": "one"})).status == 201
        await put(root, ip_limit__max_requests=1000)
        figures = cache_figures(lambda: running.live.gateway.endpoints.offer.suppliers)
        assert [(each.entries, each.hits, each.misses) for each in figures()] == [(1, 2, 1)], (
            "all is still there"
        )
        await put(root, cache__enabled=False)
        assert figures() == []
        await put(root, cache__enabled=True)
        assert [(each.entries, each.hits, each.misses) for each in figures()] == [(0, 0, 0)]


async def test_a_restart_empties_it(tmp_path: Path) -> None:
    for _ in range(2):
        async with gateway(tmp_path, DUMMY | {"cache": ON}) as (running, _):
            assert [await mark(running) for _ in range(2)] == ["miss", "hit"]


async def test_keys_have_answers_of_their_own_and_everybody_sees_the_figures(tmp_path: Path) -> None:
    async with gateway(tmp_path, DUMMY | {"cache": ON}) as (running, stores):
        root = await script(running, stores, Role.ADMIN)
        made = [(await root("POST", "/v2/keys", {"name": name})).json["secret"] for name in ("one", "two")]
        asked = [await hello(running, **{"x-api-key": made[at]}) for at in (0, 0, 1, 1)]
        assert [each.headers["x-isthmus-cache"] for each in asked] == ["miss", "hit", "miss", "hit"]
        own = (await ask(running.live.gateway, "GET", "/stats", headers={"x-api-key": made[0]})).json
        (shown,) = own["caches"]
        assert shown.pop("bytes") > 0
        assert shown == {"provider": "dummy", "entries": 2, "hits": 2, "misses": 2}
        assert [each["hits"] for each in (await root("GET", "/v2/stats")).json["caches"]] == [2]


async def test_the_log_says_which_answer_was_given_again(tmp_path: Path) -> None:
    async with gateway(tmp_path, DUMMY | {"cache": ON}) as (running, stores):
        root = await script(running, stores, Role.ADMIN)
        first, _ = await hello(running), await hello(running)
        await logged(running, 2)
        newer, older = (await root("GET", "/v2/logs")).json["items"]
        assert (older["lane"], newer["lane"]) == ("translated", "cache")
        assert older["output_tokens"] > 0
        assert (newer["output_tokens"], newer["cost_usd"], newer["status"]) == (None, None, 200)
        assert newer["notes"] == [f"cached: the answer to {first.headers['request-id']}"]
        today = (await root("GET", "/v2/stats")).json["today"]
        assert (today["requests"], today["output_tokens"]) == (2, older["output_tokens"])
