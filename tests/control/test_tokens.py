"""Tokens for scripts."""

import pytest

from isthmus.control.clock import now_ms
from isthmus.control.failures import Conflict, Invalid, NotFound
from isthmus.control.people import OPERATOR, Role
from isthmus.control.tokens import MAX_TOKENS
from isthmus.storage.database import Database
from signing_in import open_office


async def test_a_token_is_shown_once(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna = await office.user("anna", Role.VIEWER)
    made = await office.tokens.create(OPERATOR, anna.id, "nightly", None)
    secret = made.secret.reveal()
    assert made.token.prefix == secret[:10]
    page = await office.tokens.list(anna.id, None, 10)
    assert page.items == [made.token]
    assert secret not in repr(page) + repr(made) + repr(await office.audit_lines())
    assert await office.actions() == ["user_created", "token_created"]


async def test_tokens_come_in_pages(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna = await office.user("anna")
    made = {
        (await office.tokens.create(OPERATOR, anna.id, str(number), None)).token.id for number in range(5)
    }
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await office.tokens.list(anna.id, cursor, 2)
        seen += [each.id for each in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert len(seen) == 5 and set(seen) == made


async def test_what_cannot_be_made(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna = await office.user("anna")
    with pytest.raises(Invalid) as refused:
        await office.tokens.create(OPERATOR, anna.id, "late", now_ms())
    assert [each.field for each in refused.value.fields] == ["expires_at"]
    for number in range(MAX_TOKENS):
        await office.tokens.create(OPERATOR, anna.id, str(number), None)
    with pytest.raises(Conflict):
        await office.tokens.create(OPERATOR, anna.id, "one more", None)


async def test_a_token_removed_is_gone(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna, bert = await office.user("anna"), await office.user("bert")
    made = await office.tokens.create(OPERATOR, anna.id, "ci", None)
    with pytest.raises(NotFound):
        await office.tokens.remove(OPERATOR, bert.id, made.token.id)
    await office.tokens.remove(OPERATOR, anna.id, made.token.id)
    assert await office.identities.by_token(made.secret, "") is None
    with pytest.raises(NotFound):
        await office.tokens.remove(OPERATOR, anna.id, made.token.id)
