"""One exception tree with stable codes. It knows nothing of HTTP; ``web/errors.py`` gives each branch a status.

DiarizationError                 code "internal_error"
├── InputError                   "invalid_input"      what was sent is at fault
│   ├── MissingAudio             "missing_audio"      no file, or an empty one
│   ├── UnsupportedMedia         "unsupported_media"  not audio, or a container we refuse
│   ├── TruncatedAudio           "truncated_audio"    less sound than the header promises
│   ├── EmptyAudio               "empty_audio"        a valid file without usable sound
│   ├── AudioTooLong             "audio_too_long"
│   ├── UploadTooLarge           "upload_too_large"
│   ├── InvalidOption            "invalid_option"     field names the option
│   ├── UnknownFormat            "unknown_format"     field names the option
│   ├── UnknownJob               "unknown_job"        no such job, or it has expired
│   ├── UnknownModel             "model_not_found"    by a name that a dialect knows
│   ├── UnknownUpload            "unknown_upload"     no such upload, or it has expired
│   ├── Unsupported              "unsupported"        what other systems do, and this one or its models do not
│   ├── Unfinished               "unfinished"         the job has no result (yet)
│   ├── InvalidEdit              "invalid_edit"       of a conversation; field names what is wrong
│   ├── RevisionChanged          "revision_changed"   somebody else changed the conversation meanwhile
│   ├── NothingToUndo            "nothing_to_undo"
│   ├── ArtefactsExpired         "artefacts_expired"  what a job's stages found is no longer kept
│   ├── UnknownSpeaker           "unknown_speaker"    no such known speaker
│   ├── SpeakerExists            "speaker_exists"     one of this name
│   ├── TooManySpeakers          "too_many_speakers"  known, or clips of one
│   ├── VoiceTooShort            "voice_too_short"    too little speech in a clip to know the voice again
│   ├── SeveralVoices            "several_voices"     in a clip that is to have one
│   ├── KeyReused                "idempotency_key_reused"  for another request
│   └── WebhookRefused           "webhook_refused"    an address that is not called, or webhooks are off
├── MissingKey                   "missing_key"        no API key where one is needed
├── InvalidKey                   "invalid_key"        unknown, wrong, expired or revoked
├── MissingScope                 "missing_scope"      the key is not good for this
├── ForeignHost                  "foreign_host"       asked for by a name that is none of this machine's
├── ForeignOrigin                "foreign_origin"     sent by a page of somebody else's
├── Unavailable                  "unavailable"        try again later: retry_after in seconds
│   ├── QueueFull                "queue_full"
│   ├── TooManyPending           "too_many_pending"   jobs of one caller's that have not ended
│   ├── TooManyUploads           "too_many_uploads"   of one caller's that nothing was done with
│   ├── RateLimited              "rate_limited"       too many requests of one caller's
│   ├── TooManyStreams           "too_many_streams"   of events
│   └── NotReady                 "not_ready"          models are loading
├── ModelError                   "model_unavailable"  a model, or whatever else all work needs, is missing
├── StorageError                 "storage_failed"     the table of jobs, or its folder, cannot be used
├── MediaToolError               "media_tool_failed"  ffmpeg is missing, or died by itself
├── WorkerFailed                 "worker_failed"      the worker died or hung on this job
└── Cancelled                    "cancelled"          somebody took the job back
"""

from __future__ import annotations


class DiarizationError(Exception):
    """Base of every error this project raises on purpose.

    ``message`` is written for the client: a sentence that helps, with no path, key or transcript in it.
    ``field`` is the name of the option at fault, or None.
    """

    code = "internal_error"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def to_dict(self) -> dict[str, str | None]:
        """Plain data, so that an error crosses a process boundary: see :func:`from_dict`."""
        return {"code": self.code, "message": self.message, "field": self.field}


class InputError(DiarizationError):
    code = "invalid_input"


class MissingAudio(InputError):
    code = "missing_audio"


class UnsupportedMedia(InputError):
    code = "unsupported_media"


class TruncatedAudio(InputError):
    code = "truncated_audio"


class EmptyAudio(InputError):
    code = "empty_audio"


class AudioTooLong(InputError):
    code = "audio_too_long"


class UploadTooLarge(InputError):
    code = "upload_too_large"


class InvalidOption(InputError):
    code = "invalid_option"


class UnknownFormat(InputError):
    code = "unknown_format"


class UnknownJob(InputError):
    code = "unknown_job"


class UnknownModel(InputError):
    code = "model_not_found"


class UnknownUpload(InputError):
    code = "unknown_upload"


class Unsupported(InputError):
    code = "unsupported"


class Unfinished(InputError):
    code = "unfinished"


class InvalidEdit(InputError):
    code = "invalid_edit"


class RevisionChanged(InputError):
    code = "revision_changed"


class NothingToUndo(InputError):
    code = "nothing_to_undo"


class ArtefactsExpired(InputError):
    code = "artefacts_expired"


class UnknownSpeaker(InputError):
    code = "unknown_speaker"


class SpeakerExists(InputError):
    code = "speaker_exists"


class TooManySpeakers(InputError):
    code = "too_many_speakers"


class VoiceTooShort(InputError):
    code = "voice_too_short"


class SeveralVoices(InputError):
    code = "several_voices"


class KeyReused(InputError):
    code = "idempotency_key_reused"


class MissingKey(DiarizationError):
    code = "missing_key"


class InvalidKey(DiarizationError):
    code = "invalid_key"


class MissingScope(DiarizationError):
    code = "missing_scope"


class ForeignHost(DiarizationError):
    code = "foreign_host"


class ForeignOrigin(DiarizationError):
    code = "foreign_origin"


class WebhookRefused(InputError):
    code = "webhook_refused"


class Unavailable(DiarizationError):
    """A passing state: the same request may succeed after ``retry_after`` seconds."""

    code = "unavailable"

    def __init__(self, message: str, *, field: str | None = None, retry_after: int = 5) -> None:
        super().__init__(message, field=field)
        self.retry_after = retry_after


class QueueFull(Unavailable):
    code = "queue_full"


class TooManyPending(Unavailable):
    code = "too_many_pending"


class TooManyUploads(Unavailable):
    code = "too_many_uploads"


class RateLimited(Unavailable):
    code = "rate_limited"


class TooManyStreams(Unavailable):
    code = "too_many_streams"


class NotReady(Unavailable):
    code = "not_ready"


class ModelError(DiarizationError):
    code = "model_unavailable"


class StorageError(DiarizationError):
    code = "storage_failed"


class MediaToolError(DiarizationError):
    code = "media_tool_failed"


class WorkerFailed(DiarizationError):
    code = "worker_failed"


class Cancelled(DiarizationError):
    code = "cancelled"


def tree(root: type[DiarizationError] = DiarizationError) -> dict[str, type[DiarizationError]]:
    """{code: class} of ``root`` and all below it."""
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= tree(child)
    return found


def from_dict(data: dict[str, str | None]) -> DiarizationError:
    """The error that :meth:`DiarizationError.to_dict` wrote; an unknown code becomes the base class."""
    cls = tree().get(str(data.get("code")), DiarizationError)
    return cls(str(data.get("message") or "Internal error."), field=data.get("field"))
