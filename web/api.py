"""The Flask app that describes itself: its document is made of what routes declare (web/routes.py)."""

from __future__ import annotations

from typing import Any, NoReturn

from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError

from errors import InvalidOption
from web.responses import components, reference
from web.routes import SCHEMES
from web.schemas.error import Error
from web.schemas.job import Message
from web.status import VERSION

_ABOUT = "Who said what, when: recordings in, conversations out."


class Api(OpenAPI):
    """The document is made when it is first asked for."""

    def __init__(self, import_name: str) -> None:
        super().__init__(
            import_name,
            info=Info(title="Diarization", version=VERSION, description=_ABOUT),
            security_schemes=SCHEMES,
            doc_ui=False,  # web/docs.py has our own
            # The library adds an answer of its own to every route that has none with this status; each has ours.
            validation_error_status=500,
            validation_error_model=Error,
            validation_error_callback=refuse,
            openapi_extensions={"webhooks": {"jobEnded": {"post": _job_ended()}}},
            static_folder=None,
        )

    def generate_spec_json(self) -> None:
        super().generate_spec_json()
        # The library's own copies of schemas leave out what it has no name for.
        self.spec_json["components"]["schemas"].update(components())
        for path in self.spec_json["paths"].values():
            for operation in path.values():
                if "description" in operation:
                    operation["description"] = operation["description"].replace("<br/>", "\n").strip()


def _job_ended() -> dict[str, Any]:
    """What this service asks of others."""
    headers = ("webhook-id", "webhook-timestamp", "webhook-signature")
    schema = {"type": "string"}
    return {
        "operationId": "webhook_job_ended",
        "summary": "A job has ended",
        "description": "To the `webhook_url` of the job, signed as Standard Webhooks has it, until it is taken.",
        "parameters": [{"name": name, "in": "header", "required": True, "schema": schema} for name in headers],
        "requestBody": {"required": True, "content": {"application/json": {"schema": reference(Message)}}},
        "responses": {"2XX": {"description": "Taken."}, "410": {"description": "Not wanted: it is not sent again."}},
    }


def refuse(error: ValidationError) -> NoReturn:
    """Raises InvalidOption for the first thing that a model refused. It does not repeat what was sent."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or None
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    raise InvalidOption(f"{field or 'The body'} {message}.", field=field)
