"""Every name that clients can ask for is listed with what they get."""

from collections.abc import Sequence

import pytest

from isthmus.control.failures import Invalid
from isthmus.control.models import ModelQuery, ModelService, NameKind, NameOrigin, ServedModel, Serving
from isthmus.core.abilities import Abilities
from isthmus.core.interfaces import ModelInfo
from isthmus.routing.directory import Directory
from isthmus.routing.model_map import ModelMap
from isthmus.routing.prices import Price

ALIASES = {"fast": "local/llama", "quick": "fast", "lost": "elsewhere"}
DIRECTORY = Directory(
    {"openai": ModelMap({"gpt-5": "gpt-5-2026"}), "local": ModelMap({"llama": "llama3:8b"})},
    ALIASES,
    "openai",
)
PRICE = Price.parse({"input": 1, "output": 2})
EVERYTHING = ModelQuery()


async def listed() -> Sequence[ModelInfo]:
    return [ModelInfo("gpt-5"), ModelInfo("llama"), ModelInfo("fast")]


def abilities(provider: str, model: str) -> Abilities:
    return Abilities(vision=provider == "openai", context_window=len(model))


def price(provider: str, _model: str) -> Price | None:
    return PRICE if provider == "openai" else None


def worth(provider: str, _model: str) -> bool:
    return provider == "openai"


SERVICE = ModelService(lambda: Serving(DIRECTORY, ALIASES, listed, abilities, price))


async def test_names_are_listed_with_what_stands_behind_them() -> None:
    page = await SERVICE.page(EVERYTHING, None, 10)
    local = abilities("local", "llama3:8b")
    assert [each.name for each in page.items] == ["fast", "gpt-5", "llama", "lost", "quick"]
    fast, gpt, llama, lost, quick = page.items
    alias, mapped = (NameKind.ALIAS, NameOrigin.STORED), (NameKind.MAP, NameOrigin.STORED)
    assert fast == ServedModel("fast", "local/llama", "local", "llama3:8b", local, None, None, *alias)
    of_gpt = abilities("openai", "gpt-5-2026")
    assert gpt == ServedModel("gpt-5", None, "openai", "gpt-5-2026", of_gpt, PRICE, None, *mapped)
    assert (llama.alias_of, llama.provider) == (None, "local")
    assert (quick.alias_of, quick.model) == ("fast", "llama3:8b")
    assert (lost.alias_of, lost.provider) == ("elsewhere", None)
    assert "lost is not known here" in (lost.problem or "")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (ModelQuery(text="LLAMA"), ["fast", "llama", "quick"]),
        (ModelQuery(text="2026"), ["gpt-5"]),
        (ModelQuery(text="elsewhere"), ["lost"]),
        (ModelQuery(provider="local"), ["fast", "llama", "quick"]),
        (ModelQuery(text="fast", provider="openai"), []),
    ],
)
async def test_names_are_found_by_text_and_provider(query: ModelQuery, names: list[str]) -> None:
    assert [each.name for each in (await SERVICE.page(query, None, 10)).items] == names


async def test_pages_follow_each_other() -> None:
    first = await SERVICE.page(EVERYTHING, None, 3)
    second = await SERVICE.page(EVERYTHING, first.next_cursor, 3)
    assert [each.name for each in [*first.items, *second.items]] == [
        "fast",
        "gpt-5",
        "llama",
        "lost",
        "quick",
    ]
    assert second.next_cursor is None
    with pytest.raises(Invalid, match="cursor"):
        await SERVICE.page(EVERYTHING, "x", 3)


async def test_each_name_says_where_it_is_from() -> None:
    directory = Directory({"openai": ModelMap({"gpt-5": "gpt-5"}), "free": ModelMap()}, ALIASES, "openai")

    async def names() -> Sequence[ModelInfo]:
        return [ModelInfo("gpt-5"), ModelInfo("free/x")]

    serving = Serving(
        directory, ALIASES, names, abilities, price, worth, {"fast": "local/llama", "quick": "x"}, {"openai"}
    )
    page = await ModelService(lambda: serving).page(EVERYTHING, None, 10)
    assert {each.name: (each.kind.value, each.origin.value) for each in page.items} == {
        "fast": ("alias", "file"),
        "free/x": ("listed", "upstream"),
        "gpt-5": ("map", "file"),
        "lost": ("alias", "stored"),
        "quick": ("alias", "stored"),
    }
    assert {each.name: each.price_is_worth for each in page.items} == {
        "fast": False,
        "free/x": False,
        "gpt-5": True,
        "lost": False,
        "quick": False,
    }
