"""A client of the service, for programs: needs nothing of it but httpx. docs/client.md."""

from client.api import Client
from client.connection import ApiError, Unreachable
from client.shapes import Conversation, End, Event, Job, Progress, Restart, Segment, Segments, Speaker, Turn, Word

__all__ = [
    "ApiError",
    "Client",
    "Conversation",
    "End",
    "Event",
    "Job",
    "Progress",
    "Restart",
    "Segment",
    "Segments",
    "Speaker",
    "Turn",
    "Unreachable",
    "Word",
]
