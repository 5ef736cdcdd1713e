"""`/sim/…`: what a judge in another process reads and sets. No part of the service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from isthmus.simulators.amazon_q import faults
from isthmus.simulators.amazon_q.accounts import Account
from isthmus.simulators.amazon_q.answers import Json, Whole, whole
from isthmus.simulators.amazon_q.behaviours import BEHAVIOURS
from isthmus.simulators.amazon_q.people import ROTATIONS, People
from isthmus.simulators.amazon_q.quota import Share
from isthmus.simulators.amazon_q.request import Request
from isthmus.simulators.amazon_q.sign_ins import SignIns
from isthmus.simulators.amazon_q.token_service import ERRORS, UNANSWERED, TokenService

_TOKEN_FAULTS: Final = frozenset((*ERRORS, UNANSWERED, ""))


class Wrong(Exception):
    """What was asked of the desk cannot be done; says why."""


class Desk:
    """`entry_of` gives an account as a gateway keeps it; `requests` are those that were recorded; `forget` clears them."""

    def __init__(
        self,
        people: People,
        sign_ins: SignIns,
        tokens: TokenService,
        *,
        add: Callable[[Json], Account],
        entry_of: Callable[[Account], Json],
        requests: Callable[[], list[Request]],
        forget: Callable[[], None],
    ) -> None:
        self._people = people
        self._sign_ins = sign_ins
        self._tokens = tokens
        self._add = add
        self._entry_of = entry_of
        self._requests = requests
        self._forget = forget

    def answer(self, request: Request) -> Whole:
        try:
            return self._route(request, request.json if isinstance(request.json, dict) else {})
        except (Wrong, LookupError, ValueError, TypeError) as error:
            return whole({"error": str(error)}, 404 if isinstance(error, LookupError) else 400)

    def _route(self, request: Request, body: Json) -> Whole:
        match request.method, request.path.removeprefix("/sim").strip("/").split("/"):
            case "GET", ["accounts"]:
                return whole({"accounts": self._people.shown()})
            case "POST", ["accounts"]:
                return whole(self._entry_of(self._add(body)), 201)
            case "GET", ["accounts", id]:
                return whole({**self._account(id).shown(), "entry": self._entry_of(self._account(id))})
            case "PUT", ["accounts", id]:
                self._change(self._account(id), body)
                return whole(self._account(id).shown())
            case "DELETE", ["accounts", id]:
                self._people.remove(self._account(id).id)
                return whole({})
            case "POST", ["approve"]:
                account = self._sign_ins.approve(
                    str(body.get("user_code")), str(body.get("email") or "person@example.com")
                )
                return whole(account.shown())
            case "POST", ["deny"]:
                self._sign_ins.deny(str(body.get("user_code")))
                return whole({})
            case "PUT", ["tokens"]:
                return self._change_tokens(body)
            case "GET", ["requests"]:
                return whole([each.shown() for each in self._requests()])
            case "POST", ["forget"]:
                self._forget()
                return whole({})
            case _:
                raise LookupError(f"there is no {request.method} {request.path}")

    def _account(self, id: str) -> Account:
        if id not in self._people.accounts:
            raise LookupError(f"there is no account {id!r}")
        return self._people.accounts[id]

    def _change(self, account: Account, body: Json) -> None:
        """Any of: `fault`, `faults`, `control_fault`, `token_faults`, `lacks`, `more_profiles`, `expire_access`, `revoke`, `credits`,
        `renew_quota`."""
        for name, value in body.items():
            match name:
                case "fault":
                    account.fault = fault_named(value)
                case "control_fault" if isinstance(value, str) and faults.known(value):
                    account.control_fault = value
                case "faults":
                    account.faults.clear()
                    account.faults.extend(fault_named(each) for each in value)
                case "token_faults":
                    account.token_faults.clear()
                    account.token_faults.extend(token_fault_named(each) for each in value)
                case "lacks":
                    account.lacks = set(value)
                case "more_profiles" if _are_texts(value):
                    account.more_profiles = tuple(value)
                case "expire_access" if value is True:
                    self._people.expire_access(account)
                case "revoke" if value is True:
                    self._people.revoke(account)
                case "credits":
                    account.quota.base = Share(float(value))
                case "renew_quota" if value is True:
                    account.quota.renew()
                case _:
                    raise Wrong(f"{name!r} with {value!r} is nothing that can be set")

    def _change_tokens(self, body: Json) -> Whole:
        """Any of: `access_ttl_s`, `rotation`, `registration_ttl_s`, `sign_in_ttl_s` (of those that begin from now on), `coming` (errors
        of the next calls), `expire_registrations`."""
        for name, value in body.items():
            match name:
                case "access_ttl_s":
                    self._people.access_ttl_s = float(value)
                case "registration_ttl_s":
                    self._tokens.registration_ttl_s = float(value)
                case "sign_in_ttl_s":
                    self._sign_ins.lifetime_s = float(value)
                case "rotation" if value in ROTATIONS:
                    self._people.rotation = value
                case "coming":
                    self._tokens.coming.clear()
                    self._tokens.coming.extend(token_fault_named(each) for each in value)
                case "expire_registrations" if value is True:
                    self._tokens.expire_registrations()
                case _:
                    raise Wrong(f"{name!r} with {value!r} is nothing that can be set")
        return whole({"access_ttl_s": self._people.access_ttl_s, "rotation": self._people.rotation})


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def fault_named(name: Any) -> str:
    """Of `faults.py`, or of a behaviour, which the account's answers have then. Raises `ValueError`."""
    if not isinstance(name, str) or not (faults.known(name) or name.partition(" ")[0] in BEHAVIOURS):
        raise ValueError(f"there is no fault {name!r}: see the names in `faults.py` and `behaviours.py`")
    return name


def token_fault_named(name: Any) -> str:
    if name not in _TOKEN_FAULTS:
        raise ValueError(
            f"there is no fault {name!r} of the token service: choose one of {', '.join(sorted(_TOKEN_FAULTS))}"
        )
    return str(name)
