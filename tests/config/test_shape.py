from __future__ import annotations

from isthmus.config.capabilities import Capabilities
from isthmus.config.sections.provider import ProviderSettings
from isthmus.config.settings import ServerSettings, Settings
from isthmus.config.shape import (
    bare,
    holds_secret,
    is_list,
    is_mapping,
    names_below,
    section_of,
    step,
    type_at,
    value_type,
)
from isthmus.core.secret import Secret


def test_types_are_found_under_dotted_names() -> None:
    assert bare(type_at(Settings, ("server", "port"))) is int
    assert section_of(type_at(Settings, ("providers", "any"))) is ProviderSettings
    assert section_of(type_at(Settings, ("providers", "any", "capabilities", "x*"))) is Capabilities
    assert bare(type_at(Settings, ("providers", "any", "api_key"))) is Secret
    assert type_at(Settings, ("server", "prot")) is None
    assert type_at(Settings, ("server", "port", "deeper")) is None


def test_lists_and_mappings_are_told_apart() -> None:
    keys, aliases = type_at(Settings, ("api_keys",)), type_at(Settings, ("aliases",))
    assert (is_list(keys), is_mapping(keys)) == (True, False)
    assert (is_list(aliases), is_mapping(aliases)) == (False, True)
    assert bare(value_type(keys)) is Secret
    assert bare(step(aliases, "x")) is str


def test_secrets_are_found_at_any_depth() -> None:
    assert holds_secret(Settings)
    for key in [("api_keys",), ("providers",), ("providers", "x", "headers"), ("providers", "x", "proxy")]:
        assert holds_secret(type_at(Settings, key))
    assert not holds_secret(ServerSettings)
    assert not holds_secret(type_at(Settings, ("providers", "x", "models")))


def test_every_fixed_name_is_listed() -> None:
    names = set(names_below(Settings))
    assert {("server",), ("server", "port"), ("api_keys",), ("logging", "level")} <= names
    assert all(len(name) <= 2 for name in names)
