"""The headers of every call. The gateway names itself, in the transport, and imitates neither a browser nor the vendor's own app.

One cookie and no other: a full jar has been reported as an invalid session, and reading works with this one and `accept` alone
(two readers of usage figures, 2026).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from isthmus.core.commands import Headers
from isthmus.core.secret import Secret
from isthmus.providers.claude_web.options import Options

COOKIE: Final = "sessionKey"
SESSION_KEY: Final = "session_key"
"""The cookie's value, as a member of an account's credential."""
JSON: Final = "application/json"
STREAM: Final = "text/event-stream"
_NEW_KEY: Final = re.compile(rf"(?:^|[,;\s]){COOKIE}=\"?(sk-ant-sid[0-9A-Za-z_-]+)")


def headers_of(
    key: Secret, options: Options, *, accept: str = JSON, sends: str | None = None, page: str = "/new"
) -> Headers:
    """`sends` is the content type of the body, `page` where a person would be who asks this."""
    return (
        ("cookie", f"{COOKIE}={key.reveal()}"),
        ("accept", accept),
        *(() if sends is None else (("content-type", sends),)),
        *(
            (("origin", options.base_url), ("referer", options.base_url + page))
            if options.send_origin
            else ()
        ),
    )


def new_key(headers: Mapping[str, str]) -> Secret | None:
    """The session key that an answer's cookies bring, if they do."""
    found = _NEW_KEY.search(headers.get("set-cookie", ""))
    return Secret(found[1]) if found is not None else None
