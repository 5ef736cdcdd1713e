"""What is written in the settings arrives where it works."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isthmus.cli.compose import Credentials, Hands, build, directory, mirror, open_hands, source
from isthmus.config import Settings
from isthmus.core.commands import Fetch, Grant, Keep, Stream
from isthmus.core.conversation import Conversation, Role, Text, Turn
from isthmus.core.errors import BadRequest, Scope, UpstreamError
from isthmus.core.interfaces import CHAT, MESSAGES, ModelInfo, Target
from isthmus.core.losses import Policy
from isthmus.core.secret import Secret
from isthmus.routing.pool import AccountId, Member
from isthmus.server.gateway import Gateway
from isthmus.shaping.compression import Method, Plan

SETTINGS: dict[str, Any] = {
    "server": {
        "max_body_mib": 3,
        "allowed_hosts": ["gateway.example.com"],
        "cors_origins": ["https://chat.example.com"],
    },
    "api_keys": ["key-of-a-client"],
    "providers": {
        "near": {
            "type": "dummy",
            "models": {"claude-*": "dummy-text"},
            "default_model": "dummy-echo",
            "loss_policy": "strict",
            "connect_timeout_s": 1,
            "first_byte_timeout_s": 2,
            "idle_timeout_s": 3,
            "timeout_s": 4,
            "capabilities": {"dummy-text": {"vision": False}},
        },
        "far": {"type": "dummy", "proxy": "http://127.0.0.1:9"},
    },
    "default_provider": "near",
    "aliases": {"fast": "far/dummy-long"},
    "streams": {"commit_after_s": 5, "keepalive_s": 6},
}


async def built(**changes: Any) -> Gateway:
    settings = Settings.model_validate(SETTINGS | changes)
    async with open_hands(settings.images) as hands:
        return build(settings, hands)


async def test_answers_of_claude_code_have_less_time() -> None:
    for changes, seconds in (
        ({}, 300),
        ({"defaults": {"timeout_s": 9}}, 9),
        ({"defaults": {"idle_timeout_s": 9}}, 300),
        ({"providers": {"near": {"type": "claude-code", "timeout_s": 7}}}, 7),
    ):
        gateway = await built(**{"providers": {"near": {"type": "claude-code"}}, "aliases": {}, **changes})
        assert gateway.endpoints.offer.suppliers["near"].face.channel.limits.whole_s == seconds


async def test_images_by_path_are_read_for_the_provider_that_names_directories(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 16)
    access = {"claude_code": {"file_access": {"image_dirs": [str(tmp_path)]}}}
    providers = {"near": {"type": "claude-code"} | access, "far": {"type": "claude-code"}}
    suppliers = (await built(providers=providers, aliases={})).endpoints.offer.suppliers
    assert suppliers["far"].face.read_file is None
    read_file = suppliers["near"].face.read_file
    assert read_file is not None
    assert (await read_file(Fetch(f"{tmp_path}/x.png", "f"))).media_type == "image/png"


async def test_limits_and_policy_reach_the_sources() -> None:
    gateway = await built()
    near = gateway.endpoints.offer.suppliers["near"].face
    limits = near.channel.limits
    assert (limits.connect_s, limits.first_byte_s, limits.idle_s, limits.whole_s) == (1, 2, 3, 4)
    assert near.policy is Policy.STRICT
    assert near.name == "near"
    assert not near.provider.abilities("dummy-text").vision
    assert gateway.endpoints.offer.suppliers["far"].policy is Policy.REPAIR


async def test_the_listener_has_its_rules() -> None:
    gateway = await built()
    assert gateway.endpoints.max_body_bytes == 3 << 20
    assert (gateway.endpoints.offer.pace.commit_after_s, gateway.endpoints.offer.pace.keepalive_s) == (5, 6)
    gateway.guard.check_host({"host": "gateway.example.com"})
    gateway.guard.check_origin({"origin": "https://chat.example.com"})
    gateway.admission.callers.find({"x-api-key": "key-of-a-client"}, "", 0.0)
    with pytest.raises(BadRequest):
        gateway.admission.callers.find({"x-api-key": "another"}, "", 0.0)


async def test_every_dialect_is_there() -> None:
    gateway = await built()
    assert {MESSAGES, CHAT, "openai_completions"} <= set(gateway.dialects)
    page = json.loads(
        gateway.endpoints.model_pages.page([ModelInfo("a")], limit=None, after_id=None, before_id=None)
    )
    assert [model["id"] for model in page["data"]] == ["a"]
    assert json.loads(gateway.endpoints.model_pages.one(ModelInfo("a")))["id"] == "a"
    counted = gateway.endpoints.parse_count(b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}', {})
    assert counted.conversation.model == "m"


def test_models_find_their_provider() -> None:
    found = directory(Settings.model_validate(SETTINGS))
    assert [
        (found.choose(name).provider, found.choose(name).model) for name in ("claude-x", "other", "fast")
    ] == [
        ("near", "dummy-text"),
        ("near", "dummy-echo"),
        ("far", "dummy-long"),
    ]


async def test_settings_that_do_not_fit_together_are_a_value_error() -> None:
    with pytest.raises(ValueError, match="circle"):
        await built(aliases={"a": "b", "b": "a"})


async def test_hands_are_closed_after_use() -> None:
    async with open_hands(Settings().images) as hands:
        assert isinstance(hands, Hands)
        channel = hands.http.channel(
            limits=(await built()).endpoints.offer.suppliers["near"].face.channel.limits
        )
    assert channel._session.closed


@pytest.mark.parametrize("wanted", [True, False])
async def test_auto_cache_reaches_anthropic(wanted: bool) -> None:
    gateway = await built(
        providers={"claude": {"type": "anthropic", "api_key": "sk-ant-x"}},
        default_provider="claude",
        aliases={},
        auto_cache=wanted,
    )
    provider = gateway.endpoints.offer.suppliers["claude"].face.provider
    hello = Conversation("claude-sonnet-5", (Turn(Role.USER, (Text("Hello" * 9999),)),), max_tokens=9)
    command = next(provider.exchange(hello, Target("claude-sonnet-5", provider.abilities("claude-sonnet-5"))))
    assert isinstance(command, Stream)
    assert (b"cache_control" in command.body) is wanted


ACCOUNT = Credentials("far", Member(AccountId("acc_1")), {"api_key": Secret("stored-key")}, details={"a": 1})


TOLD = Keep({"session_key": Secret("new")}, used=Secret("kept"))


class Notebook:
    """Keeps accounts signed in, and notes who asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Secret | None]] = []
        self.told: list[tuple[str, Keep]] = []

    def keep(self, account: str, told: Keep) -> None:
        self.told.append((account, told))

    async def grant(self, account: str, refused: Secret | None) -> Grant:
        self.asked.append((account, refused))
        return Grant("builder_id", Secret("kept"))


