from __future__ import annotations

from flask import Flask, request
from pydantic import BaseModel

from web.api import Api
from web.errors import register_error_handlers
from web.guard import public
from web.routes import Routes, unread
from web.schemas.fields import Query, Whole, optional


class Form(BaseModel):
    file: bytes


class Asked(Query):
    count: Whole = optional("How many.")


def app_with(routes: Routes) -> Flask:
    app = Api(__name__)
    register_error_handlers(app)
    app.register_api(routes)
    return app


def test_a_view_gets_what_its_models_read() -> None:
    routes = Routes("things", __name__, tag="things")

    @routes.get("/things")
    def index(query: Asked) -> list[int]:
        return [query.count]

    app = app_with(routes)
    assert app.test_client().get("/things?count=3").json == [3]
    assert app.test_client().get("/things?count=x").status_code == 400
    assert app.test_client().get("/openapi.json").status_code == 404  # which is web/docs.py's
    assert app.api_doc["paths"]["/things"]["get"]["operationId"] == "things_index"


def test_a_form_that_is_declared_unread_is_described_and_left_alone() -> None:
    routes = Routes("things", __name__, tag="things")

    @routes.post("/things", openapi_extensions=unread(query=Asked, form=Form))
    def create() -> dict[str, bool]:
        return {"untouched": "form" not in request.__dict__}

    app = app_with(routes)
    assert app.test_client().post("/things?count=x", data={"file": "text"}).json == {"untouched": True}
    operation = app.api_doc["paths"]["/things"]["post"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["count"]
    schema = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Form"}
    assert app.api_doc["components"]["schemas"]["Form"]["properties"]["file"]["format"] == "binary"


def test_who_may_call_a_view_is_part_of_its_description() -> None:
    routes = Routes("things", __name__, tag="things")

    @routes.get("/open")
    @public
    def shown() -> str:
        return ""

    @routes.delete("/things")
    def erase() -> str:
        return ""

    paths = app_with(routes).api_doc["paths"]
    assert set(paths["/open"]["get"].get("responses", {})) == {"413", "500"}
    assert "security" not in paths["/open"]["get"]
    ways = [{way: ["jobs:write"]} for way in ("bearer", "header", "cookie")]
    assert paths["/things"]["delete"]["security"] == [*ways, {}]
    assert set(paths["/things"]["delete"]["responses"]) == {"401", "403", "413", "429", "500", "503"}
