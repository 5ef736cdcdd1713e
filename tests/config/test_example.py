from __future__ import annotations

import re
from collections.abc import Callable

from isthmus.config import Loaded, example_yaml

Reads = Callable[..., Loaded]


def test_the_sample_file_loads_without_any_variable(reads: Reads) -> None:
    loaded = reads(example_yaml())
    assert list(loaded.settings.providers) == ["siliconflow", "anthropic", "local", "dummy"]
    assert loaded.settings.default_provider == "siliconflow"
    assert loaded.settings.aliases == {"fast": "local/llama3.2"}


def test_its_commented_lines_load_too(reads: Reads) -> None:
    text = re.sub(r"^(\s*)# (\w+: \[)", r"\1\2", example_yaml(), flags=re.MULTILINE)
    settings = reads(text, {"GATEWAY_KEY": "a-client-key"}).settings
    assert len(settings.api_keys) == 1
    assert settings.server.allowed_hosts == ("gateway.example.com",)
    assert settings.server.trusted_proxies == ("10.0.0.0/8",)
