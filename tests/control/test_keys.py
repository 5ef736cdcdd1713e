"""Keys are made once, shown once, and seen by those they concern."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from isthmus.control.clock import now_ms
from isthmus.control.failures import Conflict, Invalid, NotFound
from isthmus.control.key_input import KeyInput
from isthmus.control.keys import KeyService, KeyState, prefix_of
from isthmus.control.people import OPERATOR, Person, Role
from isthmus.core.secret import Secret
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.storage.audit import AuditFilter, AuditLog
from isthmus.storage.database import Database
from isthmus.storage.key_usage import KeyUsageStore, Used, UsedOnDay, day_of
from isthmus.storage.keys import KeyFilter, KeyStore

HOLDER = Person("usr_1", "hugo", Role.HOLDER)
ADMIN = Person("usr_0", "anna", Role.ADMIN)
EVERYTHING = KeyFilter()


@pytest.fixture
def service(sqlite: Database) -> KeyService:
    async def exists(id: str) -> bool:
        return id in {"usr_0", "usr_1"}

    async def disabled() -> set[str]:
        return {"usr_1"}

    return KeyService(KeyStore(sqlite), KeyUsageStore(sqlite), AuditLog(sqlite), exists, disabled)


async def audited(service: KeyService) -> list[tuple[str, str | None]]:
    lines = await service.audit.page(AuditFilter(), None, 10)
    return [(line.action, line.detail) for line in reversed(lines)]


async def test_a_key_is_made_with_a_secret_of_its_own(service: KeyService) -> None:
    made = await service.create(ADMIN, KeyInput(name="laptop", terms=KeyTerms(max_concurrency=2)))
    secret = made.secret.reveal()
    assert re.fullmatch(r"sk-isthmus-[A-Za-z0-9_-]{40}", secret)
    assert (made.key.hash, made.key.prefix) == (key_hash(secret), secret[:14])
    assert made.key.terms.max_concurrency == 2
    assert await service.get(ADMIN, made.key.id) == made.key
    assert secret not in repr(made)


async def test_no_two_secrets_are_alike(service: KeyService) -> None:
    secrets = {(await service.create(ADMIN, KeyInput(name="x"))).secret.reveal() for _ in range(20)}
    assert len(secrets) == 20


async def test_a_secret_may_be_brought_along_once(service: KeyService) -> None:
    made = await service.create(ADMIN, KeyInput(name="old"), Secret("sk-123456"))
    assert (made.key.hash, made.key.prefix) == (key_hash("sk-123456"), "sk-")
    assert len(made.warnings) == 1
    with pytest.raises(Conflict, match="old") as caught:
        await service.create(ADMIN, KeyInput(name="again"), Secret("sk-123456"))
    assert "123456" not in caught.value.message


@pytest.mark.parametrize("secret", ["sk-12345", "x" * 12, "sk-isthmus-" + "x" * 40])
def test_little_of_a_secret_is_shown(secret: str) -> None:
    assert len(prefix_of(Secret(secret))) * 3 <= len(secret)


async def test_a_key_that_has_ended_already_is_not_made(service: KeyService) -> None:
    with pytest.raises(Invalid, match="past"):
        await service.create(ADMIN, KeyInput(name="late", expires_ms=now_ms() - 1))


async def test_a_key_belongs_to_a_user_there_is(service: KeyService) -> None:
    with pytest.raises(Invalid, match="user_id"):
        await service.create(ADMIN, KeyInput(name="x", user_id="usr_9"))
    made = await service.create(ADMIN, KeyInput(name="x"))
    with pytest.raises(Invalid, match="user_id"):
        await service.edit(ADMIN, made.key.id, lambda written: replace(written, user_id="usr_9"))


async def test_an_edit_changes_what_it_says_and_is_noted(service: KeyService) -> None:
    made = await service.create(ADMIN, KeyInput(name="laptop", note="hers", terms=KeyTerms(models=("a",))))
    edited = await service.edit(
        ADMIN,
        made.key.id,
        lambda written: replace(written, name="desktop", terms=replace(written.terms, tokens_per_day=5)),
    )
    assert edited == replace(
        made.key,
        name="desktop",
        terms=KeyTerms(models=("a",), tokens_per_day=5),
        updated_ms=edited.updated_ms,
    )
    assert await service.get(ADMIN, made.key.id) == edited
    assert await audited(service) == [("key.create", "laptop"), ("key.edit", "name, tokens_per_day")]


async def test_a_wrong_edit_changes_nothing(service: KeyService) -> None:
    made = await service.create(ADMIN, KeyInput(name="laptop"))
    with pytest.raises(Invalid, match="name"):
        await service.edit(ADMIN, made.key.id, lambda written: replace(written, name=""))
    assert await service.get(ADMIN, made.key.id) == made.key


async def test_a_revoked_key_is_off_and_a_deleted_one_gone(service: KeyService) -> None:
    made = await service.create(ADMIN, KeyInput(name="laptop"))
    assert not (await service.revoke(ADMIN, made.key.id)).enabled
    assert (await service.enable(ADMIN, made.key.id)).enabled
    await service.delete(ADMIN, made.key.id)
    for act in (service.revoke, service.delete, service.rotate, service.get):
        with pytest.raises(NotFound, match=made.key.id):
            await act(ADMIN, made.key.id)
    assert [action for action, _ in await audited(service)] == [
        "key.create",
        "key.edit",
        "key.edit",
        "key.delete",
    ]
    assert [detail for _, detail in await audited(service)][1:3] == ["switched off", "switched on"]


async def test_a_rotated_key_has_another_secret_and_is_the_same_otherwise(service: KeyService) -> None:
    made = await service.create(ADMIN, KeyInput(name="laptop", terms=KeyTerms(models=("a",))))
    rotated = await service.rotate(ADMIN, made.key.id)
    assert rotated.secret != made.secret
    assert await service.keys.with_hash(made.key.hash) is None
    assert await service.keys.with_hash(key_hash(rotated.secret.reveal())) == rotated.key
    assert (rotated.key.id, rotated.key.terms) == (made.key.id, made.key.terms)


async def test_holders_see_their_own_keys_alone(service: KeyService) -> None:
    mine = (await service.create(ADMIN, KeyInput(name="mine", user_id="usr_1"))).key
    others = (await service.create(ADMIN, KeyInput(name="others", user_id="usr_0"))).key
    nobodys = (await service.create(ADMIN, KeyInput(name="nobody's"))).key

    async def listed(person: Person, wanted: KeyFilter = EVERYTHING) -> set[str]:
        return {key.id for key in (await service.page(person, wanted, None, 10)).items}

    assert await listed(HOLDER) == await listed(HOLDER, KeyFilter(user_id="usr_0")) == {mine.id}
    assert await listed(ADMIN) == {mine.id, others.id, nobodys.id}
    assert await listed(ADMIN, KeyFilter(user_id="usr_0")) == {others.id}
    assert await service.own_ids(HOLDER) == [mine.id]
    assert await service.own_ids(ADMIN) is None
    today = datetime.now(UTC).date()
    assert await service.get(HOLDER, mine.id) == mine
    assert (await service.use(HOLDER, mine.id, today, today)).days == []
    for foreign in (others.id, nobodys.id):
        with pytest.raises(NotFound):
            await service.get(HOLDER, foreign)
        with pytest.raises(NotFound):
            await service.use(HOLDER, foreign, today, today)


async def test_pages_follow_each_other(service: KeyService) -> None:
    for number in range(5):
        await service.create(ADMIN, KeyInput(name=str(number)))
    seen: list[str] = []
    cursor, pages = None, 0
    while cursor is not None or not pages:
        page = await service.page(OPERATOR, EVERYTHING, cursor, 2)
        seen += [key.name for key in page.items]
        cursor, pages = page.next_cursor, pages + 1
    assert (sorted(seen), pages) == (["0", "1", "2", "3", "4"], 3)
    with pytest.raises(Invalid, match="cursor"):
        await service.page(OPERATOR, EVERYTHING, "x", 2)


async def test_what_a_key_used_is_told_by_day(service: KeyService) -> None:
    key = (await service.create(ADMIN, KeyInput(name="laptop"))).key
    today, long_ago = day_of(now_ms()), "2020-02-02"
    used = Used(2, 1, 10, 5, 1_000)
    await service.usage.add([UsedOnDay(key.id, today, used), UsedOnDay(key.id, long_ago, Used(9))])
    last = date.fromisoformat(today)
    found = await service.use(ADMIN, key.id, last - timedelta(days=30), last)
    assert [(row.day, row.used) for row in found.days] == [(today, used)]
    assert found.current.day == found.current.month == used


@pytest.mark.parametrize(("first", "last"), [("2026-01-02", "2026-01-01"), ("2024-01-01", "2026-01-01")])
async def test_a_range_has_an_order_and_an_end(service: KeyService, first: str, last: str) -> None:
    with pytest.raises(Invalid, match="400 days"):
        await service.use(ADMIN, "key_1", date.fromisoformat(first), date.fromisoformat(last))


async def test_only_a_key_that_is_let_in_is_active(service: KeyService) -> None:
    over = now_ms() - 1
    states = {}
    for name, user_id, enabled, ended in (
        ("nobody's", None, True, False),
        ("hers", "usr_0", True, False),
        ("his", "usr_1", True, False),
        ("his, off", "usr_1", False, False),
        ("his, over", "usr_1", True, True),
        ("over", None, True, True),
        ("off and over", None, False, True),
    ):
        key = (await service.create(ADMIN, KeyInput(name=name, user_id=user_id, enabled=enabled))).key
        key = replace(key, expires_ms=over if ended else None)
        states[name] = (await service.states([key]))[key.id]
    assert states == {
        "nobody's": KeyState.ACTIVE,
        "hers": KeyState.ACTIVE,
        "his": KeyState.OWNER_DISABLED,
        "his, off": KeyState.DISABLED,
        "his, over": KeyState.EXPIRED,
        "over": KeyState.EXPIRED,
        "off and over": KeyState.DISABLED,
    }
