"""A sign-in to which somebody has agreed → an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from isthmus.control.account_input import AccountInput, check
from isthmus.control.failures import Conflict, FieldProblem, Invalid
from isthmus.control.login_input import FinishInput
from isthmus.control.login_views import Approval, Onward
from isthmus.core.logins import SignedIn
from isthmus.storage.accounts import Account
from isthmus.storage.logins import StoredLogin

PROFILE: Final = "profile_arn"
"""Member of an account's details: the profile it was signed in for."""
MAX_LABEL_CHARS: Final = 200


def profile_of(approval: Approval, written: FinishInput, before: Account | None) -> str | None:
    """The chosen one, the one the service or the account before named, or the only one there is.

    Raises `Invalid` for one that is not there, and `Conflict` when there are several and nobody has chosen.
    """
    profiles = {str(each["id"]): str(each.get("name") or "") for each in approval.profiles}
    chosen = written.profile
    if chosen is not None and profiles and chosen not in profiles:
        problem = FieldProblem("profile", f"is none of {_listed(profiles)}")
        raise Invalid("the sign-in has no such profile: see its fields", [problem])
    known = approval.account.details.get(PROFILE)
    if chosen is None and isinstance(known, str):
        chosen = known
    if chosen is None and before is not None:
        held = before.details.get(PROFILE)
        chosen = held if isinstance(held, str) and (held in profiles or not profiles) else None
    if chosen is None and len(profiles) == 1:
        [chosen] = profiles
    if chosen is None and profiles:
        problem = FieldProblem("profile", f"choose one of {_listed(profiles)}")
        raise Conflict(
            f"the account has {len(profiles)} profiles: choose one of {_listed(profiles)}", [problem]
        )
    return chosen


def account_of(
    login: StoredLogin, approval: Approval, written: FinishInput, profile: str | None
) -> AccountInput:
    """Raises `Invalid`."""
    onward, signed = Onward.of(login), approval.account
    label = written.label or onward.label or _label(approval.owner)
    fields = {
        **written.fields(),
        "provider": login.provider,
        "kind": signed.kind,
        "label": label,
        "credential": dict(signed.credential),
        "proxy": onward.proxy,
        "details": {**_details(signed, profile), **written.details},
    }
    found = check(AccountInput, fields)
    if isinstance(found, tuple):
        raise Invalid("the account is not valid: see its fields", found)
    return found


def signed_in_again(account: Account, signed: SignedIn, profile: str | None, now_ms: int) -> Account:
    """The same account with its new credential, switched on. What operators decided stays."""
    stale = {name for name, value in signed.details.items() if value is None}
    kept = {name: value for name, value in account.details.items() if name not in stale}
    return replace(
        account,
        kind=signed.kind,
        credential=signed.credential,
        details={**kept, **_details(signed, profile)},
        enabled=True,
        off_reason=None,
        updated_ms=now_ms,
    )


def _details(signed: SignedIn, profile: str | None) -> dict[str, Any]:
    details = {name: value for name, value in signed.details.items() if value is not None}
    return details if profile is None else {**details, PROFILE: profile}


def _label(owner: str | None) -> str | None:
    """An owner's name may hold anything."""
    text = "".join(each if each.isprintable() else " " for each in owner or "")
    return " ".join(text.split())[:MAX_LABEL_CHARS] or None


def _listed(profiles: Mapping[str, str]) -> str:
    return ", ".join(f"{id} ({name})" if name else id for id, name in profiles.items())
