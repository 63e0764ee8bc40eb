"""Where NVIDIA keeps its models: NeMo's own lists, asked late because importing NeMo takes seconds."""

from __future__ import annotations


def location(name: str) -> str | None:
    """The address of a model of NeMo's lists (a file of NGC, or a page of Hugging Face), or None for another name."""
    import nemo.collections.asr.models as models

    classes = [kind for kind in vars(models).values() if isinstance(kind, type)]
    for kind in classes:
        listed = getattr(kind, "list_available_models", None)
        for model in (listed() if listed else None) or ():
            if name in (model.pretrained_model_name, *(model.aliases or ())):
                return model.location
    return None
