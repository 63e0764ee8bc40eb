"""A request whose files go straight into a folder of their own below TEMP_AUDIO_DIR.

Flask would spool them to /tmp first and leave us to copy them: twice the disk, on the wrong one.
"""

from __future__ import annotations

import shutil
import sys
from functools import partial
from os import SEEK_END
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from flask import Flask, Request, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.utils import secure_filename

from errors import InputError, MissingAudio
from jobs.folders import JobFolder
from web.bodies import upload_fields
from web.context import current_service

_MOST_PARTS = 50
_PIECE = 1024 * 1024  # bytes of a body that are held in memory


class UploadRequest(Request):
    """Reads the body at the first access to ``form`` or ``files``, cut off at the limit of its route."""

    # A body that ends too early is an error to report, not an empty form.
    form_data_parser_class = partial(FormDataParser, silent=False)  # type: ignore[assignment]
    folder: JobFolder | None = None
    _received = 0

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self.folder is None:
            self.folder = current_service().open_folder()
        self._received += 1
        return (self.folder.path / f"upload-{self._received}").open("x+b")

    def get_data(self, *args: Any, **kwargs: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """As Flask's, which would cut a body short that does not say how large it is, and go on as if it were whole."""
        data = super().get_data(*args, **kwargs)
        if self.content_length is None and len(data) >= (self.max_content_length or sys.maxsize):
            raise RequestEntityTooLarge
        return data

    def _load_form_data(self) -> None:
        try:
            super()._load_form_data()
        except RequestEntityTooLarge:
            if (self.content_length or sys.maxsize) > (self.max_content_length or 0):
                raise
            raise InputError(f"The form has too many parts or too long a text field; {_how()}.") from None
        except ValueError:
            raise InputError(f"The body is not complete multipart form data; {_how()}.") from None

    def take_folder(self) -> JobFolder | None:
        """The folder that was received into; from now on it is the caller's to remove."""
        folder, self.folder = self.folder, None
        return folder


def register_uploads(app: Flask) -> None:
    app.request_class = UploadRequest
    app.config["MAX_FORM_PARTS"] = _MOST_PARTS
    app.teardown_request(_remove_leftovers)


def received_audio(request: Request) -> FileStorage:
    """The uploaded recording. Raises MissingAudio, UploadTooLarge (as Flask's 413), InputError."""
    files = received_files(request)
    if len(files) > 1:
        raise InputError("Send one recording with each request.", field=upload_fields()[0])
    return files[0]


def received_files(request: Request) -> list[FileStorage]:
    """The uploaded recordings, at least one. Raises as :func:`received_audio`."""
    fields = upload_fields()
    files = [file for field in fields for file in request.files.getlist(field)]
    for field in (field for field in fields if not files and field in request.form):
        raise MissingAudio(f'The field "{field}" holds text, not a file; {_how()}.', field=field)
    if not files:
        raise MissingAudio(f"There is no recording in the request; {_how()}.", field=fields[0])
    return files


def received_body(request: UploadRequest) -> Path:
    """Where the body lies, which is the recording. Raises MissingAudio, UploadTooLarge (as Flask's 413)."""
    folder = request.folder = request.folder or current_service().open_folder()
    path = folder.path / "upload-1"
    write_body(request, path)
    return path


def write_body(request: Request, path: Path) -> None:
    """The body, which is a recording, to a new file. Raises MissingAudio, UploadTooLarge (as Flask's 413)."""
    with path.open("xb") as file:
        shutil.copyfileobj(request.stream, file, _PIECE)
    if path.stat().st_size == 0:
        raise MissingAudio(f"There is no recording in the request; {_how()}.")


def stored_path(file: FileStorage) -> Path:
    """Where the upload lies, flushed and closed. Raises MissingAudio when it is empty."""
    stored = cast(BinaryIO, file.stream)
    size = stored.seek(0, SEEK_END)
    stored.close()
    if size == 0:
        raise MissingAudio("The uploaded file is empty.", field=upload_fields()[0])
    return Path(stored.name)


def recording_name(filename: str | None) -> str:
    """A name for the results, safe in every format and header: at most 64 of ``A-Za-z0-9_.-``."""
    return secure_filename(Path((filename or "")[-255:]).stem)[:64] or "audio"


def _how() -> str:
    fields = upload_fields()
    if not fields:
        return "send the recording as the body, as in: curl --data-binary @recording.wav"
    return f'send the recording as the multipart file field "{fields[0]}", as in: curl -F {fields[0]}=@recording.wav'


def _remove_leftovers(_: BaseException | None) -> None:
    folder = request.take_folder() if isinstance(request, UploadRequest) else None
    if folder:
        folder.remove()
