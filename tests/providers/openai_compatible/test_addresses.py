from __future__ import annotations

import pytest

from isthmus.providers.openai_compatible.addresses import addresses_of
from isthmus.providers.openai_compatible.vendors import VENDORS, vendor_for


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://api.siliconflow.cn/v1", "https://api.siliconflow.cn/v1/chat/completions"),
        ("https://api.siliconflow.cn/v1/", "https://api.siliconflow.cn/v1/chat/completions"),
        ("https://api.siliconflow.cn", "https://api.siliconflow.cn/v1/chat/completions"),
        ("https://x.example/v1/chat/completions", "https://x.example/v1/chat/completions"),
        ("https://x.example/deep/v3", "https://x.example/deep/v3/chat/completions"),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/chat/completions"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/v1/chat/completions"),
        ("https://openrouter.ai", "https://openrouter.ai/api/v1/chat/completions"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1/chat/completions"),
        ("https://api.groq.com", "https://api.groq.com/openai/v1/chat/completions"),
        ("https://api.z.ai/api/paas/v4", "https://api.z.ai/api/paas/v4/chat/completions"),
        ("https://x.example/v1?api-version=2", "https://x.example/v1/chat/completions?api-version=2"),
    ],
)
def test_what_operators_write_as_an_address(base_url: str, expected: str) -> None:
    assert addresses_of(base_url, vendor_for(base_url)).of("/v1/chat/completions") == expected


def test_a_vendor_brings_its_own() -> None:
    assert (
        addresses_of("", VENDORS["zhipu"]).of("/v1/models") == "https://open.bigmodel.cn/api/paas/v4/models"
    )
    with pytest.raises(ValueError, match="base_url is missing"):
        addresses_of(" ", VENDORS["generic"])


def test_continuations_go_elsewhere_only_at_the_vendor_itself() -> None:
    deepseek = VENDORS["deepseek"]
    path = "/v1/chat/completions"
    assert (
        addresses_of("", deepseek).of_continuation(path) == "https://api.deepseek.com/beta/chat/completions"
    )
    near = addresses_of("http://127.0.0.1:5/v1", deepseek)
    assert near.of_continuation(path) == "http://127.0.0.1:5/v1/chat/completions"
