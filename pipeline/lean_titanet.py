"""TitaNet without what equal lengths do not need: NeMo's weights in a leaner order of the same arithmetic.

Time before channels, so that every pointwise convolution is one large matrix product; batch norms folded into them;
no masks, because all windows of a batch are equally long; the mean and deviation that the attention looks at are
added once for a window and not once for a frame. All in bfloat16 but for the statistics.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DTYPE = torch.bfloat16
_EPS = 1e-10  # of NeMo's statistics

# Channels. torch 2.13.0 never returns from a bf16 convolution of 16 with a filter of 15 frames; the published
# networks have 256 and more.
_NARROWEST = 32


class LeanTitaNet(nn.Module):
    """Features (batch, frames, bands), normalised over each window -> embeddings, float32 (batch, d).

    model: NeMo's ``EncDecSpeakerLabelModel`` with a Jasper encoder and attentive pooling, in eval mode; it is not
    changed. Raises ValueError where it is built in another way.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        decoder = model.decoder
        if getattr(decoder, "pool_mode", "") != "attention" or not hasattr(model.encoder, "encoder"):
            raise ValueError("not a TitaNet")
        self._blocks = nn.ModuleList(_Block(block) for block in model.encoder.encoder)
        self._pool = _Pool(decoder._pooling)
        self._layers: Any = copy.deepcopy(decoder.emb_layers).float()
        self._own = decoder.emb_id

    def forward(self, features: Tensor) -> Tensor:
        found = features.to(DTYPE)
        for block in self._blocks:
            found = block(found)
        pooled = self._pool(found)[..., None]
        for layer in self._layers[:-1]:
            pooled = layer(pooled)
        return self._layers[-1][: self._own](pooled)[..., 0]


