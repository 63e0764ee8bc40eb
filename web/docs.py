"""GET /openapi.json: what this API is; GET /docs: the same to read and to try, with nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import flask_openapi3_swagger
from flask import Response, current_app, jsonify, send_file
from pydantic import BaseModel, Field
from werkzeug.exceptions import NotFound

from web.api import Api
from web.guard import public
from web.responses import refusals
from web.routes import Routes

blueprint = Routes("docs", __name__, tag="about")
_OURS = Path(__file__).parent / "static"
_SWAGGER = Path(flask_openapi3_swagger.__file__).parent / "templates" / "swagger"
ASSETS = {
    "start.js": _OURS / "start.js",
    "swagger-ui-bundle.js": _SWAGGER / "js" / "swagger-ui-bundle.js",
    "swagger-ui.css": _SWAGGER / "css" / "swagger-ui.css",
    "swagger.svg": _SWAGGER / "images" / "swagger.svg",
}
# Swagger UI's style sheet has pictures in it.
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class AssetPath(BaseModel):
    name: str = Field(json_schema_extra={"enum": [*ASSETS]})


_DOCUMENT = {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}
_PAGE = {"description": "Swagger UI.", "content": {"text/html": {"schema": {"type": "string"}}}}
_ASSET = {
    "description": "A part of the page.",
    "content": {kind: {"schema": {"type": "string"}} for kind in ("text/javascript", "text/css", "image/svg+xml")},
}


@blueprint.get("/openapi.json", responses={200: _DOCUMENT})
@public
def document() -> Response:
    """This document"""
    return jsonify(cast(Api, current_app).api_doc)


@blueprint.get("/docs", responses={200: _PAGE})
@public
def page() -> Response:
    """This document to read and to try"""
    response = send_file(_OURS / "docs.html", mimetype="text/html", conditional=False, etag=False)
    response.headers["Content-Security-Policy"] = POLICY
    return response


@blueprint.get("/docs/<name>", responses={200: _ASSET, **refusals(404)})
@public
def asset(path: AssetPath) -> Response:
    """Scripts, styles and pictures of the page"""
    if path.name not in ASSETS:
        raise NotFound
    return send_file(ASSETS[path.name], conditional=False, etag=False)
