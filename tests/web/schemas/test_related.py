from __future__ import annotations

import io

from flask.testing import FlaskClient

from tests.fakes import wav
from web.schemas.related import AudioSpecs, Transcryption


def test_they_are_what_the_routes_answer(client: FlaskClient) -> None:
    specs = client.get("/audio_specs").get_json()
    assert AudioSpecs.model_validate(specs, extra="forbid").model_dump() == specs
    made = client.post("/upload/", data={"file": (io.BytesIO(wav()), "a.wav")}).get_json()
    assert Transcryption.model_validate(made, extra="forbid").model_dump() == made
