"""What a route may answer, as it declares it: ``responses={200: body(Job), **refusals(400, 404)}``."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask_openapi3.models import OPENAPI3_REF_PREFIX, OPENAPI3_REF_TEMPLATE
from pydantic import BaseModel

import errors
import formats
from web.dialects.known import OWN, Dialect
from web.errors import STATUSES
from web.schemas.conversation import Conversation, SegLst

_TEXT = {"schema": {"type": "string"}}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_RETRY = {"Retry-After": {"description": "Seconds.", "required": True, "schema": {"type": "integer", "minimum": 1}}}
_WAITING = (429, 503)  # those that say when to come again
_models: dict[str, type[BaseModel]] = {}


def reference(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a model, by its name among the document's components."""
    if _models.setdefault(model.__name__, model) is not model:
        raise ValueError(f"there are two models called {model.__name__}")
    return {"$ref": f"{OPENAPI3_REF_PREFIX}/{model.__name__}"}


def components() -> dict[str, Any]:
    """{name: JSON schema} of every model that was referred to, and of those within them."""
    found: dict[str, Any] = {}
    for name, model in sorted(_models.items()):
        schema = model.model_json_schema(ref_template=OPENAPI3_REF_TEMPLATE)
        found |= schema.pop("$defs", {}) | {name: schema}
    return found


def body(
    model: type[BaseModel], description: str = "", *, headers: dict[str, Any] | None = None, links: Any = None
) -> dict[str, Any]:
    """JSON. links: what else can be asked about it, {name: OpenAPI's link}."""
    content = {"application/json": {"schema": reference(model)}}
    made: dict[str, Any] = {"description": description or _sentence(model), "content": content}
    return made | ({"headers": headers} if headers else {}) | ({"links": links} if links else {})


def conversation() -> dict[str, Any]:
    """The result in every format that there is."""
    content: dict[str, Any] = {
        module.MIMETYPE: _BYTES if name in formats.BINARY else _TEXT for name, module in formats.FORMATS.items()
    }
    content[formats.json.MIMETYPE] = {"schema": reference(Conversation)}
    content[formats.seglst.MIMETYPE] = {"schema": reference(SegLst)}
    return {"description": _sentence(Conversation), "content": content}


def nothing(description: str) -> dict[str, Any]:
    return {"description": description}


def refusals(*statuses: int, dialect: Dialect = OWN) -> dict[int, dict[str, Any]]:
    """The errors with these statuses of ours, which may be others in the dialect, and faults of the server."""
    return {status: _refusal(status, dialect) for status in sorted({*map(dialect.status, statuses), 500})}


def _refusal(status: int, dialect: Dialect) -> dict[str, Any]:
    codes = ", ".join(f"`{code}`" for code in _codes(status)) if dialect is OWN else ""
    phrase = HTTPStatus(status).phrase
    headers = _RETRY if status in _WAITING else None
    return body(dialect.schema, f"{phrase}: {codes}." if codes else f"{phrase}.", headers=headers)


def _codes(status: int) -> Iterator[str]:
    """Of our own errors, those that leave with this status."""
    for kind in errors.tree().values():
        if status == next(found for parent, found in STATUSES if issubclass(kind, parent)):
            yield kind.code


def _sentence(model: type[BaseModel]) -> str:
    return (model.__doc__ or model.__name__).split("\n")[0]
