"""What has to be fetched for a model, and from where: Hugging Face for "owner/name", NVIDIA's NGC for a plain name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import requests

from commands.download import RemoteFile
from commands.network import explain, get, hub
from errors import ModelError
from pipeline import catalogue
from pipeline.checkpoints import FOLDER_FILES, stored_name

_PAGE = "https://huggingface.co/"  # how NeMo's lists refer to a model that NGC does not keep


def files_of(model: str) -> list[RemoteFile]:
    """Every file of a model. Raises ModelError when nobody has it, or it cannot be asked for."""
    if model.endswith(".nemo"):
        raise ModelError(f"{model} is a file of your own; put it where model_path says.")
    if re.fullmatch(r"[\w.-]+/[\w.-]+", model):
        return _of_hub(model)
    url = _ngc_url(model)
    if url.startswith(_PAGE):
        return _of_hub(url.removeprefix(_PAGE).strip("/"), model)
    return [RemoteFile(model, url, f"{stored_name(model)}.nemo")]


def _ngc_url(model: str) -> str:
    known = catalogue.find(model)
    if known:
        return known.url
    from pipeline.nemo_catalogue import location  # brings in NeMo, seconds

    if url := location(model):
        return url
    raise ModelError(
        f"{model} is unknown: a model is OWNER/NAME of Hugging Face, or a name of NVIDIA's catalogue "
        "such as titanet_large."
    )


def _of_hub(repository: str, model: str = "") -> list[RemoteFile]:
    """From the list of files that Hugging Face has, at the commit of that list: one ``.nemo``, or a folder."""
    known = catalogue.find(repository)
    model = model or repository
    listed = _list(model, (known and known.repository) or repository)
    held = {str(item.get("rfilename")): item for item in listed.get("siblings", ())}
    base = f"{hub()}/{listed.get('id') or repository}/resolve/{listed.get('sha') or 'main'}"
    single = None if known and known.folder else _nemo_file(repository, list(held))
    if single:
        return [_remote(model, base, held[single], f"{stored_name(model)}.nemo")]
    names = [name for name in held if FOLDER_FILES.fullmatch(name)]
    if "config.json" not in names or not any(name.endswith(".safetensors") for name in names):
        raise ModelError(f"{model}: its page on Hugging Face has neither a .nemo file nor a model of transformers.")
    return [_remote(model, base, held[name], f"{stored_name(model)}/{name}") for name in names]


def _list(model: str, repository: str) -> dict[str, Any]:
    url = f"{hub()}/api/models/{repository}?blobs=true"
    try:
        with get(url) as response:
            listed = response.json()
    except requests.JSONDecodeError:
        raise ModelError(f"{model}: {hub()} does not answer like Hugging Face; check HF_ENDPOINT.") from None
    except requests.RequestException as error:
        raise explain(error, model, url) from error
    return listed if isinstance(listed, dict) else {}


def _nemo_file(repository: str, names: list[str]) -> str | None:
    """The checkpoint called like the model, as NeMo itself looks for it; else the only one there is."""
    files = [name for name in names if PurePosixPath(name).suffix == ".nemo" and "/" not in name]
    wanted = f"{repository.partition('/')[2]}.nemo".casefold()
    same = [name for name in files if name.casefold() == wanted]
    return same[0] if same else files[0] if len(files) == 1 else None


def _remote(model: str, base: str, item: dict[str, Any], name: str) -> RemoteFile:
    large = item.get("lfs") or {}  # only these have a SHA-256 there
    return RemoteFile(model, f"{base}/{item['rfilename']}", name, item.get("size"), large.get("sha256"))
