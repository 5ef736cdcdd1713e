"""`/v2/accounts/import-tokens`: logins out of token files and lists of other programs."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from isthmus.admin.accounts import AddedAnswer
from isthmus.admin.asking import Admin, Model, Truth
from isthmus.control.account_input import PRINTABLE, Name
from isthmus.control.failures import FieldProblem, Invalid
from isthmus.control.token_files import Taken, TokenFiles, TokenImport

FileName = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=PRINTABLE)]


class TokenFileBody(Model):
    """One file: as text, or in base64, which a database needs."""

    name: FileName = Field(description="As it is called there: a client that a token names is found by it.")
    text: str | None = Field(
        default=None, description="What is in it.", json_schema_extra={"writeOnly": True}
    )
    base64: str | None = Field(
        default=None, description="The same in base64.", json_schema_extra={"writeOnly": True}
    )

    def content(self, at: str) -> bytes:
        """Raises `Invalid`."""
        if (self.text is None) == (self.base64 is None):
            raise _invalid(at, "needs one of `text` and `base64`")
        if self.text is not None:
            return self.text.encode("utf-8", "replace")
        try:
            return base64.b64decode(self.base64 or "", validate=True)
        except (binascii.Error, ValueError):
            raise _invalid(f"{at}.base64", "is not base64") from None


class TokenImportBody(Model):
    """What is given of `text` and `files` is read."""

    provider: Name | None = Field(
        default=None,
        description="A provider of type `amazon-q`; null: the only one, which is made when there is none.",
    )
    text: str | None = Field(
        default=None,
        description="A list as another gateway exports it, or a refresh token or API key on each line.",
        json_schema_extra={"writeOnly": True},
    )
    files: Annotated[list[TokenFileBody], Field(max_length=1000)] = Field(
        default=[], description="Token files, databases of the command lines, lists."
    )
    dry_run: Truth = Field(default=False, description="Only say what would become of each login.")

    def contents(self) -> dict[str, bytes]:
        """By name; of two files of one name the second is told apart. Raises `Invalid`."""
        if self.text is None and not self.files:
            raise _invalid("text", "is needed unless `files` are given")
        found = {} if self.text is None else {"": self.text.encode("utf-8", "replace")}
        for place, each in enumerate(self.files):
            name = each.name if each.name not in found else f"{each.name} ({place + 1})"
            found[name] = each.content(f"files.{place}")
        return found


class TakenAnswer(AddedAnswer):
    """What became of one login."""

    at: str = Field(description="The file, and the place in it.")
    kind: str | None = Field(description="Kind of the account; null for what is none.")

    @classmethod
    def of_taken(cls, taken: Taken) -> TakenAnswer:
        return cls(at=taken.at, kind=taken.kind, **AddedAnswer.of(taken.added).model_dump())


class TokenImportAnswer(BaseModel):
    provider: str = Field(description="Whose accounts they are.")
    provider_is_new: bool = Field(description="It was made for them, or would be.")
    items: list[TakenAnswer]

    @classmethod
    def of(cls, imported: TokenImport) -> TokenImportAnswer:
        items = [TakenAnswer.of_taken(each) for each in imported.taken]
        return cls(provider=imported.provider, provider_is_new=imported.is_new, items=items)


def router(service: TokenFiles) -> APIRouter:
    routes = APIRouter(prefix="/accounts", tags=["accounts"])

    @routes.post("/import-tokens")
    async def import_tokens(body: TokenImportBody, admin: Admin) -> TokenImportAnswer:
        """Makes accounts of logins that other programs have: Kiro, Amazon Q, and gateways for them. What is wrong with one does not
        hold up the others: see `items`. Those programs refresh the same tokens: stop them, or sign in anew for the gateway."""
        files = body.contents()
        imported = await service.take_files(admin, files, body.provider, dry_run=body.dry_run)
        return TokenImportAnswer.of(imported)

    return routes


def _invalid(field: str, message: str) -> Invalid:
    return Invalid("the body is not valid: see its fields", [FieldProblem(field, message)])
