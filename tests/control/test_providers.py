"""What operators can do with providers, and what they are refused."""

from __future__ import annotations

from typing import Any

import pytest

from desk import ANNA, Desk, account_input, set_up
from isthmus.control.failures import Conflict, Invalid, NotFound, Outdated
from isthmus.control.providers import ProviderInput, ProviderPatch
from isthmus.core.secret import Secret
from isthmus.storage.database import Database
from isthmus.storage.providers import StoredProvider
from isthmus.storage.vault import Vault

URL = "https://vendor.example/v1"


@pytest.fixture
async def desk(sqlite: Database, vault: Vault) -> Desk:
    return set_up(sqlite, vault)


async def create(desk: Desk, name: str = "vendor", **changes: Any) -> None:
    settings = {"base_url": URL, "headers": {"x-team": "canary"}, "models": ["small"]}
    written = {"name": name, "settings": settings} | changes
    await desk.providers.create(ANNA, ProviderInput.model_validate(written))


async def test_configured_and_stored_ones_are_listed_by_name(desk: Desk) -> None:
    await create(desk)
    await desk.accounts.create(ANNA, account_input(provider="vendor"))
    pages = [await desk.providers.page(None, 2)]
    pages.append(await desk.providers.page(pages[0].next_cursor, 2))
    assert pages[1].next_cursor is None
    views = [view for page in pages for view in page.items]
    assert [(view.name, view.read_only, view.accounts) for view in views] == [
        ("openai", True, {"healthy": 1}),
        ("play", True, {"healthy": 1}),
        ("vendor", False, {"healthy": 1}),
    ]
    assert [view.models for view in views] == [{"small": "gpt-small"}, {}, {"small": "small"}]
    assert views[0].proxy == "http://proxy:3128"
    assert views[0].settings["proxy"] == "***"
    assert "pass" not in str(views)
    assert "canary" not in str(views)


async def test_a_created_provider_is_noted(desk: Desk) -> None:
    await create(desk)
    assert desk.notes == [("provider.create", "vendor", "openai-compatible")]


@pytest.mark.parametrize(
    ("changes", "failure", "field"),
    [
        ({"name": "openai"}, Conflict, "name"),
        ({"name": "v2"}, Invalid, "name"),
        ({"name": "a/b"}, Invalid, "name"),
        ({"type": "unheard-of"}, Invalid, "type"),
        ({"settings": {"base_url": "x"}}, Invalid, "settings.base_url"),
        ({"settings": {"base_url": URL, "api_key": "sk-1"}}, Invalid, "settings.api_key"),
    ],
)
async def test_what_cannot_be_created(
    desk: Desk, changes: dict[str, Any], failure: type[Conflict | Invalid], field: str
) -> None:
    with pytest.raises(failure) as refused:
        await create(desk, **changes)
    assert [each.field for each in refused.value.fields] == [field]
    assert await desk.providers.providers.load_all() == []


@pytest.mark.parametrize(
    "part", [{"cli_path": "/bin/sh"}, {"file_access": {"allowed_tools": ["Bash"]}}, {"mcp": {}}]
)
async def test_nobody_chooses_from_afar_what_runs_on_the_machine(desk: Desk, part: dict[str, Any]) -> None:
    [name] = part
    with pytest.raises(Invalid) as refused:
        await create(desk, type="claude-code", settings={"claude_code": part})
    assert [each.field for each in refused.value.fields] == [f"settings.claude_code.{name}"]
    await create(desk, type="claude-code", settings={"claude_code": {"mode": "interactive"}})
    before = await desk.providers.providers.load_all()
    with pytest.raises(Invalid):
        await desk.providers.edit(ANNA, "vendor", ProviderPatch(settings={"claude_code": part}))
    assert await desk.providers.providers.load_all() == before


async def test_a_name_is_taken_once(desk: Desk) -> None:
    await create(desk)
    with pytest.raises(Conflict):
        await create(desk)


async def test_what_a_later_version_has_stored_stays_off(desk: Desk) -> None:
    settings = {"session": Secret("canary"), "style": "x"}
    await desk.providers.providers.add(StoredProvider("vendor", "of-later", settings, 1, 1, enabled=False))
    view = await desk.providers.get("vendor")
    assert (view.enabled, view.settings) == (False, {"session": "***", "style": "x"})
    assert "of-later" in str(view.off_reason)
    with pytest.raises(Conflict):
        await desk.providers.edit(ANNA, "vendor", ProviderPatch(enabled=True))


async def test_a_change_of_what_somebody_else_changed_is_refused(desk: Desk) -> None:
    await create(desk)
    read = (await desk.providers.get("vendor")).updated_ms
    await desk.providers.edit(ANNA, "vendor", ProviderPatch(enabled=False), read_ms=read)
    with pytest.raises(Outdated, match="vendor"):
        await desk.providers.edit(ANNA, "vendor", ProviderPatch(enabled=True), read_ms=read)
    assert not (await desk.providers.get("vendor")).enabled


async def test_an_edit_keeps_what_was_not_written(desk: Desk) -> None:
    await create(desk)
    patch = ProviderPatch(settings={"headers": {"x-team": "***", "x-new": "n"}, "models": None})
    view = await desk.providers.edit(ANNA, "vendor", patch)
    assert view.settings == {"base_url": URL, "headers": {"x-team": "***", "x-new": "***"}}
    stored = await desk.providers.providers.find("vendor")
    assert stored is not None
    assert stored.settings["headers"] == {"x-team": Secret("canary"), "x-new": Secret("n")}
    assert desk.notes[-1] == ("provider.edit", "vendor", "headers, models")
    view = await desk.providers.edit(ANNA, "vendor", ProviderPatch(enabled=False))
    assert not view.enabled


async def test_a_wrong_edit_changes_nothing(desk: Desk) -> None:
    await create(desk)
    before = await desk.providers.providers.load_all()
    with pytest.raises(Invalid) as refused:
        await desk.providers.edit(ANNA, "vendor", ProviderPatch(settings={"base_url": None}))
    assert [each.field for each in refused.value.fields] == ["settings"]
    assert await desk.providers.providers.load_all() == before


async def test_the_configuration_file_has_the_last_word(desk: Desk) -> None:
    # A provider was stored, and later declared in the file under the same name.
    await desk.providers.providers.add(StoredProvider("play", "anthropic", {}, 1, 1))
    assert (await desk.providers.get("play")).type == "dummy"
    assert len((await desk.providers.page(None, 10)).items) == 2
    with pytest.raises(Conflict, match=r"providers\.play"):
        await desk.providers.edit(ANNA, "play", ProviderPatch(enabled=False))
    with pytest.raises(Conflict, match=r"providers\.play"):
        await desk.providers.remove(ANNA, "play", with_accounts=True)


async def test_a_provider_with_accounts_goes_only_with_them(desk: Desk) -> None:
    await create(desk)
    await desk.accounts.create(ANNA, account_input(provider="vendor"))
    with pytest.raises(Conflict, match="1 account:"):
        await desk.providers.remove(ANNA, "vendor", with_accounts=False)
    await desk.providers.remove(ANNA, "vendor", with_accounts=True)
    assert desk.notes[-1] == ("provider.delete", "vendor", "with 1 accounts")
    assert await desk.accounts.accounts.load_all() == []
    for ask in (
        desk.providers.get("vendor"),
        desk.providers.remove(ANNA, "vendor", with_accounts=True),
        desk.providers.edit(ANNA, "vendor", ProviderPatch(enabled=True)),
    ):
        with pytest.raises(NotFound):
            await ask
