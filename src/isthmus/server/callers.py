"""Who calls: the API key that a request shows, and what it may be used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from isthmus.core.errors import BadRequest, Kind
from isthmus.routing.limit_headers import is_told
from isthmus.routing.limits import Limit
from isthmus.routing.permissions import KeyTerms, allows, allows_address, key_hash, limits_of
from isthmus.server.guard import offered_keys


@dataclass(frozen=True, slots=True)
class Caller:
    """An API key as the data plane knows it."""

    id: str | None = None
    """None: no key was asked for."""
    name: str = ""
    enabled: bool = True
    expires_s: float | None = None
    """Unix time."""
    terms: KeyTerms = field(default_factory=KeyTerms)
    mark: str = ""
    """Stays with the key where its id does not, as that is but a place in a list."""
    temporary: bool = False
    """Soon over: a gateway that asks for no key goes on so although there is this one."""
    limits: tuple[Limit, ...] = field(init=False)
    told: tuple[Limit, ...] = field(init=False)
    """Those of its limits that its answers speak of."""
    subject: str = field(init=False)
    """Under which its limits are counted."""

    def __post_init__(self) -> None:
        limits = limits_of(self.terms)
        object.__setattr__(self, "limits", limits)
        object.__setattr__(self, "told", tuple(limit for limit in limits if is_told(limit)))
        object.__setattr__(self, "subject", f"key:{self.id}")

    @property
    def owner(self) -> str:
        """Whose the conversations of this key are."""
        return self.mark or self.subject

    def may_use(self, provider: str, asked: str, used: str) -> bool:
        return allows(self.terms, provider, asked, used)

    def check_use(self, provider: str, asked: str, used: str) -> None:
        """Raises `BadRequest` (permission)."""
        if not self.may_use(provider, asked, used):
            raise BadRequest(
                f"API key {self.name!r} may not use model {asked!r} of provider {provider!r}: ask for another model, or "
                "have it added to the key",
                kind=Kind.PERMISSION,
                field="model",
                should_retry=False,
            )


NOBODY = Caller()
"""Whoever calls a gateway that asks for no key."""


@dataclass(frozen=True, slots=True)
class Callers:
    """All keys, by hash. Whether one is needed is decided apart: a gateway whose last key was deleted stays closed."""

    by_hash: Mapping[str, Caller] = field(default_factory=dict)
    required: bool = False

    def find(self, headers: Mapping[str, str], client: str, now_s: float) -> Caller:
        """Whose key one of the two usual headers holds. Raises `BadRequest` (authentication or permission)."""
        offered = offered_keys(headers)
        for key in offered:
            # Looked up by its hash: how long that takes says nothing about the keys there are.
            if (caller := self.by_hash.get(key_hash(key))) is not None:
                return _checked(caller, client, now_s)
        if not self.required:
            return NOBODY
        if not self.by_hash:
            raise _refused("no API key exists yet: make one with `isthmus keys create NAME`, and send it")
        raise _refused(
            "no API key: send one" if not offered else "this API key is not known here: send a valid one"
        )


def _checked(caller: Caller, client: str, now_s: float) -> Caller:
    if not caller.enabled:
        raise _refused(f"API key {caller.name!r} is switched off: send another one")
    if caller.expires_s is not None and now_s >= caller.expires_s:
        raise _refused(f"API key {caller.name!r} has expired: send another one")
    if not allows_address(caller.terms, client):
        raise BadRequest(
            f"API key {caller.name!r} may not be used from {client or 'this address'}: have the address added to the key",
            kind=Kind.PERMISSION,
            should_retry=False,
        )
    return caller


def _refused(said: str) -> BadRequest:
    return BadRequest(
        f"{said} as `Authorization: Bearer KEY` or `x-api-key: KEY`",
        kind=Kind.AUTHENTICATION,
        should_retry=False,
    )
