"""Holds every answer of an app against the app's own document."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import jsonschema_rs
from flask import Flask, Response, request

from web.api import Api

Document = dict[str, Any]


class Conformance:
    """``failures``: what the document does not say of the answers that the app has given so far."""

    def __init__(self, app: Flask) -> None:
        self.failures = list[str]()
        self._document: Document = cast(Api, app).api_doc  # now, before a test adds routes of its own
        app.after_request(self._look)

    def _look(self, response: Response) -> Response:
        if request.url_rule and request.method not in ("HEAD", "OPTIONS") and response.status_code != 405:
            place = f"{request.method} {request.url_rule.rule} -> {response.status_code}"
            self.failures += [f"{place}: {fault}" for fault in self._faults(str(request.url_rule.rule), response)]
        return response

    def _faults(self, rule: str, response: Response) -> list[str]:
        operation = self._document["paths"].get(path_of(rule), {}).get(request.method.lower())
        if operation is None:  # test_api.py sees to it that the app has no such route
            return []
        described = operation["responses"].get(str(response.status_code))
        if described is None:
            return ["the status is not described"]
        headers = described.get("headers", {}).items()
        missing = [name for name, header in headers if header.get("required") and name not in response.headers]
        return [f"no header {name}" for name in missing] + _content_faults(self._document, described, response)


def _content_faults(document: Document, described: Document, response: Response) -> list[str]:
    content = described.get("content")
    if not content:
        return ["a body"] if response.data else []
    if response.mimetype not in content:
        return [f"{response.mimetype} is not described"]
    if not response.is_json:
        return []
    schema = closed(content[response.mimetype]["schema"] | {"components": document["components"]})
    validator = jsonschema_rs.Draft202012Validator(schema)
    return [
        f"{error.message} at {error.instance_path}"
        for error in validator.iter_errors(json.loads(response.get_data(as_text=True)))
    ]


def closed(schema: Any) -> Any:
    """The same schema, by which an object may have no member that is not described."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    return made | {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else made


def path_of(rule: str) -> str:
    """Flask's rule as OpenAPI writes it."""
    return re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule)
