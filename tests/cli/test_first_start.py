"""The first administrator comes from the environment or by a token; neither is shown twice nor guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.cli.failure import CommandFailed
from isthmus.cli.first_start import begin
from isthmus.control.passwords import Passwords
from isthmus.control.set_up import PASSWORD_VARIABLE
from isthmus.storage.database import Database

GOOD = "a long enough password"


async def notes(database: Database, env: dict[str, str]) -> list[str]:
    _, said = await begin(database, Passwords(), env)
    return said


async def test_a_token_is_shown_until_there_is_an_administrator(sqlite: Database) -> None:
    set_up, (note,) = await begin(sqlite, Passwords(), {})
    assert set_up.token is not None
    assert set_up.token.reveal() in note
    again, (other,) = await begin(sqlite, Passwords(), {})
    assert again.token is not None
    assert other != note  # a token is good for one start


async def test_the_environment_makes_one_once(sqlite: Database) -> None:
    env = {PASSWORD_VARIABLE: GOOD}
    assert await notes(sqlite, env) == [
        f"administrator 'admin' made with the password in {PASSWORD_VARIABLE}"
    ]
    assert env == {}
    assert await notes(sqlite, {PASSWORD_VARIABLE: GOOD}) == []
    (kept,) = await notes(sqlite, {PASSWORD_VARIABLE: "quite another password"})
    assert "has changed nothing" in kept
    assert GOOD not in kept
    set_up, none = await begin(sqlite, Passwords(), {})
    assert (set_up.token, none) == (None, [])


async def test_the_password_may_be_in_a_file(sqlite: Database, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{GOOD}\n")
    assert len(await notes(sqlite, {f"{PASSWORD_VARIABLE}_FILE": str(file)})) == 1
    assert await notes(sqlite, {PASSWORD_VARIABLE: GOOD}) == []
    with pytest.raises(CommandFailed, match="readable UTF-8 file"):
        await notes(sqlite, {f"{PASSWORD_VARIABLE}_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa"])
async def test_a_password_that_would_be_guessed_stops_the_start(sqlite: Database, password: str) -> None:
    with pytest.raises(CommandFailed, match=f"^{PASSWORD_VARIABLE}: a password needs at least"):
        await notes(sqlite, {PASSWORD_VARIABLE: password})
