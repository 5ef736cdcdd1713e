"""In Chinese nothing is left in English: neither what is read nor what is heard, on any page.

A word in Latin letters may be a name, an id or a unit, or something that only exists in English, and is then marked so (`lang`).
Any other one is a text that was forgotten, by us or by a part that others wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from console.browsing import Visits
from console.scenery import Scenery

NAMES: Final = frozenset(
    """
    isthmus claude code anthropic openai amazon aws builder developer kiro pro siliconflow deepseek zhipu glm moonshot qwen openrouter
    groq mistral ollama vllm llama cpp studio lm langchain python node curl sqlite linux chrome headlesschrome mozilla
    postgresql postgres mysql mariadb redis dummy github gemini bedrock
    """.split()
)
"""Of products."""
WORDS: Final = frozenset(
    """
    messages chat completions api url uri http https json csv tsv ip ips cidr id sdk ui cpu utc usd oauth mcp sse cors csp jwt
    pid rpm tpm top markdown svg png jpeg webp mime base64 cookie authorization bearer user agent english
    """.split()
)
"""Of protocols, which have no others in Chinese."""
UNITS: Final = frozenset("ms s min m h d k m b kb mb gb kib mib gib tok x p".split())
ADDRESSES: Final = (
    "/",
    "/requests",
    "/playground",
    "/accounts",
    "/accounts?add=yes",
    "/providers",
    "/models",
    "/models?tab=aliases",
    "/models?tab=map",
    "/models?tab=prices",
    "/models?model=quick",
    "/keys",
    "/keys?add=yes",
    "/keys?key={key}",
    "/keys?key={key}&tab=settings",
    "/keys?key={key}&tab=edit",
    "/users",
    "/users?tab=audit",
    "/ips",
    "/ips?tab=top",
    "/settings",
    "/conformance",
    "/conformance?add=yes&provider=dummy",
    "/about",
    "/welcome",
    "/welcome?step=key",
    "/welcome?step=use",
    "/profile",
    "/nowhere",
)
_LATIN: Final = re.compile(r"[A-Za-z][A-Za-z']*")
_ID: Final = re.compile(r"\S*(?:[A-Za-z0-9][-_./:@\\*]+[A-Za-z0-9]|\d)\S*")
"""Model names, paths, addresses, versions: never a word of a language."""
_SETTLED: Final = """() => {
    const [before, now] = [window.drawnBefore, document.body.innerText]
    window.drawnBefore = now
    return before === now && !document.querySelector('[role=status][aria-label^="加载中"]')
}"""
_SAID: Final = """() => {
    const said = new Set()
    const spoken = (element) => !element.closest('[lang=en], [aria-hidden=true], code, pre, kbd, .font-mono, script, style')
    const chinese = /[\\u3400-\\u9fff]/
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) if (spoken(texts.currentNode.parentElement)) said.add(texts.currentNode.textContent.trim())
    const names = ['aria-label', 'aria-description', 'aria-roledescription', 'aria-valuetext', 'title', 'placeholder', 'alt']
    for (const element of document.querySelectorAll('*')) if (spoken(element))
        for (const name of names) said.add((element.getAttribute(name) ?? '').trim())
    said.add(document.title)
    return [...said].filter((text) => !chinese.test(text))
}"""


def data_of(seen: Scenery) -> frozenset[str]:
    """Words that people here have chosen, now or before, or that upstreams and protocols have."""
    logged = ("endpoint", "provider", "model_asked", "model_used", "error", "stop")
    accounts = seen.api("GET", "/v2/accounts")["items"]
    own = [
        *(each["name"] for each in seen.api("GET", "/v2/users")["items"]),
        *(each["name"] for each in seen.api("GET", "/v2/keys")["items"]),
        *(each["name"] for each in seen.api("GET", "/v2/providers")["items"]),
        *(f"{each['label']} {each['kind']}" for each in accounts),
        *((each["survey"] or {}).get("unit", "") for each in accounts),
        *(f"{each['name']} {each['model']}" for each in seen.api("GET", "/v2/models?limit=500")["items"]),
        *(each["target"] or "" for each in seen.api("GET", "/v2/audit?limit=500")["items"]),
        *(each[name] or "" for each in seen.api("GET", "/v2/logs?limit=500")["items"] for name in logged),
        *seen.cookies,
    ]
    return frozenset(word.lower() for each in own for word in _LATIN.findall(each))


def forgotten(page: Page, seen: Scenery) -> list[str]:
    """Texts with a word that is no name, no id and no unit."""
    known = NAMES | WORDS | UNITS | data_of(seen)
    said: list[str] = page.evaluate(_SAID)
    return sorted(each for each in said if any(word.lower() not in known for word in _words(each)))


def _words(text: str) -> Iterator[str]:
    for part in text.split():
        if not _ID.fullmatch(part):
            yield from _LATIN.findall(part)


def drawn(page: Page) -> None:
    """What a page asks for is there, and nothing more comes."""
    expect(page.locator("h1").first).to_be_visible()
    page.wait_for_function(_SETTLED, polling=250)


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_left_in_english(visit: Visits, address: str) -> None:
    key: dict[str, Any] = visit.scenery.api("GET", "/v2/keys?text=team")["items"][0]
    page = visit(address.format(key=key["id"]), language="zh")
    drawn(page)
    assert forgotten(page, visit.scenery) == []


@pytest.mark.parametrize("address", ["/sign-in", "/setup"])
def test_nor_at_the_entrance(visit: Visits, address: str) -> None:
    page = visit(address, role=None, language="zh")
    drawn(page)
    assert forgotten(page, visit.scenery) == []


def test_a_text_that_was_forgotten_is_found(visit: Visits) -> None:
    page = visit("/about", language="zh")
    drawn(page)
    page.evaluate(
        """() => document.querySelector('main').insertAdjacentHTML('beforeend',
            '<button aria-label="Show popup">x</button><p>Step 0 of 3</p><p>amazon-q · claude-opus-4.5</p><p lang="en">A title</p>')"""
    )
    assert forgotten(page, visit.scenery) == ["Show popup", "Step 0 of 3"]
