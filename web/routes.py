"""How a route declares itself: on :class:`Routes`, with pydantic models for what it takes and what it answers.

A view's arguments named ``path``, ``query``, ``header`` and ``body`` are read and checked by the models of their
annotations before it runs; what does not fit is refused as InvalidOption. A route that must look at its request itself
(an upload is only read once there is room for it) declares it with :func:`unread`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.data_type import DataType
from flask_openapi3.models.media_type import MediaType
from flask_openapi3.models.parameter import Parameter
from flask_openapi3.models.parameter_in_type import ParameterInType
from flask_openapi3.models.request_body import RequestBody
from flask_openapi3.models.schema import Schema
from flask_openapi3.models.tag import Tag
from flask_openapi3.types import ParametersTuple
from flask_openapi3.utils import parse_body, parse_form, parse_header, parse_query, parse_rule
from pydantic import BaseModel

from web.cookies import NAME as COOKIE
from web.dialects.known import OWN, Dialect
from web.guard import HEADER, needed_scope
from web.responses import reference, refusals

SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`"},
    "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Authorization: Token KEY`"},
    "key": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Authorization: KEY`"},
    "header": {"type": "apiKey", "in": "header", "name": HEADER, "description": f"`{HEADER}: KEY`"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "For the page: `POST /session`."},
}
_RECORDING = {"application/octet-stream": MediaType.model_validate({"schema": {"type": "string", "format": "binary"}})}


class Routes(APIBlueprint):
    """A blueprint. tag: the heading that its routes stand under at /docs; dialect: of their errors and keys, which
    their addresses decide (web/dialects/known.py)."""

    def __init__(
        self, name: str, import_name: str, *, tag: str, url_prefix: str | None = None, dialect: Dialect = OWN
    ) -> None:
        self.dialect = dialect
        super().__init__(
            name, import_name, abp_tags=[Tag(name=tag)], operation_id_callback=_operation_id, url_prefix=url_prefix
        )

    def _collect_openapi_info(
        self, rule: str, func: Callable[..., Any], *, responses: Any = None, method: str = "GET", **described: Any
    ) -> ParametersTuple:
        """Adds what web/guard.py asks of whoever comes to this view."""
        scope = needed_scope(func, method)
        usual = refusals(*(401, 403, 413, 429, 503) if scope else (413,), dialect=self.dialect)
        described["responses"] = usual | (responses or {})
        described["security"] = [{scheme: [scope.value]} for scheme in self.dialect.schemes] + [{}] if scope else []
        extensions = dict(described.pop("openapi_extensions", None) or {})
        unread_parameters = extensions.pop("parameters", [])
        models = super()._collect_openapi_info(rule, func, method=method, openapi_extensions=extensions, **described)
        # The library would drop them for a view that has parameters of its own.
        operation = getattr(self.paths[parse_rule(rule, url_prefix=self.url_prefix)], method.lower())
        operation.parameters = [*(operation.parameters or []), *unread_parameters]
        for parameter in operation.parameters:
            # Empty counts as not given; lists may have empty strings in them anyway.
            if parameter.param_in == ParameterInType.QUERY and not _is_list(parameter):
                parameter.allowEmptyValue = True
        return models


def _is_list(parameter: Parameter) -> bool:
    return isinstance(parameter.param_schema, Schema) and parameter.param_schema.type == DataType.ARRAY


def _operation_id(*, bp_name: str, name: str, path: str, method: str) -> str:
    """That of Flask's endpoint, as "jobs_show"."""
    return f"{bp_name}_{name}"


def unread(
    *,
    query: type[BaseModel] | None = None,
    header: type[BaseModel] | None = None,
    form: type[BaseModel] | None = None,
    json: type[BaseModel] | None = None,
    recording: bool = False,
    required: bool = True,
) -> dict[str, Any]:
    """What a route gives as ``openapi_extensions`` for what it reads itself. recording: it is the body; required: there
    must be a body."""
    content = _form_content(form) if form else parse_body(json)[0] if json else _RECORDING if recording else None
    for model in filter(None, (form, json)):
        reference(model)
    parameters = [_written(parameter) for parameter in parse_query(query)[0]] if query else []
    parameters += parse_header(header)[0] if header else []
    body = {"requestBody": RequestBody(content=content, required=required)} if content else {}
    return {"parameters": parameters, **body}


def _written(parameter: Parameter) -> Parameter:
    """An object in a query string is written as JSON."""
    schema = parameter.param_schema
    if not isinstance(schema, Schema) or schema.type != DataType.OBJECT:
        return parameter
    content = {"application/json": MediaType.model_validate({"schema": schema})}
    return Parameter.model_validate(
        parameter.model_dump(exclude={"param_schema", "example"}, exclude_unset=True) | {"content": content}
    )


def _form_content(form: type[BaseModel]) -> dict[str, MediaType]:
    """Without a file, a form may be urlencoded too."""
    (media,) = parse_form(form)[0].values()
    has_file = any(field.annotation in (bytes, list[bytes]) for field in form.model_fields.values())
    kinds = ("multipart/form-data",) if has_file else ("application/x-www-form-urlencoded", "multipart/form-data")
    return dict.fromkeys(kinds, media)
