"""What a key may be used for is what its terms say, and nothing beside."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.routing.limits import Calendar, Limit, Sliding, Unit
from isthmus.routing.permissions import KeyTerms, allows, allows_address, allows_provider, key_hash, limits_of

NAMES = st.text(min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("models", "asked", "used", "allowed"),
    [
        (("gpt-5",), "gpt-5", "gpt-5", True),
        (("gpt-5",), "GPT-5", "gpt-5", True),
        (("gpt-5",), "gpt-5-mini", "gpt-5-mini", False),
        (("gpt-5*",), "gpt-5-mini", "gpt-5-mini", True),
        (("*-mini",), "gpt-5-mini", "gpt-5-mini", True),
        (("gpt-*-mini",), "gpt-5", "gpt-5", False),
        (("fast",), "fast", "qwen3", True),  # an alias, by its own name
        (("qwen3",), "fast", "qwen3", True),  # and by what is behind it
        (("openai/gpt-5",), "gpt-5", "gpt-5", True),
        (("openai/*",), "anything", "gpt-5", True),
        (("other/*",), "anything", "gpt-5", False),
        (("fast",), "openai/fast", "qwen3", True),
        (("fast",), "openai:fast", "qwen3", True),
        (("fast",), "other/fast", "qwen3", False),
        (("gpt.5",), "gpt-5", "gpt-5", False),  # only `*` is special
        (("*",), "gpt-5", "gpt-5", True),
        ((), "gpt-5", "gpt-5", False),
    ],
)
def test_models_are_allowed_by_name(models: tuple[str, ...], asked: str, used: str, allowed: bool) -> None:
    assert allows(KeyTerms(models=models), "openai", asked, used) == allowed


@pytest.mark.parametrize(
    ("models", "allowed"),
    [
        (("claude-*",), False),  # meant for Claude, not for a foreign model listed as if it were one
        (("claude-openai-gpt-5",), True),
        (("gpt-5",), True),
        (("gpt-*",), True),
    ],
)
def test_a_name_made_for_claude_code_opens_no_foreign_model(models: tuple[str, ...], allowed: bool) -> None:
    assert allows(KeyTerms(models=models), "openai", "claude-openai-gpt-5", "gpt-5") == allowed


@pytest.mark.parametrize(
    ("providers", "allowed"), [(None, True), (("openai",), True), (("open*",), True), (("azure",), False)]
)
def test_providers_are_allowed_by_name(providers: tuple[str, ...] | None, allowed: bool) -> None:
    terms = KeyTerms(providers=providers)
    assert allows(terms, "openai", "gpt-5", "gpt-5") == allows_provider(terms, "openai") == allowed


def test_provider_and_model_must_both_be_allowed() -> None:
    terms = KeyTerms(providers=("azure",), models=("*",))
    assert not allows(terms, "openai", "gpt-5", "gpt-5")
    assert allows(terms, "azure", "gpt-5", "gpt-5")


@given(NAMES, NAMES, NAMES)
def test_a_key_without_terms_may_everything(provider: str, asked: str, used: str) -> None:
    assert allows(KeyTerms(), provider, asked, used)
    assert allows_address(KeyTerms(), asked)
    assert limits_of(KeyTerms()) == ()


@given(st.lists(NAMES.filter(lambda name: "*" not in name), max_size=5), NAMES)
def test_names_without_a_star_allow_only_themselves(models: list[str], used: str) -> None:
    allowed = allows(KeyTerms(models=tuple(models)), "p", used, used)
    bare = {used.removeprefix(prefix) for prefix in ("p/", "p:", "claude-p-")}
    ways = {name.lower() for name in {used, f"p/{used}", *bare}}
    assert allowed == bool(ways & {name.lower() for name in models})


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("192.0.2.1", False), ("", False), ("unknown", False)],
)
def test_a_key_is_used_from_its_networks_only(address: str, allowed: bool) -> None:
    assert allows_address(KeyTerms(ips=("10.0.0.0/8", "2001:db8::/32")), address) == allowed


def test_every_term_becomes_its_limit() -> None:
    terms = KeyTerms(
        requests_per_minute=1,
        requests_per_day=2,
        tokens_per_minute=3,
        tokens_per_day=4,
        tokens_per_month=5,
        max_concurrency=6,
        nano_usd_per_day=7,
        nano_usd_per_month=8,
    )
    assert set(limits_of(terms)) == {
        Limit(Unit.REQUESTS, 1, Sliding(60)),
        Limit(Unit.REQUESTS, 2, Calendar.DAY),
        Limit(Unit.TOKENS, 3, Sliding(60)),
        Limit(Unit.TOKENS, 4, Calendar.DAY),
        Limit(Unit.TOKENS, 5, Calendar.MONTH),
        Limit(Unit.CONCURRENCY, 6),
        Limit(Unit.COST, 7, Calendar.DAY),
        Limit(Unit.COST, 8, Calendar.MONTH),
    }


def test_a_limit_of_nothing_is_kept() -> None:
    assert limits_of(KeyTerms(nano_usd_per_day=0)) == (Limit(Unit.COST, 0, Calendar.DAY),)


def test_a_key_is_known_by_the_hash_of_its_secret() -> None:
    assert key_hash("sk-1") == hashlib.sha256(b"sk-1").hexdigest()
    assert len(key_hash("\ud800\udcff")) == 64  # whatever a client sends has a hash