class _Block(nn.Module):
    """One Jasper block: separable convolutions, squeeze and excitation, and the way around them."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        if len(block.res or ()) > 1 or block.residual_mode != "add" or not isinstance(block.mout[0], nn.ReLU):
            raise ValueError("not a TitaNet")
        self._layers = nn.Sequential(*_lean(list(block.mconv)))
        self._around = nn.Sequential(*_lean(list(block.res[0]))) if block.res else None

    def forward(self, before: Tensor) -> Tensor:
        after = self._layers(before)
        if self._around is not None:
            after += self._around(before)
        return after.relu_()


class _Depthwise(nn.Module):
    """One filter for each channel, along time: (batch, frames, channels) stays so."""

    weight: Tensor

    def __init__(self, conv: nn.Conv1d) -> None:
        super().__init__()
        if conv.out_channels < _NARROWEST:
            raise ValueError(f"a TitaNet of {conv.out_channels} channels")
        self._pad, self._dilation = _only(conv.padding), _only(conv.dilation)
        self.register_buffer("weight", conv.weight.detach()[:, :, None].to(DTYPE))

    def forward(self, signal: Tensor) -> Tensor:
        image = signal.transpose(1, 2)[:, :, None]  # batch, channels, 1, frames: channels last in memory
        reach, apart = (0, self._pad), (1, self._dilation)
        found = F.conv2d(image, self.weight, padding=reach, dilation=apart, groups=len(self.weight))
        return found[:, :, 0].transpose(1, 2)


class _Pointwise(nn.Module):
    """One matrix product for all frames of all windows."""

    weight: Tensor
    bias: Tensor

    def __init__(self, conv: nn.Conv1d, norm: nn.BatchNorm1d) -> None:
        super().__init__()
        weight, bias = _folded(conv, norm)
        self.register_buffer("weight", weight.to(DTYPE))
        self.register_buffer("bias", bias.to(DTYPE))

    def forward(self, signal: Tensor) -> Tensor:
        return F.linear(signal, self.weight, self.bias)


class _Excitation(nn.Module):
    """How much each channel counts, from its mean over the window."""

    narrow: Tensor
    wide: Tensor

    def __init__(self, excitation: Any) -> None:
        super().__init__()
        if excitation.context_window >= 0:
            raise ValueError("not a TitaNet")
        self.register_buffer("narrow", excitation.fc[0].weight.detach().to(DTYPE))
        self.register_buffer("wide", excitation.fc[2].weight.detach().to(DTYPE))

    def forward(self, signal: Tensor) -> Tensor:
        mean = signal.mean(1, keepdim=True)
        gate = F.linear(F.linear(mean, self.narrow).relu_(), self.wide).sigmoid_()
        return signal.mul_(gate)


class _Pool(nn.Module):
    """Attentive statistics (Desplanques et al., 2020): (batch, frames, channels) -> float32 (batch, 2 channels)."""

    seen: Tensor
    overall: Tensor
    bias: Tensor
    scale: Tensor
    offset: Tensor
    out: Tensor

    def __init__(self, pooling: Any) -> None:
        super().__init__()
        tdnn, _, last = pooling.attention_layer
        first = tdnn.conv_layer
        if _only(first.kernel_size) != 1 or _only(last.kernel_size) != 1:
            raise ValueError("not a TitaNet")
        seen, mean, deviation = first.weight.detach()[..., 0].chunk(3, 1)
        self.register_buffer("seen", seen.to(DTYPE))
        self.register_buffer("overall", torch.cat([mean, deviation], 1).float())
        self.register_buffer("bias", first.bias.detach().float())
        scale = tdnn.bn.weight / torch.sqrt(tdnn.bn.running_var + tdnn.bn.eps)
        self.register_buffer("scale", scale.detach().to(DTYPE))
        self.register_buffer("offset", (tdnn.bn.bias - tdnn.bn.running_mean * scale).detach().to(DTYPE))
        self.register_buffer("out", last.weight.detach()[..., 0].to(DTYPE))
        # The last layer's bias is the same for every frame: the softmax over frames takes it out again.

    def forward(self, signal: Tensor) -> Tensor:
        whole = signal.float()
        deviation, mean = torch.std_mean(whole, 1, correction=0)
        overall = torch.cat([mean, deviation.clamp(min=_EPS**0.5)], 1)
        around = F.linear(overall, self.overall, self.bias).to(DTYPE)
        seen = (F.linear(signal, self.seen) + around[:, None]).relu_()
        seen = seen.mul_(self.scale).add_(self.offset).tanh_()
        share = F.linear(seen, self.out).float().softmax(1)
        mean = (share * whole).sum(1)
        spread = (share * whole.square_()).sum(1) - mean.square()
        return torch.cat([mean, spread.clamp(min=_EPS).sqrt()], 1)


def _lean(layers: Sequence[Any]) -> list[nn.Module]:
    """NeMo's layers, each pointwise convolution with the norm behind it in one."""
    found: list[nn.Module] = []
    rest = list(layers)
    while rest:
        layer = rest.pop(0)
        if hasattr(layer, "fc"):
            found.append(_Excitation(layer))
        elif isinstance(layer, nn.ReLU):
            found.append(nn.ReLU(inplace=True))
        elif not isinstance(layer, nn.Dropout):
            found.append(_convolution(layer, rest))
    return found


def _convolution(layer: Any, rest: list[Any]) -> nn.Module:
    conv = getattr(layer, "conv", None)
    if not isinstance(conv, nn.Conv1d) or conv.bias is not None or _only(conv.stride) != 1 or layer.heads != -1:
        raise ValueError("not a TitaNet")
    if conv.groups == conv.in_channels == conv.out_channels and layer.pad_layer is None:
        return _Depthwise(conv)
    if _only(conv.kernel_size) == 1 and conv.groups == 1 and rest and isinstance(rest[0], nn.BatchNorm1d):
        return _Pointwise(conv, rest.pop(0))
    raise ValueError("not a TitaNet")


def _folded(conv: nn.Conv1d, norm: Any) -> tuple[Tensor, Tensor]:
    """Weight (out, in) and bias (out,) of a pointwise convolution and the norm behind it."""
    scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
    return conv.weight.detach()[..., 0] * scale[:, None], norm.bias.detach() - norm.running_mean * scale


def _only(values: Any) -> Any:
    """Of a tuple of one, as torch keeps the numbers of one-dimensional layers."""
    (value,) = values
    return value
