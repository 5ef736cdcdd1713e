"""Cookies and tokens, and who is behind them."""

import asyncio
from pathlib import Path

import pytest

from isthmus.control.clock import now_ms
from isthmus.control.failures import Unavailable
from isthmus.control.identity import Known, digest, new_session_secret, new_token
from isthmus.control.people import OPERATOR, Role
from isthmus.control.sign_in import Visitor
from isthmus.control.users import UserEdit
from isthmus.core.secret import Secret
from isthmus.storage.database import Database
from isthmus.storage.errors import StorageError
from signing_in import PASSWORD, open_office, person

CLIENT = "192.0.2.7"


def test_credentials_are_long_and_never_the_same() -> None:
    assert (
        len({new_token().reveal() for _ in range(100)} | {new_session_secret().reveal() for _ in range(100)})
        == 200
    )
    token = new_token().reveal()
    assert token.startswith("isa_") and len(token) == 44
    assert len(new_session_secret().reveal()) == 43


async def test_a_cookie_leads_to_its_person(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna = await office.user("anna", Role.VIEWER)
    signed = await office.sign_in.sign_in("anna", Secret(PASSWORD), Visitor(CLIENT))
    known = await office.identities.by_session(signed.cookie, CLIENT)
    assert known == Known(person(anna, CLIENT), digest(signed.cookie)[:20])
    for wrong in ("", "x", signed.cookie.reveal() + "x", "x" * 100_000, "\ud800"):
        assert await office.identities.by_session(Secret(wrong), CLIENT) is None


async def test_a_token_leads_to_its_person(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna = await office.user("anna", Role.HOLDER, None)
    made = await office.tokens.create(OPERATOR, anna.id, "ci", None)
    assert await office.identities.by_token(made.secret, CLIENT) == Known(person(anna, CLIENT))
    for wrong in ("", "isa_", made.secret.reveal()[:-1], made.secret.reveal()[4:], "isa_" + "x" * 100_000):
        assert await office.identities.by_token(Secret(wrong), CLIENT) is None


async def test_a_token_is_no_cookie_and_a_cookie_no_token(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna = await office.user("anna")
    made = await office.tokens.create(OPERATOR, anna.id, "ci", None)
    signed = await office.sign_in.sign_in("anna", Secret(PASSWORD), Visitor(CLIENT))
    assert await office.identities.by_session(made.secret, CLIENT) is None
    assert await office.identities.by_token(signed.cookie, CLIENT) is None


async def test_what_a_person_may_do_is_asked_anew_each_time(sqlite: Database) -> None:
    office = await open_office(sqlite)
    await office.user("root")
    anna = await office.user("anna")
    made = await office.tokens.create(OPERATOR, anna.id, "ci", now_ms() + 60_000)
    signed = await office.sign_in.sign_in("anna", Secret(PASSWORD), Visitor(CLIENT))

    async def roles() -> list[Role | None]:
        found = await asyncio.gather(
            office.identities.by_session(signed.cookie, CLIENT),
            office.identities.by_token(made.secret, CLIENT),
        )
        return [None if each is None else each.person.role for each in found]

    assert await roles() == [Role.ADMIN, Role.ADMIN]
    await office.users.edit(OPERATOR, anna.id, UserEdit(role=Role.VIEWER))
    assert await roles() == [Role.VIEWER, Role.VIEWER]
    await office.users.edit(OPERATOR, anna.id, UserEdit(enabled=False))
    assert await roles() == [None, None]
    await office.users.edit(OPERATOR, anna.id, UserEdit(enabled=True))
    assert await roles() == [None, Role.VIEWER], "the session has ended, the token works again"


async def test_a_database_that_is_gone_is_said_so(sqlite: Database, tmp_path: Path) -> None:
    files = [tmp_path / f"isthmus.db{end}" for end in ("", "-wal", "-shm")]
    office = await open_office(sqlite)
    await sqlite.close()
    for file in files:
        file.write_bytes(b"no database " * 1000)
    with pytest.raises(Unavailable, match="database"):
        await office.identities.by_session(new_session_secret(), CLIENT)
    with pytest.raises(Unavailable, match="database"):
        await office.identities.by_token(new_token(), CLIENT)


async def test_a_database_that_takes_nothing_more_still_lets_people_in(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna = await office.user("anna")
    made = await office.tokens.create(OPERATOR, anna.id, "ci", None)
    await sqlite.write(lambda connection: connection.exec_driver_sql("PRAGMA query_only = ON"))
    with pytest.raises(StorageError):
        await office.user("bert")
    assert await office.identities.by_token(made.secret, CLIENT) == Known(person(anna, CLIENT))
