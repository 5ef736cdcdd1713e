"""`isthmus admin`, as its users have it."""

import asyncio
import json
import os
import pty
import subprocess
import time
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from cli.processes import ISTHMUS, Run
from isthmus.cli.stores import DATABASE_FILE
from isthmus.control.clock import now_ms
from isthmus.control.identity import Identities, Known, digest, new_session_secret
from isthmus.control.people import Role
from isthmus.core.secret import Secret
from isthmus.storage.audit import AuditFilter, AuditLog
from isthmus.storage.database import Database, open_database
from isthmus.storage.sessions import SessionStore, StoredSession
from isthmus.storage.tokens import TokenStore
from isthmus.storage.users import StoredUser, UserStore

PASSWORD = "correct horse 7"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (tmp_path / "isthmus.json").write_text(json.dumps({"storage": {"data_dir": str(folder)}}))
    return folder


async def opened(data_dir: Path) -> Database:
    return await open_database(f"sqlite+aiosqlite:///{data_dir / DATABASE_FILE}")


def opens(user: StoredUser, password: str) -> bool:
    return bool(user.password_hash and PasswordHasher().verify(user.password_hash, password))


@pytest.mark.slow
async def test_a_password_makes_the_first_administrator_and_is_reset(run: Run, data_dir: Path) -> None:
    done = await asyncio.to_thread(run, "admin", "reset-password", stdin=f"{PASSWORD}\n".encode())
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "admin is an administrator now" in done.stderr
    database = await opened(data_dir)
    users, sessions = UserStore(database), SessionStore(database)
    admin = await users.find("admin")
    assert admin is not None and admin.can_administer and opens(admin, PASSWORD)
    now = now_ms()
    cookie = digest(new_session_secret())
    await sessions.add(StoredSession(cookie, admin.id, now, now + 60_000, now, "", ""))
    done = await asyncio.to_thread(run, "admin", "reset-password", "Admin", "--generate")
    generated = done.stdout.strip()
    assert (done.returncode, len(generated)) == (0, 20), done.stderr
    assert "has a new password" in done.stderr and generated not in done.stderr
    admin = await users.find("admin")
    assert admin is not None and opens(admin, generated)
    assert await sessions.find(cookie, now) is None, "signed out"
    lines = await AuditLog(database).page(AuditFilter(), None, 10)
    assert [(line.action, line.user_name) for line in lines] == [
        ("user_changed", "command line"),
        ("set_up", "command line"),
    ]
    await database.close()


@pytest.mark.slow
def test_what_is_refused_says_the_way_out(run: Run, data_dir: Path) -> None:
    weak = run("admin", "reset-password", stdin=b"short\n")
    assert weak.returncode == 1 and "at least 10 characters" in weak.stderr
    assert "No users yet" in run("admin", "users").stdout
    assert run("admin", "reset-password", stdin=PASSWORD.encode()).returncode == 0
    unknown = run("admin", "reset-password", "anna", stdin=PASSWORD.encode())
    assert unknown.returncode == 1 and "there is no user 'anna': users are admin" in unknown.stderr
    unknown = run("admin", "create-token", "anna")
    assert unknown.returncode == 1 and "there is no user 'anna'" in unknown.stderr
    assert run("admin", "create-token", "--label", "a\nb").returncode == 1
    assert PASSWORD not in weak.stderr + unknown.stderr


@pytest.mark.slow
async def test_a_token_opens_the_administration(run: Run, data_dir: Path) -> None:
    await asyncio.to_thread(run, "admin", "reset-password", stdin=PASSWORD.encode())
    done = await asyncio.to_thread(run, "admin", "create-token", "--label", "ci", "--expires-days", "30")
    assert done.returncode == 0, done.stderr
    token = Secret(done.stdout.strip())
    database = await opened(data_dir)
    tokens = TokenStore(database)
    known = await Identities(SessionStore(database), tokens).by_token(token, "")
    assert isinstance(known, Known) and (known.person.name, known.person.role) == ("admin", Role.ADMIN)
    (stored,) = await tokens.of_user(known.person.id, "", 10)
    days = ((stored.expires_ms or 0) - now_ms()) / 86_400_000
    assert stored.name == "ci" and 29.9 < days <= 30
    await database.close()


@pytest.mark.slow
def test_users_are_listed(run: Run, data_dir: Path) -> None:
    run("admin", "reset-password", stdin=PASSWORD.encode())
    assert run("admin", "users").stdout.splitlines()[1].split() == ["admin", "admin", "yes", "yes", "never"]
    (row,) = json.loads(run("admin", "users", "--json").stdout)
    assert (row["name"], row["role"], row["enabled"], row["last_sign_in_at"]) == (
        "admin",
        "admin",
        True,
        None,
    )


def test_a_password_typed_is_not_shown(tmp_path: Path, data_dir: Path) -> None:
    """On a terminal it is asked for twice, and again when the two differ."""
    here, there = pty.openpty()
    command = [*ISTHMUS, "admin", "reset-password"]
    process = subprocess.Popen(
        command, stdin=there, stdout=there, stderr=there, cwd=tmp_path, start_new_session=True
    )
    os.close(there)
    shown = ""

    def answer(prompt: str, text: str) -> None:
        nonlocal shown
        seen, until = "", time.monotonic() + 30
        while prompt not in seen and time.monotonic() < until:
            seen += os.read(here, 1000).decode()
        assert prompt in seen, shown + seen
        shown += seen
        os.write(here, f"{text}\n".encode())

    for prompt, text in (
        ("New password: ", PASSWORD),
        ("Repeat for confirmation: ", "correct horse 8"),
        ("New password: ", PASSWORD),
        ("Repeat for confirmation: ", PASSWORD),
    ):
        answer(prompt, text)
    while True:
        try:
            shown += os.read(here, 1000).decode()
        except OSError:  # The terminal has closed.
            break
    os.close(here)
    assert process.wait(30) == 0, shown
    assert "is an administrator now" in shown
    assert "correct horse" not in shown
