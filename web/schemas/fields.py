"""What fields of forms and query strings share: neither knows null, and an empty value counts as not given."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from web.options import truth, whole


def optional(description: str, *, alias: str | None = None, **schema: Any) -> Any:
    """schema: what the document says beyond the type; nothing of it is checked here."""

    def finish(made: dict[str, Any]) -> None:
        made.pop("default")
        made.update(schema)

    return Field(default=None, alias=alias, description=description, json_schema_extra=finish)


class Query(BaseModel):
    """What a route takes in its query string."""

    @model_validator(mode="before")
    @classmethod
    def _given(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if not isinstance(value, str) or value.strip()}


def _whole(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if (found := whole(value.strip())) is None:
        raise ValueError("must be a whole number")
    return found


def _boolean(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return truth(value.strip())
    except ValueError as error:
        raise ValueError(f"must be {error}") from None


Whole = Annotated[int, BeforeValidator(_whole)]
Truth = Annotated[bool, BeforeValidator(_boolean)]
