from __future__ import annotations

import pytest

from isthmus.conformance.subject import Subject


@pytest.mark.parametrize(
    ("base", "provider", "versioned", "root"),
    [
        ("http://127.0.0.1:8000", None, "http://127.0.0.1:8000/v1", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/v1/", None, "http://127.0.0.1:8000/v1", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/v1", "dummy", "http://127.0.0.1:8000/dummy/v1", "http://127.0.0.1:8000"),
        (
            "https://x.example/api/paas/v4",
            None,
            "https://x.example/api/paas/v4",
            "https://x.example/api/paas",
        ),
        ("https://x.example/v1beta", None, "https://x.example/v1beta", "https://x.example"),
    ],
)
def test_addresses_as_people_write_them(base: str, provider: str | None, versioned: str, root: str) -> None:
    subject = Subject(base, provider=provider)
    assert (subject.versioned, subject.root) == (versioned, root)
