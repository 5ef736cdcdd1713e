"""Signing in and out: who gets in, who does not, and what is written down of it."""

import asyncio
import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from argon2 import PasswordHasher

from fresh_loggers import forget_bindings
from isthmus.control.attempts import FREE
from isthmus.control.clock import now_ms
from isthmus.control.failures import Conflict, Invalid, NotFound, OperationFailed, Throttled, Unauthenticated
from isthmus.control.people import OPERATOR, Role
from isthmus.control.sign_in import SignedIn, Visitor
from isthmus.control.users import UserEdit
from isthmus.core.secret import Secret
from isthmus.observability.logs import set_up
from isthmus.storage.database import Database
from isthmus.storage.users import UserChange, UserStore
from signing_in import PASSWORD, Office, open_office, person

HERE = Visitor("192.0.2.7", "Firefox")
NEW_PASSWORD = "another password"


async def signed_in(office: Office, name: str = "anna") -> SignedIn:
    return await office.sign_in.sign_in(name, Secret(PASSWORD), HERE)


async def test_who_knows_the_password_gets_in(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna = await office.user("anna", Role.VIEWER)
    signed = await office.sign_in.sign_in(" Anna", Secret(PASSWORD), HERE)
    assert (signed.person, signed.lasts_s) == (person(anna, HERE.client), 12 * 3600)
    assert signed.cookie.reveal() not in repr(signed)
    (session,) = await office.sign_in.sessions_of(signed.person)
    assert (session.client, session.agent) == (HERE.client, HERE.agent)
    assert session.expires_ms - session.created_ms == 12 * 3_600_000
    assert (await office.users.get(anna.id)).last_sign_in_ms == session.created_ms
    line = (await office.audit_lines())[-1]
    assert (line.action, line.user_id, line.client) == ("sign_in", anna.id, HERE.client)


@pytest.mark.parametrize(
    ("name", "password", "target", "why"),
    [
        ("anna", "wrong password", "anna", "wrong password"),
        ("anna", "", "anna", "wrong password"),
        ("nobody", PASSWORD, None, "unknown name"),
        ("off", PASSWORD, "off", "disabled"),
        ("bot", PASSWORD, "bot", "wrong password"),
    ],
)
async def test_who_does_not_is_told_nothing_and_noted(
    sqlite: Database, name: str, password: str, target: str | None, why: str
) -> None:
    office = await open_office(sqlite)
    await office.user("anna")
    await office.user("bot", Role.VIEWER, None)
    off = await office.user("off", Role.VIEWER)
    await office.users.edit(OPERATOR, off.id, UserEdit(enabled=False))
    with pytest.raises(Unauthenticated) as refused:
        await office.sign_in.sign_in(name, Secret(password), HERE)
    assert refused.value.message == "name or password is wrong"
    line = (await office.audit_lines())[-1]
    assert (line.action, line.target, line.detail, line.client) == (
        "sign_in_failed",
        target,
        why,
        HERE.client,
    )
    assert (line.user_id, line.user_name) == (None, None)


async def test_guessing_is_slowed_down_and_not_all_of_it_written(sqlite: Database) -> None:
    office = await open_office(sqlite)
    await office.user("anna")
    for _ in range(FREE):
        with pytest.raises(Unauthenticated):
            await office.sign_in.sign_in("anna", Secret("wrong"), HERE)
    for _ in range(20):
        with pytest.raises(Throttled):
            await signed_in(office)
    assert (await office.actions()).count("sign_in_failed") == FREE
    office.clock.now_s += 2
    await signed_in(office)


async def test_signing_out_ends_that_session_alone(sqlite: Database) -> None:
    office = await open_office(sqlite)
    await office.user("anna")
    one, two = await signed_in(office), await signed_in(office)
    known = await office.identities.by_session(one.cookie, HERE.client)
    assert known is not None
    await office.sign_in.sign_out(one.person, known.session_id)
    await office.sign_in.sign_out(one.person, known.session_id)
    await office.sign_in.sign_out(one.person, None)
    assert await office.identities.by_session(one.cookie, HERE.client) is None
    assert await office.identities.by_session(two.cookie, HERE.client) is not None
    assert (await office.actions()).count("sign_out") == 1


async def test_sessions_are_ended_by_their_owner(sqlite: Database) -> None:
    office = await open_office(sqlite)
    bert = person(await office.user("bert"))
    await office.user("anna")
    signed = [await signed_in(office) for _ in range(3)]
    anna = signed[0].person
    ids = [each.id for each in await office.sign_in.sessions_of(anna)]
    assert len(ids) == 3
    with pytest.raises(NotFound):
        await office.sign_in.end_session(bert, ids[0])
    await office.sign_in.end_session(anna, ids[0])
    assert await office.sign_in.end_other_sessions(anna, ids[1]) == 1
    assert [each.id for each in await office.sign_in.sessions_of(anna)] == [ids[1]]


async def test_a_new_password_ends_the_other_sessions(sqlite: Database) -> None:
    office = await open_office(sqlite)
    await office.user("anna")
    one, two = await signed_in(office), await signed_in(office)
    known = await office.identities.by_session(one.cookie, HERE.client)
    assert known is not None
    wrong: list[tuple[str, str, str]] = [("wrong", NEW_PASSWORD, "current"), (PASSWORD, "short", "new")]
    for current, new, field in wrong:
        with pytest.raises(Invalid) as refused:
            await office.sign_in.change_password(one.person, known.session_id, Secret(current), Secret(new))
        assert [each.field for each in refused.value.fields] == [field]
    await office.sign_in.change_password(one.person, known.session_id, Secret(PASSWORD), Secret(NEW_PASSWORD))
    assert await office.identities.by_session(one.cookie, HERE.client) is not None
    assert await office.identities.by_session(two.cookie, HERE.client) is None
    with pytest.raises(Unauthenticated):
        await signed_in(office)
    await office.sign_in.sign_in("anna", Secret(NEW_PASSWORD), HERE)
    assert "password_change_failed" in await office.actions()


async def test_a_new_password_also_ends_what_is_about_to_begin(sqlite: Database) -> None:
    """Whoever has the old password and is being let in with it while it is changed stays outside."""
    office = await open_office(sqlite)
    anna = await office.user("anna")
    slow = PasswordHasher(time_cost=100, memory_cost=8192, parallelism=1).hash(PASSWORD)
    await UserStore(sqlite).change(anna.id, UserChange(password_hash=slow), now_ms())
    free = office.sign_in.passwords._places._value
    signing_in = asyncio.create_task(signed_in(office))
    while office.sign_in.passwords._places._value == free:
        await asyncio.sleep(0)
    await office.users.edit(OPERATOR, anna.id, UserEdit(password=Secret(NEW_PASSWORD)))
    assert not signing_in.done()
    with pytest.raises(Unauthenticated, match="changed at this very moment"):
        await signing_in
    assert await office.sign_in.sessions_of(person(anna)) == []


async def test_a_hash_by_old_parameters_is_replaced_at_sign_in(sqlite: Database) -> None:
    office = await open_office(sqlite)
    anna = await office.user("anna")
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    await UserStore(sqlite).change(anna.id, UserChange(password_hash=old), now_ms())
    await signed_in(office)
    stored = await UserStore(sqlite).load(anna.id)
    assert stored is not None and stored.password_hash is not None and "t=1," in stored.password_hash
    await signed_in(office)


async def test_the_set_up_token_makes_one_administrator(sqlite: Database) -> None:
    office = await open_office(sqlite)
    token = office.sign_in.first.token
    assert token is not None and await office.sign_in.is_set_up_needed()
    refused: list[tuple[str, str, str, type[OperationFailed]]] = [
        ("wrong", "anna", PASSWORD, Unauthenticated),
        (token.reveal(), "a b", PASSWORD, Invalid),
        (token.reveal(), "anna", "short", Invalid),
    ]
    for given, name, password, failure in refused:
        with pytest.raises(failure):
            await office.sign_in.set_up(Secret(given), name, Secret(password), HERE)
    signed = await office.sign_in.set_up(token, "Anna", Secret(PASSWORD), HERE)
    assert (signed.person.name, signed.person.role) == ("anna", Role.ADMIN)
    assert await office.identities.by_session(signed.cookie, HERE.client) is not None
    assert not await office.sign_in.is_set_up_needed()
    with pytest.raises(Conflict):
        await office.sign_in.set_up(token, "bert", Secret(PASSWORD), HERE)
    assert await office.actions() == ["set_up_failed", "set_up"]


async def test_two_gateways_make_one_administrator(sqlite: Database) -> None:
    """Each has printed a token of its own, and both are used at once."""
    offices = [await open_office(sqlite) for _ in range(2)]

    async def set_up(office: Office, name: str) -> SignedIn:
        token = office.sign_in.first.token
        assert token is not None
        return await office.sign_in.set_up(token, name, Secret(PASSWORD), HERE)

    outcomes = await asyncio.gather(
        set_up(offices[0], "anna"), set_up(offices[1], "bert"), return_exceptions=True
    )
    assert {type(each) for each in outcomes} == {SignedIn, Conflict}
    assert len((await offices[0].users.list(None, 10)).items) == 1


@pytest.fixture
def said() -> Iterator[io.BytesIO]:
    """All that is logged."""
    root = logging.getLogger()
    handlers, level, complains = list(root.handlers), root.level, logging.raiseExceptions
    log = io.BytesIO()
    set_up("info", "json", stream=log)
    forget_bindings()
    yield log
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = complains


async def test_no_secret_is_written_anywhere(sqlite: Database, said: io.BytesIO) -> None:
    """Not in the log, not in any row: passwords right, wrong and typed into the wrong field, cookies, tokens."""
    office = await open_office(sqlite)
    first = office.sign_in.first.token
    assert first is not None
    wrong, misplaced = "wr0ng-secret-guess", "my-s3cret-in-the-name-field"
    signed = await office.sign_in.set_up(first, "anna", Secret(PASSWORD), HERE)
    again = await signed_in(office)
    token = await office.tokens.create(signed.person, signed.person.id, "ci", None)
    for name, password in (("anna", wrong), (misplaced, wrong), (misplaced, PASSWORD)):
        with pytest.raises(Unauthenticated):
            await office.sign_in.sign_in(name, Secret(password), HERE)
    with pytest.raises(Invalid):
        await office.sign_in.change_password(signed.person, None, Secret(wrong), Secret(NEW_PASSWORD))
    known = await office.identities.by_session(signed.cookie, HERE.client)
    assert known is not None
    change = (Secret(PASSWORD), Secret(NEW_PASSWORD))
    await office.sign_in.change_password(signed.person, known.session_id, *change)
    assert await office.identities.by_token(token.secret, HERE.client) is not None
    secrets = [PASSWORD, NEW_PASSWORD, wrong, misplaced]
    secrets += [each.reveal() for each in (first, signed.cookie, again.cookie, token.secret)]
    written = said.getvalue().decode()
    assert "sign_in_failed" in written
    async with sqlite.read() as connection:
        for table in ("users", "sessions", "api_tokens", "audit_log"):
            rows = (await connection.exec_driver_sql(f"SELECT * FROM {table}")).all()
            assert rows, table
            written += repr(rows)
    assert [each for each in secrets if each in written] == []
