"""The forms ask for exactly what the checks demand."""

from __future__ import annotations

import pytest

from isthmus.control.account_checks import SERVED_TYPES, account_problems
from isthmus.control.provider_settings import settings_problems
from isthmus.control.provider_types import FIELD_TITLES, KIND_TITLES, ProviderType, provider_types
from isthmus.core.secret import Secret

TYPES = {each.type: each for each in provider_types()}
REAL = {"session_key": "sk-ant-sid01-" + "a" * 40, "oauth_token": "sk-ant-oat01-abcdef"}


def test_every_type_that_is_served_has_texts() -> None:
    assert TYPES.keys() == SERVED_TYPES
    for each in TYPES.values():
        assert each.texts.title and each.texts.description and each.texts.documentation.startswith("docs/")
        for kind in each.kinds:
            assert kind.kind in KIND_TITLES, f"{each.type}: {kind.kind} has no title"
            for field in kind.fields:
                assert field.name.partition(".")[2] in FIELD_TITLES, field.name


@pytest.mark.parametrize("type", TYPES.values(), ids=list(TYPES))
def test_what_a_form_demands_is_what_the_checks_demand(type: ProviderType) -> None:
    for kind in type.kinds:
        value = REAL.get(kind.kind, "value-0123456789")
        required = [each for each in kind.fields if each.required]
        credential = {each.name.partition(".")[2]: Secret(value) for each in required if each.secret}
        details = {
            each.name.partition(".")[2]: "https://login.example.com/t" for each in required if not each.secret
        }
        names = {"p": type.type}
        problems = {each.field for each in account_problems("p", kind.kind, credential, names, details)}
        assert not problems & {each.name for each in kind.fields}, (kind.kind, problems)
        for field in required:
            place, _, name = field.name.partition(".")
            less = {
                key: each
                for key, each in (credential if place == "credential" else details).items()
                if key != name
            }
            without = (less, details) if place == "credential" else (credential, less)
            assert [*account_problems("p", kind.kind, without[0], names, without[1])], field.name


@pytest.mark.parametrize("type", TYPES.values(), ids=list(TYPES))
def test_no_type_is_offered_a_setting_that_it_refuses(type: ProviderType) -> None:
    samples = {"bool": True, "list": [], "map": {}}
    needed = {"base_url": "https://vendor.example/v1"} if type.base_url == "needed" else {}
    for setting in type.settings:
        if setting.form.kind not in samples or "." in setting.name:
            continue
        written = needed | {setting.name: samples[setting.form.kind]}
        assert not settings_problems("p", type.type, written), setting.name
    named = {each.name for each in type.settings}
    assert ("base_url" in named) is (type.base_url != "none")
    assert not any("cli_path" in name or "file_access" in name for name in named)
