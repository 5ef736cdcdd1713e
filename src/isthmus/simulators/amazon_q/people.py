"""Everybody who has an account, and the tokens by which they are known."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from isthmus.simulators.amazon_q.accounts import BUILDER_ID_START, KINDS, REGION, Account
from isthmus.simulators.amazon_q.quota import Quota

ROTATIONS: Final = ("confirmed", "at-once", "never")
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
MOST_TOKENS: Final = 32
"""Access tokens remembered for each account, the newest."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What a refresh or a sign-in gave."""

    access_token: str
    refresh_token: str | None
    """None: keep the old one."""
    expires_in: float


@dataclass(frozen=True, slots=True)
class _Access:
    account: str
    expires_at: float
    refresh_token: str


class People:
    """`rotation` says what becomes of a refresh token when a new one is given.

    `confirmed`: it ends when the new one, or the new access token, is first used. `at-once`: it ends at that moment.
    `never`: no new one is given.
    """

    def __init__(self, seed: int, clock: Callable[[], float], *, access_ttl_s: float, rotation: str) -> None:
        if rotation not in ROTATIONS:
            raise ValueError(f"rotation {rotation!r}: choose one of {', '.join(ROTATIONS)}")
        self.accounts: dict[str, Account] = {}
        self.access_ttl_s = access_ttl_s
        self.rotation = rotation
        self._random = random.Random(seed)  # noqa: S311 - made-up tokens that can be foretold are the point
        self._clock = clock
        self._access: dict[str, _Access] = {}
        self._refresh: dict[str, str] = {}

    def word(self, prefix: str, length: int = 32, letters: str = LETTERS) -> str:
        """A new made-up token or id."""
        return prefix + "".join(self._random.choices(letters, k=length))

    def add(
        self,
        kind: str,
        *,
        id: str | None = None,
        email: str | None = None,
        profile: bool | None = None,
        families: Iterable[str] | None = None,
        auth_region: str = REGION,
        api_region: str = REGION,
        start_url: str | None = None,
        quota: Quota | None = None,
    ) -> Account:
        """A new account, without tokens yet. By default all but Builder IDs have a profile."""
        if kind not in KINDS:
            raise ValueError(f"kind {kind!r}: choose one of {', '.join(KINDS)}")
        number = len(self.accounts) + 1
        account = Account(
            id or f"{kind.replace('_', '-')}-{number}", kind, email or f"person-{number}@example.com"
        )
        if account.id in self.accounts:
            raise ValueError(f"there is an account {account.id!r} already")
        account.auth_region, account.api_region = auth_region, api_region
        account.quota = quota or account.quota
        if (kind != "builder_id") if profile is None else profile:
            account.profile_arn = f"arn:aws:codewhisperer:{api_region}:000000000000:profile/SIM{number:09d}"
        account.families = account.families if families is None else frozenset(families)
        if kind in {"builder_id", "idc"}:
            account.start_url = start_url or (
                BUILDER_ID_START if kind == "builder_id" else "https://d-sim.awsapps.com/start"
            )
        self.accounts[account.id] = account
        return account

    def called(self, email: str, kind: str) -> Account | None:
        return next(
            (each for each in self.accounts.values() if each.email == email and each.kind == kind), None
        )

    # tokens ----------------------------------------------------------------------------------------

    def sign_in(self, account: Account) -> Issued:
        """New tokens; the old refresh tokens end."""
        refresh = self.word("aor-sim-")
        account.refreshing.begin(refresh)
        return self._issue(account, refresh, refresh)

    def refresh(self, account: Account, token: str) -> Issued:
        """`token` must be one that is accepted."""
        account.counts["refreshes"] += 1
        account.refreshing.confirm(token)
        if self.rotation == "never":
            return self._issue(account, token, None)
        new = self.word("aor-sim-")
        if self.rotation == "at-once":
            account.refreshing.current = new
        else:
            account.refreshing.pending.append(new)
        return self._issue(account, new, new)

    def _issue(self, account: Account, refresh: str, given: str | None) -> Issued:
        access = self.word("aoa-sim-")
        account.access_token, account.expires_at = access, self._clock() + self.access_ttl_s
        self._access[access] = _Access(account.id, account.expires_at, refresh)
        self._refresh = {token: id for token, id in self._refresh.items() if self._alive(token, id)}
        self._refresh[refresh] = account.id
        mine = [token for token, known in self._access.items() if known.account == account.id]
        for token in mine[:-MOST_TOKENS]:
            del self._access[token]
        return Issued(access, given, self.access_ttl_s)

    def _alive(self, token: str, id: str) -> bool:
        return id in self.accounts and self.accounts[id].refreshing.accepts(token)

    def of_refresh_token(self, token: object) -> Account | None:
        """Whose refresh token it is, if it is still accepted."""
        account = self.accounts.get(self._refresh.get(token, "")) if isinstance(token, str) else None
        return account if account is not None and account.refreshing.accepts(str(token)) else None

    def of_access_token(self, token: str) -> Account | None:
        """Whose access token it is, if it has not ended. Using it confirms the refresh token that came with it."""
        known = self._access.get(token)
        if known is None or known.expires_at <= self._clock() or known.account not in self.accounts:
            return None
        account = self.accounts[known.account]
        account.refreshing.confirm(known.refresh_token)
        return account

    def of_api_key(self, key: str) -> Account | None:
        return next((each for each in self.accounts.values() if each.api_key and each.api_key == key), None)

    def expire_access(self, account: Account) -> None:
        """Its access tokens end now."""
        account.expires_at = self._clock()
        self._access = {token: known for token, known in self._access.items() if known.account != account.id}

    def revoke(self, account: Account) -> None:
        """It has to sign in again."""
        self.expire_access(account)
        account.refreshing.begin("")
        account.api_key = ""

    def remove(self, id: str) -> None:
        self.expire_access(self.accounts[id])
        del self.accounts[id]

    def shown(self) -> list[Mapping[str, Any]]:
        return [each.shown() for each in self.accounts.values()]
