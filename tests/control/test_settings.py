"""Settings change all or none, and go back to what the file says."""

from typing import Any

import pytest

from isthmus.config import RequestLogSettings, Settings, Source
from isthmus.control.failures import Invalid
from isthmus.control.people import OPERATOR
from isthmus.control.settings import SettingService
from isthmus.storage.audit import AuditFilter, AuditLog
from isthmus.storage.database import Database
from isthmus.storage.settings import SettingStore

FILE = Settings(request_log=RequestLogSettings(retention_days=90))


@pytest.fixture
def service(sqlite: Database) -> SettingService:
    return SettingService(SettingStore(sqlite), AuditLog(sqlite), FILE, lambda: ["local", "openai"])


async def values(service: SettingService) -> dict[str, Any]:
    return {each.name: each.value for each in await service.describe() if each.changed}


async def test_a_change_lasts_until_it_is_taken_back(service: SettingService) -> None:
    after = await service.change(
        OPERATOR, {"request_log.retention_days": "7", "aliases": {"fast": "local/llama"}}
    )
    assert after == await service.describe()
    assert await values(service) == {"request_log.retention_days": 7, "aliases": {"fast": "local/llama"}}
    after = await service.change(OPERATOR, {"request_log.retention_days": None})
    assert await values(service) == {"aliases": {"fast": "local/llama"}}
    assert next(each for each in after if each.name == "request_log.retention_days").value == 90


async def test_a_value_equal_to_the_files_is_still_a_change(service: SettingService) -> None:
    """It stays when the file is changed later."""
    await service.change(OPERATOR, {"request_log.retention_days": 90})
    assert await values(service) == {"request_log.retention_days": 90}


async def test_nothing_changes_when_anything_is_wrong(service: SettingService) -> None:
    with pytest.raises(Invalid) as caught:
        await service.change(
            OPERATOR,
            {"auto_cache": False, "logging.level": "loud", "server.port": 1, "default_provider": "openia"},
        )
    assert {each.field: each.message for each in caught.value.fields} == {
        "logging.level": "not one of the choices (found 'loud'); choose one of debug, info, warning, error",
        "server.port": "cannot be changed while running; write it into the configuration file",
        "default_provider": "not among the providers (found 'openia'); did you mean 'openai'?",
    }
    assert "logging.level: not one of the choices" in caught.value.message
    assert await values(service) == {}


@pytest.mark.parametrize("name", ["vault.canary", "nonsense", "", "api_keys"])
async def test_taking_back_what_is_no_setting_is_refused(service: SettingService, name: str) -> None:
    with pytest.raises(Invalid):
        await service.change(OPERATOR, {name: None})


async def test_a_value_that_no_table_can_hold_is_refused(service: SettingService) -> None:
    aliases = {f"alias-{number}": "x" * 100 for number in range(1000)}
    with pytest.raises(Invalid, match="60000 bytes"):
        await service.change(OPERATOR, {"aliases": aliases})
    assert await values(service) == {}


async def test_changes_are_noted(service: SettingService) -> None:
    await service.change(OPERATOR, {})
    await service.change(OPERATOR, {"auto_cache": False, "logging.level": None})
    [line] = await service.audit.page(AuditFilter(), None, 10)
    assert (line.action, line.target) == ("settings.change", "auto_cache, logging.level")
    assert line.detail == "auto_cache: false; logging.level: as configured"


async def test_a_stored_value_that_fits_no_more_is_shown_with_its_reason(service: SettingService) -> None:
    await service.store.save({"logging.level": "loud"}, 1)
    level = next(each for each in await service.describe() if each.name == "logging.level")
    assert (level.value, level.changed) == ("info", False)
    assert level.problem is not None
    # It does not stand in the way of the next change.
    assert (await service.change(OPERATOR, {"logging.level": "debug"}))[0].value == "debug"


async def test_each_value_has_a_source(sqlite: Database) -> None:
    configured = FILE.model_copy(update={"default_provider": "local"})
    sources = {"request_log.retention_days": Source.FILE, "logging.level": Source.ENVIRONMENT}
    service = SettingService(SettingStore(sqlite), AuditLog(sqlite), configured, list, sources)
    found = {
        each.name: service.source_of(each) for each in await service.change(OPERATOR, {"auto_cache": False})
    }
    assert found["request_log.retention_days"] == "file"
    assert found["logging.level"] == "environment"
    assert found["auto_cache"] == "stored"
    assert found["default_provider"] == "automatic"
    assert found["request_log.enabled"] == "default"
