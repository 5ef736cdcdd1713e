"""The application behind `/v2`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fastapi import APIRouter, FastAPI

from isthmus import __version__
from isthmus.admin.document import completed
from isthmus.admin.errors import ErrorAnswer, add_error_handlers

ROOT: Final = "/v2"


class _Administration(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = completed(super().openapi())
        return self.openapi_schema


def admin_app(routers: Iterable[APIRouter]) -> FastAPI:
    """Without the guard, which the gateway puts in front of it. Each router holds its own services."""
    app = _Administration(
        title="Isthmus administration",
        version=__version__,
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,  # Its pages load scripts from elsewhere.
        redoc_url=None,
        redirect_slashes=False,
        responses={"default": {"model": ErrorAnswer, "description": "A failure, in the one shape there is."}},
        generate_unique_id_function=lambda route: route.name,
    )
    add_error_handlers(app)
    for router in routers:
        app.include_router(router, prefix=ROOT)
    return app
