"""Passwords are hashed aside, a few at a time, and the weak ones are refused."""

import asyncio
import time

import pytest
from argon2 import PasswordHasher

from isthmus.control.failures import Invalid, Throttled
from isthmus.control.passwords import MAX_CHARS, Checked, Passwords, demand_good, generated
from isthmus.core.secret import Secret
from signing_in import CHEAP

GOOD = Secret("correct horse 7")


async def test_a_password_opens_its_own_hash() -> None:
    passwords = Passwords(CHEAP)
    hash = await passwords.hash(GOOD)
    assert hash.startswith("$argon2id$")
    assert hash != await passwords.hash(GOOD)
    assert await passwords.check(hash, GOOD) == Checked(ok=True)
    assert await passwords.check(hash, Secret("correct horse 8")) == Checked(ok=False)


@pytest.mark.parametrize("hash", [None, "", "no hash at all", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$"])
async def test_without_a_hash_no_password_is_right(hash: str | None) -> None:
    assert await Passwords(CHEAP).check(hash, GOOD) == Checked(ok=False)


async def test_an_accent_is_the_same_on_every_keyboard() -> None:
    passwords = Passwords(CHEAP)
    hash = await passwords.hash(Secret("caf\u00e9 au lait"))
    assert (await passwords.check(hash, Secret("cafe\u0301 au lait"))).ok


async def test_no_character_is_too_odd() -> None:
    passwords = Passwords(CHEAP)
    odd = Secret("\0\ud800 \U0001f511 odd ones")
    assert (await passwords.check(await passwords.hash(odd), odd)).ok


async def test_a_hash_by_old_parameters_is_made_anew() -> None:
    old = await Passwords(CHEAP).hash(GOOD)
    today = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    checked = await today.check(old, GOOD)
    assert checked.ok and checked.renewed_hash is not None
    assert await today.check(checked.renewed_hash, GOOD) == Checked(ok=True)
    assert checked.renewed_hash not in repr(checked)


async def test_an_unknown_user_costs_as_much_as_a_known_one() -> None:
    """Half a wrong guess's time apart would tell; ten hashes cost more than whatever else this machine does."""
    passwords = Passwords(PasswordHasher(time_cost=4, memory_cost=4096, parallelism=1), at_once=1)
    hash = await passwords.hash(GOOD)

    async def took(hash: str | None) -> float:
        began = time.process_time()
        for _ in range(10):
            await passwords.check(hash, Secret("wrong"))
        return time.process_time() - began

    known, unknown = await took(hash), await took(None)
    assert 0.5 < unknown / known < 2


async def test_many_at_once_are_turned_away_and_the_loop_stays_free() -> None:
    passwords = Passwords(
        PasswordHasher(time_cost=3, memory_cost=16384, parallelism=1), at_once=1, max_waiting=2
    )
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - began)

    watching = asyncio.create_task(watch())
    tried = await asyncio.gather(*(passwords.check(None, GOOD) for _ in range(10)), return_exceptions=True)
    watching.cancel()
    assert [type(each) for each in tried] == [Checked] * 3 + [Throttled] * 7
    assert longest < 0.5
    assert not (await passwords.check(None, GOOD)).ok, "places come back"


async def test_a_client_that_leaves_gives_its_place_back() -> None:
    passwords = Passwords(
        PasswordHasher(time_cost=3, memory_cost=16384, parallelism=1), at_once=1, max_waiting=1
    )
    leaving = [asyncio.create_task(passwords.check(None, GOOD)) for _ in range(2)]
    await asyncio.sleep(0)
    for each in leaving:
        each.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
    for _ in range(200):
        try:
            assert not (await passwords.check(None, GOOD)).ok
        except Throttled:
            await asyncio.sleep(0.01)
        else:
            return
    pytest.fail("no place came back")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "at least 10 characters"),
        ("nine char", "at least 10 characters"),
        ("x" * (MAX_CHARS + 1), "at most 256 characters"),
        ("Administrator", "to differ from the name of the user"),
        ("ababababababab", "at least 4 different characters"),
    ],
)
def test_what_would_be_guessed_is_refused(password: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        demand_good(Secret(password), "administrator", "new")
    assert said in refused.value.message
    assert [(each.field, each.message) for each in refused.value.fields] == [("new", said)]
    assert not password or password not in refused.value.message


def test_what_is_generated_is_good() -> None:
    made = {generated().reveal() for _ in range(100)}
    assert len(made) == 100
    for each in made:
        demand_good(Secret(each), "admin")
