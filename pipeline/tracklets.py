"""Tracklets: local speakers of neighbouring windows that are plainly the same voice, linked without embeddings.

Two local speakers of windows a few hops apart are linked when they are active in the same frames. Links are taken
strongest first and never join two local speakers of one window, which the network heard as different people.
A tracklet may still mix two people who take turns, so voices are judged for each turn and not for each tracklet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from pipeline.pyannet import FRAMES, FRAMES_PER_HOP
from pipeline.segmentation import FRAME, LocalActivity

REACH = 6  # windows are compared up to this many hops apart: they still share 4 s
MIN_IOU = 0.5  # shared active frames over all active frames of both
MIN_SHARED = 0.3  # seconds: less is a click or a breath

Node = tuple[int, int]  # (window, local speaker)


@dataclass(frozen=True, eq=False)
class Tracklet:
    """One local voice over time. start: first frame of the common grid; activity: float32 (n,) from there on,
    its probability averaged over all windows; members: the (window, local speaker) pairs it is made of."""

    start: int
    activity: np.ndarray
    members: tuple[Node, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.activity)


def link(local: LocalActivity) -> list[Tracklet]:
    """Tracklets by first appearance."""
    nodes = [(int(w), int(s)) for w, s in np.argwhere(local.hard.any(1))]
    groups = _join(nodes, sorted(_links(local), key=lambda edge: -edge[0]))
    cover = local.windows_over()
    return [_tracklet(local, members, cover) for members in groups]


def _links(local: LocalActivity) -> Iterator[tuple[float, Node, Node]]:
    """(strength, node, node) for local speakers that match over the frames two windows share."""
    for hops in range(1, min(REACH, len(local.hard) - 1) + 1):
        shift = hops * FRAMES_PER_HOP
        early = local.hard[:-hops, shift:].astype(np.float32)
        late = local.hard[hops:, : FRAMES - shift].astype(np.float32)
        shared = early.transpose(0, 2, 1) @ late
        union = early.sum(1)[:, :, None] + late.sum(1)[:, None, :] - shared
        iou, seconds = shared / np.maximum(1.0, union), shared * FRAME
        # Long agreement of close windows is the safest evidence.
        strength = iou * np.minimum(1.0, seconds / 2) / (1 + 0.05 * (hops - 1))
        same = _matched(shared) & (iou >= MIN_IOU) & (seconds >= MIN_SHARED)
        for window, a, b in np.argwhere(same).tolist():
            yield float(strength[window, a, b]), (window, a), (window + hops, b)


def _matched(shared: np.ndarray) -> np.ndarray:
    """The pairs of the one-to-one assignment that shares most: bool, as shared: (windows, n, n). There are n! of them,
    and a window has three speakers at most: trying all in all windows at once takes a tenth of a solver's time."""
    speakers = np.arange(shared.shape[1])
    choices = np.array(list(permutations(speakers)))
    best = choices[shared[:, speakers, choices].sum(2).argmax(1)]
    return best[:, :, None] == speakers


def _join(nodes: list[Node], edges: list[tuple[float, Node, Node]]) -> list[list[Node]]:
    """Union-find in the order of the edges; a group holds at most one local speaker of each window."""
    parent = {node: node for node in nodes}
    windows = {node: {node[0]} for node in nodes}

    def root(node: Node) -> Node:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for _, a, b in edges:
        a, b = root(a), root(b)
        if a != b and not windows[a] & windows[b]:
            small, large = sorted((a, b), key=lambda node: len(windows[node]))
            parent[small] = large
            windows[large] |= windows.pop(small)
    groups: dict[Node, list[Node]] = {}
    for node in nodes:
        groups.setdefault(root(node), []).append(node)
    return list(groups.values())


def _tracklet(local: LocalActivity, members: list[Node], cover: np.ndarray) -> Tracklet:
    start = local.offset(members[0][0])
    end = local.offset(members[-1][0]) + FRAMES
    activity = np.zeros(end - start, np.float32)
    for window, speaker in members:
        first = local.offset(window) - start
        activity[first : first + FRAMES] += local.soft[window, :, speaker]
    return Tracklet(start, activity / cover[start:end], tuple(members))
