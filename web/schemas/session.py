"""/session: the API key that a browser keeps for the page."""

from __future__ import annotations

from pydantic import BaseModel, Field

from keys.key import Scope


class NewSession(BaseModel):
    key: str = Field(description="An API key.", max_length=512)


class Session(BaseModel):
    """Whether a key is needed here, and what the one that came with this request is good for."""

    needed: bool
    valid: bool = Field(description="A key came with the request, in a header or the cookie, and it is good.")
    name: str | None = Field(description="Of that key.")
    scopes: list[Scope] = Field(description="What the caller may do, with that key or without one.")
