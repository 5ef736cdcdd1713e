"""Sign-ins that wait for a person: a code on a device, and somebody at the approval page who says yes or no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from isthmus.simulators.amazon_q.accounts import Account
from isthmus.simulators.amazon_q.people import People

MOST_WAITING: Final = 1000
CODE_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""None that looks like another, and no words."""
SLOWER_S: Final = 5.0
"""Added to the interval of a device that polls too soon."""


class Said(StrEnum):
    NOTHING = "waiting"
    YES = "approved"
    NO = "denied"


@dataclass(slots=True)
class SignIn:
    """`kind` is that of the account it leads to."""

    device_code: str
    user_code: str
    kind: str
    client_id: str
    region: str
    start_url: str | None
    ends_at: float
    interval_s: float
    said: Said = Said.NOTHING
    account: Account | None = None
    polled_at: float = float("-inf")
    used: bool = False


class SignIns:
    def __init__(
        self,
        people: People,
        clock: Callable[[], float],
        *,
        lifetime_s: float,
        interval_s: float,
        patient: bool,
    ) -> None:
        self.by_device: dict[str, SignIn] = {}
        self.lifetime_s = lifetime_s
        self.interval_s = interval_s
        self._people = people
        self._clock = clock
        self._patient = patient
        """Whether polls that come too soon are taken without a word."""

    def begin(self, kind: str, client_id: str, region: str, start_url: str | None) -> SignIn:
        code = self._people.word("", 8, CODE_LETTERS)
        device, user_code = self._people.word("device-"), f"{code[:4]}-{code[4:]}"
        ends_at = self._clock() + self.lifetime_s
        begun = SignIn(device, user_code, kind, client_id, region, start_url, ends_at, self.interval_s)
        while len(self.by_device) >= MOST_WAITING:
            del self.by_device[next(iter(self.by_device))]
        self.by_device[device] = begun
        return begun

    def by_user_code(self, user_code: str) -> SignIn | None:
        """As people type it: in any case, with or without its dash."""
        wanted = user_code.replace("-", "").strip().upper()
        return next(
            (each for each in self.by_device.values() if each.user_code.replace("-", "") == wanted), None
        )

    def approve(self, user_code: str, email: str = "person@example.com") -> Account:
        """The person with this address signs in; somebody new gets an account. Raises `LookupError` for a code that does not wait."""
        sign_in = self._waiting(user_code)
        account = self._people.called(email, sign_in.kind)
        if account is None:
            account = self._people.add(
                sign_in.kind, email=email, auth_region=sign_in.region, start_url=sign_in.start_url
            )
        sign_in.said, sign_in.account = Said.YES, account
        return account

    def deny(self, user_code: str) -> None:
        self._waiting(user_code).said = Said.NO

    def _waiting(self, user_code: str) -> SignIn:
        sign_in = self.by_user_code(user_code)
        if sign_in is None or sign_in.said is not Said.NOTHING or self.ended(sign_in):
            raise LookupError(f"no sign-in waits for the code {user_code!r}: begin again")
        return sign_in

    def ended(self, sign_in: SignIn) -> bool:
        return sign_in.used or sign_in.ends_at <= self._clock()

    def too_soon(self, sign_in: SignIn) -> bool:
        """Notes a poll. One before its time makes the interval longer."""
        now, before = self._clock(), sign_in.polled_at
        sign_in.polled_at = now
        # A little early is what clocks and networks do.
        if self._patient or now - before >= sign_in.interval_s * 0.9:
            return False
        sign_in.interval_s += SLOWER_S
        return True
