"""The weights of a ``.nemo`` file, once in memory.

NeMo's own connector reads them into memory beside those that the network was built with, and copies: twice 2.4 GB for
Parakeet-TDT 0.6b. Here the file that it unpacks is mapped, and the network takes the mapped weights for its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zipfile import is_zipfile

import torch


def mapped_weights() -> Any:
    """For NeMo's ``restore_from(save_restore_connector=...)``. The unpacked file is deleted as with NeMo's own; its
    space on the disk is free again once the model is gone."""
    from nemo.core.connectors.save_restore_connector import SaveRestoreConnector

    class MappedWeights(SaveRestoreConnector):
        @staticmethod
        def _load_state_dict_from_disk(model_weights: str, map_location: Any = "cpu") -> Any:
            # torch before 1.6 wrote no zip, and nothing else can be mapped.
            return torch.load(model_weights, map_location=map_location, mmap=is_zipfile(model_weights))

        def load_instance_with_state_dict(self, instance: Any, state_dict: Any, strict: bool) -> None:
            instance.load_state_dict(_cast(state_dict, instance.state_dict()), strict=strict, assign=True)
            instance._set_model_restore_state(is_being_restored=False)

    return MappedWeights()


def _cast(weights: Mapping[str, torch.Tensor], own: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same weights in the types that the network has: what is copied is cast, what is taken over is not."""
    return {key: value.to(own[key].dtype) if key in own else value for key, value in weights.items()}
