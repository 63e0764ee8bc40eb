"""GET requests to Hugging Face and NGC, and one sentence for each way in which they fail.

HF_ENDPOINT names a mirror of Hugging Face, HF_TOKEN (or ``hf auth login``) says who asks, and the usual variables
(HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE) are honoured by requests itself.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import requests
from huggingface_hub import get_token
from requests.auth import AuthBase

from errors import ModelError

TIMEOUT = (10.0, 60.0)  # seconds to connect, seconds without a byte
BUSY = (408, 425, 429)
BY_HAND = "or pull on another machine and bring it over with: python cli.py models bundle"


class _Bearer(AuthBase):
    """As an auth object and not as a header, so that no .netrc replaces it; requests drops it at another host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def hub() -> str:
    """The address of Hugging Face, or of the mirror in HF_ENDPOINT."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def get(url: str, headers: dict[str, str] | None = None) -> requests.Response:
    """The response, its body not yet read. Raises requests.RequestException, also for a status of 400 and above."""
    # The length must be that of the file, so no compression on the way.
    asked = {"Accept-Encoding": "identity", "User-Agent": "nemo-diarization"} | (headers or {})
    token = get_token() if url.startswith(f"{hub()}/") else None
    auth = _Bearer(token) if token else None
    response = requests.get(url, headers=asked, auth=auth, stream=True, timeout=TIMEOUT)
    if response.status_code >= 400:
        response.close()
    response.raise_for_status()
    return response


def may_pass(error: requests.RequestException) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code in BUSY or error.response.status_code >= 500
    lasting = (requests.exceptions.SSLError, requests.exceptions.ProxyError)
    cut = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, cut) and not isinstance(error, lasting)


def explain(error: requests.RequestException, model: str, url: str) -> ModelError:
    """One line: the model, what went wrong, what to do."""
    host = urlsplit(url).hostname or url
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return ModelError(f"{model}: {_answer(error.response.status_code, host, url)}")
    if isinstance(error, requests.exceptions.ProxyError):
        return ModelError(f"{model}: the proxy did not let us through to {host}; check HTTPS_PROXY and NO_PROXY.")
    if isinstance(error, requests.exceptions.SSLError):
        return ModelError(
            f"{model}: {host} could not prove who it is; behind a proxy that inspects traffic, name its "
            "certificate in REQUESTS_CA_BUNDLE."
        )
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ReadTimeout):
        return ModelError(f"{model}: {host} broke off again and again; run the command again, it goes on from there.")
    if isinstance(error, requests.ConnectionError | requests.Timeout):
        return ModelError(f"{model}: {host} cannot be reached; check the network and HTTPS_PROXY, {BY_HAND}")
    return ModelError(f"{model}: {host} cannot be asked ({type(error).__name__}); check HF_ENDPOINT and HTTPS_PROXY.")


def _answer(status: int, host: str, url: str) -> str:
    if status in (401, 403) and url.startswith(f"{hub()}/"):
        return (
            f"{host} refused ({status}): check the name; where the model asks for its licence to be accepted, do so on "
            "its page and set HF_TOKEN."
        )
    if status == 404:
        return f"{host} does not have it (404); check the name in model_path."
    if status in BUSY or status >= 500:
        return f"{host} is busy or out of order ({status}); try again later."
    return f"{host} refused ({status})."
