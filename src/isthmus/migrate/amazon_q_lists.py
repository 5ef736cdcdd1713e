"""Lists of Amazon Q and Kiro accounts as other gateways export them: JSON in many shapes, JSON lines, or a token on each line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from isthmus.config import jsonc
from isthmus.config.jsonc import SyntaxProblem
from isthmus.core.secret import Secret
from isthmus.migrate.amazon_q_tokens import Token, missing_in, text_in, token_of, value_in
from isthmus.migrate.gathered import one_line
from isthmus.migrate.masks import no_credential

Registered = Callable[[str], Mapping[str, Any]]
"""The client that a token names by hash; empty when nobody has it."""

_LISTS: Final = ("accounts", "credentials", "tokens", "items", "data", "claude-kiro-oauth")
"""Where programs keep their accounts in a larger document."""
_NESTED: Final = ("credentials", "credential", "token", "auth")
"""Where they keep the login within an account."""
_OFF: Final = {
    "disabled": "switched off where it came from",
    "suspended": "suspended where it came from",
    "banned": "suspended where it came from",
}
_LASTING: Final = ("refresh_token", "api_key", "client_secret")
_LEAST_CHARS: Final = 20
"""No refresh token and no API key is shorter."""
_MOST_LEVELS: Final = 4
_MAX_PRIORITY: Final = 1_000_000
_PASSWORDS: Final = "holds a name and a password, which are never taken: give the refresh token alone"
_NOTHING: Final = "holds no login: no refresh token and no API key"
_PARTS: Final = re.compile(r"-{4,}")


@dataclass(frozen=True, slots=True)
class Found:
    """One account of a list, or why there is none at its place."""

    at: str
    """Its place, such as `accounts[3]` or `line 2`; empty when the whole text is one account."""
    token: Token | None = None
    problem: str = ""
    """Why it cannot be taken, and the way out. Shows no value."""
    label: str | None = None
    off_reason: str | None = None
    """Why it was off where it came from."""
    priority: int = 0
    proxy: Secret | None = None
    """As it was written, with user and password put into it."""
    is_nothing: bool = False
    """No sign of an account: not worth a word among other files."""

    def below(self, place: str) -> Found:
        """The same, in a larger place such as a file."""
        return replace(self, at=f"{place}: {self.at}" if self.at else place)


def nobody(hash: str) -> Mapping[str, Any]:
    """Where no registrations can be looked up."""
    return {}


def found_in_text(text: str, registered: Registered = nobody) -> list[Found]:
    """Every account of a text, in order; what is no account is said with its place."""
    bare = text.removeprefix("\ufeff").strip()
    if not bare:
        return [Found("", problem="is empty")]
    if bare[0] not in "[{":
        return list(_of_lines(bare.splitlines()))
    if _is_json_lines(bare):
        return list(_of_json_lines(bare.splitlines(), registered))
    try:
        value = _json(bare)
    except SyntaxProblem as error:
        return [Found("", problem=f"is not JSON: {error.what} on line {error.line}")]
    return found_in_value(value, registered)


def found_in_value(value: object, registered: Registered = nobody) -> list[Found]:
    """The same for JSON that was read: an account, a list of them, or a document with such a list in it."""
    return list(_of_value(value, "", registered, _MOST_LEVELS))


def found_in_rows(rows: Iterable[Mapping[str, Any]]) -> list[Found]:
    """Rows of a table of accounts, one each."""
    return [found_in_login(row, at=f"row {number}") for number, row in enumerate(rows, 1)]


def found_in_login(login: Mapping[str, Any], client: Mapping[str, Any] | None = None, at: str = "") -> Found:
    """One login with what is said beside it. `client`: as for `token_of`."""
    token = token_of(login, client)
    if token is None:
        problem = _no_login(login)
        return Found(at, problem=problem or _NOTHING, is_nothing=problem is None)
    if problem := _unusable(token):
        return Found(at, problem=problem, label=_label(login))
    return Found(
        at,
        token,
        label=_label(login),
        off_reason=_off_reason(login),
        priority=_priority(login),
        proxy=_proxy(login),
    )


def _of_value(value: object, at: str, registered: Registered, levels: int) -> Iterator[Found]:
    match value:
        case list(items):
            for place, item in enumerate(items):
                yield from _of_item(item, f"{at}[{place}]", registered, levels)
        case dict() if levels and (name := _list_in(value)):
            yield from _of_value(value[name], f"{at}.{name}" if at else name, registered, levels - 1)
        case dict():
            yield _of_entry(value, at, registered)
        case _:
            yield Found(at, problem="is no account: expected a mapping or a list")


def _of_item(item: object, at: str, registered: Registered, levels: int) -> Iterator[Found]:
    match item:
        case str(token):
            yield _of_line(token.strip(), at)
        case list() if not levels:
            yield Found(at, problem="is nested too deeply")
        case _:
            yield from _of_value(item, at, registered, levels - 1)


def _list_in(document: Mapping[str, Any]) -> str | None:
    if text_in(document, "refreshToken", "accessToken"):
        return None
    return next((name for name in _LISTS if isinstance(document.get(name), list)), None)


def _json(text: str) -> object:
    """The library's own reader is the faster by far; the other one knows comments, and the line. Raises `SyntaxProblem`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return jsonc.Reader(text).read()


