"""The first administrator, by token or from the environment."""

import pytest

from isthmus.control.failures import Invalid
from isthmus.control.people import Role
from isthmus.control.set_up import Ensured, SetUp
from isthmus.control.sign_in import Visitor
from isthmus.core.secret import Secret
from isthmus.storage.database import Database
from isthmus.storage.users import UserStore
from signing_in import PASSWORD, open_office


async def test_a_token_is_there_as_long_as_nobody_administers(sqlite: Database) -> None:
    office = await open_office(sqlite)
    await office.user("anna", Role.VIEWER)
    await office.user("bot", Role.ADMIN, None)
    first = await SetUp.begin(UserStore(sqlite))
    assert first.token is not None and len(first.token.reveal()) >= 43
    assert await first.is_needed()
    assert first.accepts(Secret(first.token.reveal()))
    assert not first.accepts(Secret(""))
    assert first.token.reveal() not in repr(first)
    await office.user("root")
    assert not await first.is_needed()
    assert first.token is None
    assert not first.accepts(Secret(""))
    assert (await SetUp.begin(UserStore(sqlite))).token is None


async def test_every_start_has_a_token_of_its_own(sqlite: Database) -> None:
    one, two = await SetUp.begin(UserStore(sqlite)), await SetUp.begin(UserStore(sqlite))
    assert one.token != two.token


async def test_the_environment_makes_the_first_administrator_and_changes_none(sqlite: Database) -> None:
    office = await open_office(sqlite)
    assert await office.first.ensure(Secret(PASSWORD)) is Ensured.MADE
    assert await office.first.ensure(Secret(PASSWORD)) is Ensured.SAME
    assert await office.first.ensure(Secret("another password")) is Ensured.KEPT
    assert await office.first.ensure(Secret("short")) is Ensured.KEPT
    signed = await office.sign_in.sign_in("admin", Secret(PASSWORD), Visitor("192.0.2.7"))
    assert signed.person.is_admin
    assert await office.actions() == ["set_up", "sign_in"]


async def test_an_administrator_of_another_name_is_left_alone(sqlite: Database) -> None:
    office = await open_office(sqlite)
    await office.user("anna")
    assert await office.first.ensure(Secret(PASSWORD)) is Ensured.KEPT
    assert [each.name for each in (await office.users.list(None, 10)).items] == ["anna"]


async def test_a_weak_password_makes_nobody(sqlite: Database) -> None:
    office = await open_office(sqlite)
    with pytest.raises(Invalid, match="ISTHMUS_ADMIN_PASSWORD"):
        await office.first.ensure(Secret("short"))
    assert (await office.users.list(None, 10)).items == []
