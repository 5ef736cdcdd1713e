"""Which provider new logins belong to: the one that is named, or the only one of its type. The first login makes it."""

from __future__ import annotations

from dataclasses import dataclass

from isthmus.control.failures import Conflict, FieldProblem, Invalid
from isthmus.control.people import Person
from isthmus.control.providers import ProviderInput, ProviderService


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    type: str
    exists: bool


async def choose_provider(providers: ProviderService, type: str, wanted: str | None = None) -> Choice:
    """A provider of the type, by name; without a name the only one, or a new one called like its type.

    Raises `Invalid` when the name is that of none or of another type, or when there are several and none is named; `Conflict` when
    a new one cannot have its name.
    """
    types = {each.name: each.type for each in await providers.providers.load_all()}
    types |= {name: each.type for name, each in providers.configured().items()}
    fitting = sorted(name for name, each in types.items() if each == type)
    if wanted is not None:
        if wanted in fitting:
            return Choice(wanted, type, exists=True)
        if wanted != type or wanted in types:
            raise _unfit(wanted, type, types.get(wanted), fitting)
        return Choice(wanted, type, exists=False)
    match fitting:
        case [] if type in types:
            way_out = f"make one of type {type!r} by another name, with POST /v2/providers"
            raise Conflict(f"provider {type!r} is of type {types[type]!r}: {way_out}")
        case []:
            return Choice(type, type, exists=False)
        case [one]:
            return Choice(one, type, exists=True)
        case several:
            names = ", ".join(several)
            problem = FieldProblem("provider", f"must be one of {names}")
            raise Invalid(f"there are several providers of type {type!r}: name one of {names}", [problem])


async def make_sure(providers: ProviderService, person: Person, choice: Choice) -> None:
    """It is there from now on. Raises what `choose_provider` does, when somebody else was faster with another type."""
    if choice.exists:
        return
    try:
        await providers.create(person, ProviderInput(name=choice.name, type=choice.type))
    except Conflict:
        # Most likely it is there meanwhile, which is as well.
        if not (await choose_provider(providers, choice.type, choice.name)).exists:
            raise


def _unfit(wanted: str, type: str, found: str | None, fitting: list[str]) -> Invalid:
    what = "there is no such provider" if found is None else f"it is of type {found!r}"
    way_out = f"name one of {', '.join(fitting)}" if fitting else "name none, and one is made"
    message = f"no logins of {type!r} for provider {wanted!r}: {what}; {way_out}"
    return Invalid(message, [FieldProblem("provider", f"is no provider of type {type!r}: {way_out}")])
