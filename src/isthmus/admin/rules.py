"""What a caller must be for each route: a table, read from above, and administrators for all that is not in it."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final, NamedTuple

from isthmus.control.people import Role


class Need(IntEnum):
    NOTHING = 0
    HOLDER = 1
    """To be signed in. The handlers show a holder what is theirs alone."""
    VIEWER = 2
    ADMIN = 3


class Rule(NamedTuple):
    method: str
    """`*` for every one. A rule for GET holds for HEAD, too."""
    path: str
    """`/**` at the end stands for everything below, the path itself included."""
    need: Need

    def covers(self, method: str, path: str) -> bool:
        if self.method not in {"*", "GET" if method == "HEAD" else method}:
            return False
        below = self.path.removesuffix("/**")
        return path == below or (below != self.path and path.startswith(f"{below}/"))


RULES: Final = (
    Rule("GET", "/v2/setup", Need.NOTHING),
    Rule("POST", "/v2/setup", Need.NOTHING),
    Rule("POST", "/v2/sign-in", Need.NOTHING),
    Rule("POST", "/v2/sign-out", Need.HOLDER),
    # A key that may use every model is an administrator's to give, to themselves, too.
    Rule("POST", "/v2/me/playground-key", Need.ADMIN),
    Rule("*", "/v2/me/**", Need.HOLDER),
    Rule("GET", "/v2/keys/**", Need.HOLDER),
    Rule("GET", "/v2/logs/**", Need.HOLDER),
    Rule("GET", "/v2/stats/accounts", Need.VIEWER),
    Rule("GET", "/v2/stats/**", Need.HOLDER),
    Rule("GET", "/v2/models", Need.HOLDER),
    # Reads that show secrets, or what administrators do.
    Rule("GET", "/v2/accounts/export/**", Need.ADMIN),
    # Whoever opens the page of a sign-in can agree to it as somebody else.
    Rule("GET", "/v2/logins/**", Need.ADMIN),
    Rule("GET", "/v2/backup/**", Need.ADMIN),
    Rule("GET", "/v2/audit/**", Need.ADMIN),
    Rule("GET", "/v2/**", Need.VIEWER),
)
_WORTH: Final = {Role.HOLDER: Need.HOLDER, Role.VIEWER: Need.VIEWER, Role.ADMIN: Need.ADMIN}
_PLAIN: Final = re.compile(r"/v2(?:/(?!\.{1,2}(?:/|\Z))[^/\\\x00-\x1f\x7f]+)+\Z")


def need_for(method: str, path: str) -> Need:
    """A path in any other than its plain spelling is nobody's but an administrator's; and they find nothing there."""
    if not is_plain(path):
        return Need.ADMIN
    return next((rule.need for rule in RULES if rule.covers(method, path)), Need.ADMIN)


def is_plain(path: str) -> bool:
    """Below `/v2`, without empty segments, dots, backslashes or control characters."""
    return _PLAIN.match(path) is not None


def suffices(role: Role, need: Need) -> bool:
    return _WORTH[role] >= need
