"""What a form must know of a setting is read from the setting itself."""

from __future__ import annotations

import pytest

from isthmus.config import ProviderSettings, Settings
from isthmus.config.forms import Form, form_of, settings_below
from isthmus.config.live import LIVE

ALL = dict(settings_below(Settings))


def form(name: str) -> Form:
    return form_of(name.rpartition(".")[2], ALL[name])


@pytest.mark.parametrize(
    ("name", "kind", "least", "most", "unit"),
    [
        ("server.port", "int", 0, 65_535, None),
        ("request_log.retention_days", "duration", 1, 3650, "days"),
        ("accounts.queue_timeout_s", "duration", 0, 600, "s"),
        ("compression.at", "float", 0, 1, None),
        ("compression.threshold_tokens", "int", 1000, None, "tokens"),
        ("cache.max_mib", "int", 1, 65_536, "MiB"),
        ("auto_cache", "bool", None, None, None),
        ("aliases", "map", None, None, None),
        ("server.cors_origins", "list", None, None, None),
        ("storage.url", "secret", None, None, None),
        ("server.host", "text", None, None, None),
    ],
)
def test_kind_bounds_and_unit(name: str, kind: str, least: float, most: float, unit: str | None) -> None:
    found = form(name)
    assert (found.kind, found.minimum, found.maximum, found.unit) == (kind, least, most, unit)


def test_choices_secrets_and_what_may_be_unset() -> None:
    assert form("logging.level").choices == ("debug", "info", "warning", "error")
    assert form("accounts.strategy").kind == "enum"
    assert [name for name in ALL if form(name).secret] == [
        *("api_keys", "providers", "storage.url", "storage.secret_key", "limits.redis_url")
    ]
    assert form("compression.model").optional
    assert not form("server.port").optional


def test_every_setting_has_a_form() -> None:
    assert set(LIVE) <= set(ALL)
    for section in (Settings, ProviderSettings):
        for name, field in settings_below(section):
            assert form_of(name.rpartition(".")[2], field).kind != "any" or name == "quirks", name
