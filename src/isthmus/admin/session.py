"""The session cookie: how it is named, set and read.

Over TLS it is called `__Host-…`, which browsers accept only from the host itself, over TLS, for every path.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from starlette.requests import cookie_parser

from isthmus.control.sign_in import SignedIn, Visitor
from isthmus.core.secret import Secret

NAME: Final = "isthmus_session"


def cookie_name(scheme: str) -> str:
    return f"__Host-{NAME}" if scheme == "https" else NAME


def cookie_in(headers: Iterable[str], scheme: str) -> Secret | None:
    """From the `Cookie` headers of a request."""
    value = cookie_parser("; ".join(headers)).get(cookie_name(scheme))
    return Secret(value) if value else None


def set_cookie(request: Request, response: Response, signed: SignedIn) -> None:
    _write(request, response, signed.cookie.reveal(), signed.lasts_s)


def clear_cookie(request: Request, response: Response) -> None:
    _write(request, response, "", 0)


def _write(request: Request, response: Response, value: str, max_age_s: int) -> None:
    response.set_cookie(
        cookie_name(request.url.scheme),
        value,
        max_age=max_age_s,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def visitor(request: Request) -> Visitor:
    """Who is there, as far as one can tell of somebody who is not signed in."""
    client = request.client.host if request.client else ""
    return Visitor(client, request.headers.get("user-agent", ""))


def session_id(request: Request) -> str | None:
    """Of the session that the guard found behind the cookie; None for a script with a token."""
    id: str | None = request.scope["state"].get("session_id")
    return id


Caller = Annotated[Visitor, Depends(visitor)]
SessionId = Annotated[str | None, Depends(session_id)]
