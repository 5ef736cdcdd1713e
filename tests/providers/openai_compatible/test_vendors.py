from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from isthmus.core.abilities import FIELDS, Abilities
from isthmus.providers.openai_compatible.vendor import QUIRKS, Continuation, Vendor
from isthmus.providers.openai_compatible.vendors import VENDORS, vendor_for, vendor_named


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))
def test_every_row_names_things_that_exist(vendor: Vendor) -> None:
    assert set(vendor.abilities) <= FIELDS
    replace(Abilities(), **vendor.abilities)
    for row in vendor.models:
        assert set(row.abilities) <= FIELDS
        assert set(row.quirks) <= set(QUIRKS)
    assert Abilities(**vendor.abilities).prefill == (vendor.continuation is not Continuation.NONE)


@pytest.mark.parametrize(
    "vendor", [row for row in VENDORS.values() if row.base_url], ids=[n for n in VENDORS if n != "generic"]
)
def test_every_address_is_known_again(vendor: Vendor) -> None:
    assert vendor_for(vendor.base_url) is vendor
    assert not vendor.base_url.endswith("/")
    assert urlsplit(vendor.base_url).path


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://api.siliconflow.com/v1", "siliconflow"),
        ("https://api.z.ai/api/coding/paas/v4", "zhipu"),
        ("https://api.moonshot.cn/v1", "moonshot"),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "qwen"),
        ("https://mine.openai.azure.com/openai/v1", "openai"),
        ("HTTPS://API.OPENAI.COM/v1/", "openai"),
        ("http://localhost:11434", "ollama"),
        ("http://localhost:1234/v1", "lmstudio"),
        ("http://[::1]:8080/v1", "llamacpp"),
        ("127.0.0.1:8000/v1", "vllm"),
        ("http://127.0.0.1:9999/v1", "generic"),
        ("https://example.org:11434/v1", "generic"),
        ("https://api.openai.com.example.org/v1", "generic"),
        ("https://notmoonshot.ai/v1", "generic"),
        ("http://localhost:port/v1", "generic"),
        ("", "generic"),
    ],
)
def test_an_address_tells_the_vendor(address: str, name: str) -> None:
    assert vendor_for(address).name == name


def test_a_vendor_by_name() -> None:
    assert vendor_named("groq") is VENDORS["groq"]
    with pytest.raises(ValueError, match=r"unknown vendor 'grok': use one of openai, siliconflow, .*generic"):
        vendor_named("grok")