def _is_json_lines(text: str) -> bool:
    """A document may stand on one line, and its first line may be an opening brace: only whole objects count."""
    first, more, _ = text.partition("\n")
    if not more or not first.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _of_json_lines(lines: Iterable[str], registered: Registered) -> Iterator[Found]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield Found(f"line {number}", problem="is not JSON")
            continue
        yield from (each.below(f"line {number}") for each in found_in_value(value, registered))


def _of_lines(lines: Iterable[str]) -> Iterator[Found]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield _of_line(text, f"line {number}")


def _of_line(text: str, at: str) -> Found:
    """A refresh token or an API key by itself."""
    if _PARTS.search(text) or ("@" in text and any(mark in text for mark in ":;,| \t")):
        return Found(at, problem=_PASSWORDS)
    if reason := no_credential(text):
        return Found(at, problem=f"{reason}: give the real token")
    if len(text) < _LEAST_CHARS or not text.isascii() or any(each.isspace() for each in text):
        return Found(at, problem="is no refresh token and no API key")
    return Found(at, token_of({"refreshToken": text}))


def _of_entry(entry: Mapping[str, Any], at: str, registered: Registered) -> Found:
    nested: dict[str, Any] = next((entry[name] for name in _NESTED if isinstance(entry.get(name), dict)), {})
    login = {**entry, **nested}
    hash = value_in(login, "clientIdHash")
    wants_client = isinstance(hash, str) and not value_in(login, "clientSecret")
    return found_in_login(login, registered(hash) if wants_client else {}, at)


def _no_login(entry: Mapping[str, Any]) -> str | None:
    """What the entry is instead; None when nobody can tell."""
    if entry.get("format") == "isthmus-accounts":
        return "is an export of this gateway: import it without saying where it comes from"
    if entry.get("type") in ("json", "sqlite") and entry.get("path"):
        return "names a token file: give the path of that file"
    if any("CREDS_FILE" in name for name in entry):
        return "names a token file: give the path of that file"
    return _PASSWORDS if value_in(entry, "password") else None


def _unusable(token: Token) -> str | None:
    for name in _LASTING:
        if secret := token.credential.get(name):
            if reason := no_credential(secret.reveal()):
                return f"{name} {reason}: give the real one"
    if missing := missing_in(token):
        return f"a login of kind {token.kind!r} needs {missing}: sign in again, or give the file that has it"
    return None


def _label(entry: Mapping[str, Any]) -> str | None:
    """An address tells accounts apart; a name that people gave them does so better."""
    text = text_in(entry, "label", "nickname", "customName", "name", "email")
    return (one_line(text) or None) if text else None


def _off_reason(entry: Mapping[str, Any]) -> str | None:
    is_off = str(value_in(entry, "enabled")).lower() in ("false", "0")
    if is_off or str(value_in(entry, "disabled", "isDisabled")).lower() in ("true", "1"):
        return _OFF["disabled"]
    return _OFF.get((text_in(entry, "status") or "").lower())


def _priority(entry: Mapping[str, Any]) -> int:
    value = value_in(entry, "priority")
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return max(-_MAX_PRIORITY, min(value, _MAX_PRIORITY))


def _proxy(entry: Mapping[str, Any]) -> Secret | None:
    """`direct` is what kiro.rs calls none."""
    url = text_in(entry, "proxyUrl", "proxy")
    if url is None or url.lower() in ("direct", "none"):
        return None
    user, password = text_in(entry, "proxyUsername"), text_in(entry, "proxyPassword")
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "http", url
    if user and "@" not in rest:
        word = f":{quote(password, safe='')}" if password else ""
        rest = f"{quote(user, safe='')}{word}@{rest}"
    return Secret(f"{scheme}://{rest}")
