"""Signatures after the Standard Webhooks convention (standardwebhooks.com): receivers have libraries for it.

What is signed is the id, the time in seconds since 1970, and the body, apart by dots; with HMAC-SHA256.
"""

from __future__ import annotations

import base64
import hmac


def signed_headers(key: bytes, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    digest = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, "sha256")
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
