"""The document as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from tests.web.conformance import path_of
from tests.web.test_diarize import error_of
from web.dialects.known import dialect_of


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/openapi.json")
    assert response.mimetype == "application/json"
    return json.loads(response.text)


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []


def test_every_route_is_in_it_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        f"{method} {path_of(rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert set(operations(document)) == routes


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(list_references(document))
    assert "#/components/schemas/Error" in references
    names = {reference.removeprefix("#/components/schemas/") for reference in references}
    assert names <= set(document["components"]["schemas"])


def list_references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [value for key, value in part.items() if key == "$ref"]
        return own + [found for value in part.values() for found in list_references(value)]
    return [found for item in part for found in list_references(item)] if isinstance(part, list) else []


def test_every_operation_says_what_it_does_and_how_it_may_fail(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert len(set(ids)) == len(ids)
    for name, operation in operations(document).items():
        assert operation["summary"], name
        assert "<br" not in operation.get("description", ""), name
        for status, response in operation["responses"].items():
            assert response["description"], (name, status)
            if status[0] in "45" and name != "GET /status":
                schema = dialect_of(name.partition(" ")[2]).schema.__name__
                assert response["content"]["application/json"]["schema"] == {"$ref": f"#/components/schemas/{schema}"}
        assert "500" in operation["responses"], name


def test_every_link_leads_somewhere(document: dict[str, Any]) -> None:
    """And from a job that was accepted to all that can be done with it."""
    ids = {operation["operationId"]: name for name, operation in operations(document).items()}
    links = document["paths"]["/jobs"]["post"]["responses"]["202"]["links"].values()
    assert {ids[link["operationId"]] for link in links} == {name for name in ids.values() if "/jobs/{id}" in name}


def test_what_a_model_refuses_leaves_in_the_one_shape_without_what_was_sent(client: FlaskClient) -> None:
    response = client.get("/jobs?limit=secret")
    assert error_of(response) == (400, "invalid_option", "limit")
    assert json.loads(response.text)["error"]["message"] == "limit must be a whole number."
    assert error_of(client.get("/jobs?limit=0")) == (400, "invalid_option", "limit")