async def test_accounts_get_their_access_from_the_keeper() -> None:
    settings, notebook = Settings.model_validate(SETTINGS), Notebook()
    async with open_hands(settings.images) as hands:
        kept = source(settings, "far", hands, ACCOUNT, notebook)
        assert (await kept.authorize(None)).token == Secret("kept")
        await kept.authorize(Secret("old"))
        of_the_file = replace(ACCOUNT, member=Member(AccountId("config:far")))
        declared = source(settings, "far", hands, of_the_file, notebook)
        assert (await declared.authorize(None)).token == Secret("kept")
        alone = source(settings, "far", hands, ACCOUNT)
        assert await alone.authorize(None) == Grant("api_key", Secret("stored-key"), {"a": 1})
        for each in (kept, declared, alone):
            each.keep(TOLD)
    assert notebook.told == [("acc_1", TOLD), ("config:far", TOLD)], "without a keeper nothing is kept"
    assert notebook.asked == [("acc_1", None), ("acc_1", Secret("old")), ("config:far", None)]


async def test_a_key_that_was_refused_is_not_shown_again() -> None:
    settings = Settings.model_validate(SETTINGS)
    async with open_hands(settings.images) as hands:
        own = source(settings, "far", hands, ACCOUNT)
        for refusing in (
            own.authorize(Secret("stored-key")),
            source(settings, "far", hands).authorize(None),
        ):
            with pytest.raises(UpstreamError) as raised:
                await refusing
            assert raised.value.scope is Scope.CREDENTIAL


WEB = {"type": "claude-web"}


@pytest.mark.parametrize(
    ("providers", "mirror", "chosen"),
    [
        ({"web": WEB}, {"enabled": True, "prefix": "/m"}, "web"),
        ({"web": WEB, "two": WEB}, {"enabled": True, "prefix": "/m", "provider": "two"}, "two"),
        ({"web": WEB, "two": WEB}, {"enabled": True, "prefix": "/m"}, None),
        ({}, {"enabled": True, "prefix": "/m"}, None),
        ({}, {"enabled": True, "prefix": "/m", "provider": "near"}, None),
        ({"web": WEB}, {"prefix": "/m"}, None),
        ({"web": WEB}, {"enabled": True}, None),
    ],
)
async def test_mirror_mode_is_off_where_it_is_not_clear_what_it_mirrors(
    providers: dict[str, Any], mirror: dict[str, Any], chosen: str | None
) -> None:
    found = (await built(providers=SETTINGS["providers"] | providers, mirror=mirror)).mirror
    assert (None if found is None else found.provider) == chosen


async def test_a_callers_session_sees_its_provider_and_nothing_else() -> None:
    settings = Settings.model_validate(
        SETTINGS
        | {
            "providers": SETTINGS["providers"] | {"web": WEB | {"models": {"best": "claude-opus-4-8"}}},
            "mirror": {"enabled": True, "prefix": "/m", "requests_per_minute": 7},
        }
    )
    caller = Grant("session_key", Secret("sk-ant-sid01-made-up"), {"organization_id": "o"})
    async with open_hands(settings.images) as hands:
        found = mirror(settings, hands)
        assert found is not None
        assert found.requests_per_minute == 7
        first, second = found.offer(caller), found.offer(caller)
        assert [*first.suppliers] == ["web"]
        assert first.plans == {}
        assert first.directory.choose("best").model == "claude-opus-4-8"
        supplier = first.suppliers["web"]
        assert supplier.max_attempts == 1
        assert supplier.face.provider is not second.suppliers["web"].face.provider, (
            "nobody shares what it learns"
        )
        assert await supplier.face.authorize(None) is caller
        with pytest.raises(UpstreamError) as refused:
            await supplier.face.authorize(caller.token)
        assert refused.value.scope is Scope.CREDENTIAL
        assert supplier.face.keep(TOLD) is None


async def test_plans_of_compression_reach_the_endpoints_of_providers_that_want_it() -> None:
    providers = {
        "near": SETTINGS["providers"]["near"],
        "far": {"type": "dummy", "compression": {"method": "off"}},
        "own": {"type": "dummy", "compression": {"keep_turns": 2, "threshold_tokens": 5000}},
    }
    general = {"method": "summarise", "model": "fast", "at": 0.5, "timeout_s": 9}
    gateway = await built(providers=providers, compression=general, aliases={})
    near = Plan(Method.SUMMARISE, at=0.5, model="fast", timeout_s=9)
    own = replace(near, keep_turns=2, threshold_tokens=5000)
    assert gateway.endpoints.offer.plans == {"near": near, "own": own}
    assert (await built()).endpoints.offer.plans == {}
