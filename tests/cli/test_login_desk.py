"""What commands need to sign accounts in: providers found or made, and questions that go out as requests do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from isthmus.cli.compose import open_hands
from isthmus.cli.failure import CommandFailed
from isthmus.cli.login_desk import LoginDesk, open_login_desk, sender, sign_in_types
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.control.failures import Conflict, Invalid, NotFound, OperationFailed
from isthmus.core.commands import Call
from isthmus.core.errors import UpstreamError
from isthmus.core.secret import Secret
from isthmus.simulators.amazon_q.simulator import Simulator
from isthmus.storage.providers import StoredProvider
from isthmus.transport.http import Http

AMAZON = {"type": "amazon-q"}


@asynccontextmanager
async def desk(folder: Path, **providers: dict[str, Any]) -> AsyncIterator[LoginDesk]:
    known = {name.replace("_", "-"): each for name, each in providers.items()}
    settings = Settings.model_validate({"providers": known, "storage": {"data_dir": str(folder)}})
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_stores(settings))
        hands = await stack.enter_async_context(open_hands(settings.images))
        yield await LoginDesk.of(stores, hands)


def test_types_that_sign_in() -> None:
    assert list(sign_in_types()) == ["amazon-q"]


async def test_the_first_sign_in_makes_the_provider(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        assert await here.provider_for("amazon-q", None) == "amazon-q"
        assert here.settings.providers["amazon-q"].type == "amazon-q"
        assert [each.provider for each in here.logins.offered()] == ["amazon-q"]
        assert await here.provider_for("amazon-q", None) == "amazon-q", "and the second finds it"
    async with desk(tmp_path) as again:
        assert [each.provider for each in again.logins.offered()] == ["amazon-q"]


async def test_a_provider_is_meant_by_its_type_or_its_name(tmp_path: Path) -> None:
    async with desk(tmp_path, team=AMAZON, play={"type": "dummy"}) as here:
        assert await here.provider_for("amazon-q", None) == "team"
        assert await here.provider_for("amazon-q", "team") == "team"
        assert await here.provider_for("team", None) == "team"
        with pytest.raises(Conflict, match="--provider says 'play'"):
            await here.provider_for("team", "play")
        with pytest.raises(OperationFailed):
            await here.provider_for("amazon-q", "play")
        with pytest.raises(NotFound, match="'nobody' is neither"):
            await here.provider_for("nobody", None)
    async with desk(tmp_path, one=AMAZON, two=AMAZON) as several:
        with pytest.raises(Invalid, match="one, two"):
            await several.provider_for("amazon-q", None)


async def test_a_provider_that_is_off_is_not_used(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.providers.providers.add(StoredProvider("amazon-q", "amazon-q", {}, 1, 1, enabled=False))
        with pytest.raises(Conflict, match="switched off"):
            await here.provider_for("amazon-q", None)


async def test_the_usual_method_is_the_first(tmp_path: Path) -> None:
    async with desk(tmp_path, team=AMAZON) as here:
        assert here.method("team", None).name == "builder_id"
        assert here.method("team", "idc").name == "idc"
        with pytest.raises(Conflict, match=r"choose one of builder_id, idc$"):
            here.method("team", "password")


async def test_accounts_that_do_not_sign_in_are_added(tmp_path: Path) -> None:
    async with desk(tmp_path, web={"type": "claude-web"}) as here:
        with pytest.raises(Conflict, match="do not sign in: `isthmus accounts add web`"):
            here.method("web", None)


async def test_questions_go_through_the_nearest_proxy() -> None:
    nowhere = "http://127.0.0.1:9"
    async with Simulator() as simulator, Http() as http:
        call = Call("POST", f"{simulator.token_url}/token", (("content-type", "application/json"),), b"{}")
        direct = Settings.model_validate({"providers": {"team": AMAZON}})
        proxied = Settings.model_validate({"providers": {"team": {**AMAZON, "proxy": nowhere}}})
        assert (await sender(lambda: direct, http)("team", None, call)).head.status == 401
        with pytest.raises(UpstreamError):
            await sender(lambda: proxied, http)("team", None, call)
        with pytest.raises(UpstreamError):
            await sender(lambda: direct, http)("team", Secret(nowhere), call)
        [asked] = simulator.log
        assert asked.headers["user-agent"].startswith("isthmus/")


async def test_what_is_refused_ends_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandFailed, match="neither"):
        async with open_login_desk(None) as here:
            await here.provider_for("nobody", None)
