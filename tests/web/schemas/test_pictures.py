from __future__ import annotations

from flask.testing import FlaskClient

from pictures.order import KINDS
from web.schemas.pictures import PictureQuery


def test_without_a_word_it_is_all_for_a_screen() -> None:
    query = PictureQuery.model_validate({"kind": "", "width": " "})
    assert (query.kind, query.width, query.theme) == ("all", 1000, "light")


def test_the_document_names_the_kinds(client: FlaskClient) -> None:
    """Where the page finds them."""
    document = client.get("/openapi.json").get_json()
    for path in ("/jobs/{id}/plot.svg", "/jobs/{id}/plot.png"):
        parameters = {each["name"]: each["schema"] for each in document["paths"][path]["get"]["parameters"]}
        assert parameters["kind"]["enum"] == list(KINDS)
