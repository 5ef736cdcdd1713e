"""A body changes what it names, and nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from isthmus.admin.key_bodies import KeyBody, KeyPatch, applied
from isthmus.control.key_input import KeyInput, checked
from isthmus.routing.permissions import KeyTerms

WRITTEN = KeyInput(
    name="laptop",
    expires_ms=4_070_908_800_000,
    user_id="usr_1",
    note="hers",
    terms=KeyTerms(models=("gpt-5*",), tokens_per_day=7, nano_usd_per_day=500_000_000),
)


def test_a_body_without_words_changes_nothing() -> None:
    assert applied(WRITTEN, KeyPatch()) == WRITTEN


def test_what_is_named_is_changed() -> None:
    said = {
        "name": "desktop",
        "models": ["a", "b"],
        "usd_per_month": 0.1,
        "expires_at": "2099-01-01T00:00:00Z",
    }
    changed = applied(WRITTEN, KeyPatch.model_validate(said))
    assert (changed.name, changed.terms.models, changed.terms.nano_usd_per_month) == (
        "desktop",
        ("a", "b"),
        100_000_000,
    )
    assert changed.expires_ms == datetime(2099, 1, 1, tzinfo=UTC).timestamp() * 1000
    assert (changed.user_id, changed.terms.tokens_per_day, changed.terms.nano_usd_per_day) == (
        "usr_1",
        7,
        500_000_000,
    )


def test_null_takes_a_restriction_away() -> None:
    said = {"models": None, "usd_per_day": None, "expires_at": None, "user_id": None, "note": None}
    assert applied(WRITTEN, KeyPatch.model_validate(said)) == KeyInput(
        name="laptop", terms=KeyTerms(tokens_per_day=7)
    )


@pytest.mark.parametrize(
    "said", [{"name": None}, {"enabled": None}, {"secret": "sk-12345678"}, {"hash": "x"}]
)
def test_a_patch_cannot_say_everything(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        KeyPatch.model_validate(said)


def test_a_secret_is_no_part_of_the_terms_and_is_not_printed() -> None:
    body = KeyBody(name="laptop", secret="sk-12345678")
    assert "sk-12345678" not in repr(body)
    assert applied(KeyInput(name="laptop"), body) == KeyInput(name="laptop")


@given(st.floats(0.000001, 1_000_000_000))
def test_every_budget_that_can_be_said_can_be_kept(dollars: float) -> None:
    body = KeyBody(name="x", usd_per_day=dollars)
    kept = checked(applied(KeyInput(name="x"), body)).terms.nano_usd_per_day
    assert kept is not None
    assert abs(kept / 1e9 - dollars) <= 1e-9 + dollars * 1e-12
