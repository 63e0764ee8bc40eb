"""What is known of the checkpoints that the profiles in ``conf/`` name, and of the choices that docs/models.md offers.

Licences, languages and sizes are those of the public model cards; sizes are rounded. Nothing else depends on this
table: a model that is not in it can be pulled and used just the same.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_ASR = "nvidia/parakeet-tdt-0.6b-v3"  # of a profile that names none, as NeMo's own diar_infer_general
NGC = "https://api.ngc.nvidia.com/v2/models/nvidia/nemo"
CC_BY = "CC-BY-4.0"
NVIDIA_OPEN = "NVIDIA Open Model License"


@dataclass(frozen=True)
class Checkpoint:
    """name: the ``model_path``; stage: as /status names it; parameters: in millions; download: MB, about.

    url: the one file in NVIDIA's NGC catalogue; where it is empty, Hugging Face has the model, under ``repository``
    where that is written otherwise than the name. folder: a model of transformers, that is several files.
    """

    name: str
    stage: str
    purpose: str
    licence: str
    languages: str
    parameters: float
    download: float
    url: str = ""
    repository: str = ""
    folder: bool = False

    @property
    def memory(self) -> float:
        """MB that the weights take, in 32 bits. What a batch needs comes on top."""
        return 4 * self.parameters


CATALOGUE = (
    Checkpoint(
        DEFAULT_ASR, "asr", "words with punctuation and capitals; finds the language itself",
        CC_BY, "25 European languages, English among them", 627, 2510,
    ),
    Checkpoint(
        "nvidia/parakeet-tdt-0.6b-v2", "asr", "words with punctuation and capitals; the better one for English alone",
        CC_BY, "English", 618, 2470,
    ),
    Checkpoint(
        "stt_en_fastconformer_hybrid_large_pc", "asr", "words with punctuation and capitals in a fifth of the memory",
        CC_BY, "English", 115, 460,
        url=f"{NGC}/stt_en_fastconformer_hybrid_large_pc/versions/1.21.0/files/stt_en_fastconformer_hybrid_large_pc.nemo",
    ),
    Checkpoint(
        "stt_en_conformer_ctc_large", "asr", "words in lower case, without punctuation: what NeMo's own profiles name",
        CC_BY, "English", 121, 450,
        url=f"{NGC}/stt_en_conformer_ctc_large/versions/1.10.0/files/stt_en_conformer_ctc_large.nemo",
    ),
    Checkpoint(
        "titanet_large", "embeddings", "a vector for each voice", CC_BY, "any; trained mostly on English", 25.3, 100,
        url=f"{NGC}/titanet_large/versions/v1/files/titanet-l.nemo",
    ),
    Checkpoint(
        "nvidia/frame_vad_multilingual_marblenet_v2.0", "vad", "speech or not, every 20 ms",
        NVIDIA_OPEN, "English, German, French, Spanish, Russian, Chinese", 0.0915, 0.5,
        repository="nvidia/Frame_VAD_Multilingual_MarbleNet_v2.0",
    ),
    Checkpoint(
        "vad_multilingual_marblenet", "vad", "speech or not, by windows of 0.63 s: what NeMo's own profiles name",
        "terms on its NGC page", "several; listed on its NGC page", 0.088, 0.5,
        url=f"{NGC}/vad_multilingual_marblenet/versions/1.10.0/files/vad_multilingual_marblenet.nemo",
    ),
    Checkpoint(
        "nvidia/diar_streaming_sortformer_4spk-v2", "sortformer", "who speaks when, up to 4 people, any length",
        CC_BY, "any; trained mostly on English, some Chinese", 117, 470,
    ),
    Checkpoint(
        "nvidia/diar_streaming_sortformer_4spk-v2.1", "sortformer", "who speaks when, up to 4 people, any length",
        NVIDIA_OPEN, "any; trained mostly on English, some Chinese", 117, 471,
    ),
    Checkpoint(
        "nvidia/diar_sortformer_4spk-v1", "sortformer", "who speaks when, up to 4 people, the recording in one piece",
        "CC-BY-NC-4.0: no commercial use", "any; trained mostly on English", 123, 490,
    ),
    Checkpoint(
        "nvidia/Nemotron-3-Diarization", "nemotron", "who speaks when, up to 8 people, any length",
        "OpenMDW-1.1", "any; its card lists those that it was trained on", 100, 400, folder=True,
    ),
)  # fmt: skip
_BY_NAME = {known.name: known for known in CATALOGUE}


def find(model_path: str) -> Checkpoint | None:
    """What is known of a model, or None."""
    return _BY_NAME.get(model_path)
