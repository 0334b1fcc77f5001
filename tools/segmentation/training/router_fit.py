"""Training the router's network, and calibrating its scores and its reject rule on held-out pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader

from clinigraph.tools.segmentation.networks.router_net import SIZE, RouterNet, to_tensor, views
from clinigraph.tools.segmentation.training.loop import Schedule, StepLoss, train
from clinigraph.tools.segmentation.training.router_geometry import Image8
from clinigraph.tools.segmentation.training.router_sampler import CLASSES, SHARES, Examples, seed_worker
from clinigraph.tools.segmentation.training.router_sources import Sample

FRESH = 32
"""New examples per step; as many remembered ones join them."""
LABEL_SMOOTHING = 0.03
SMALL_SHARE = 0.6
"""Share of the training, from its start, that runs at 96 x 96 pixels to save time."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns logits and embeddings into an answer that may be `unknown`."""

    temperature: float
    means: Tensor
    """(classes, embedding) mean embedding of each class."""
    whitening: Tensor
    """(embedding, embedding): squared Mahalanobis distance is the squared norm of (x - mean) @ whitening."""
    distance_limits: tuple[float, ...]
    """Per class: the largest accepted Mahalanobis distance to its mean."""


def fit(
    samples: Sequence[Sample], *, steps: int, seed: int, workers: int, start: Mapping[str, Tensor] | None = None
) -> RouterNet:
    """Train a network on the training part of the samples, from nothing or from the weights `start`."""
    torch.manual_seed(seed)
    examples = Examples([s for s in samples if s.part == "train"], steps * FRESH, seed)
    loader = DataLoader(examples, FRESH, num_workers=workers, worker_init_fn=seed_worker, prefetch_factor=4)
    network = RouterNet(len(CLASSES))
    schedule = Schedule(steps, 4e-3, 2e-3, 0.995)
    if start is not None:
        network.load_state_dict(dict(start))
        schedule = Schedule(steps, 1.5e-3, 2e-3, 0.99)
    step = _step(Replay(iter(loader)), SMALL_SHARE if start is None else 0.0)
    averaged = train(network, step, schedule, seed=seed, title="modality_router")
    network.load_state_dict(averaged.state_dict())
    return network.cpu().eval()


class Replay:
    """Batches of fresh examples and as many seen lately, because drawing one costs more than learning from it."""

    def __init__(self, fresh: Iterator[tuple[Tensor, Tensor]], size: int = 1024) -> None:
        self.fresh = fresh
        self.images = torch.empty(size, 3, SIZE, SIZE)
        self.labels = torch.empty(size, dtype=torch.long)
        self.filled = 0
        self.place = 0

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The next fresh batch joined with an equal number of remembered examples, half of them mirrored."""
        images, labels = next(self.fresh)
        batch = (images, labels)
        if self.filled:
            chosen = torch.randint(self.filled, (len(labels),), generator=generator)
            mirror = torch.rand(len(labels), 1, 1, 1, generator=generator) < 0.5
            old = torch.where(mirror, self.images[chosen].flip(3), self.images[chosen])
            batch = (torch.cat([images, old]), torch.cat([labels, self.labels[chosen]]))
        self._remember(images, labels)
        return batch

    def _remember(self, images: Tensor, labels: Tensor) -> None:
        """Write a batch over the oldest one."""
        stop = min(self.place + len(labels), len(self.labels))
        self.images[self.place : stop] = images[: stop - self.place]
        self.labels[self.place : stop] = labels[: stop - self.place]
        self.filled = max(self.filled, stop)
        self.place = stop % len(self.labels)


def _step(batches: Replay, small_share: float) -> StepLoss:
    """The loss of the next batch: cross-entropy with a little label smoothing."""

    def loss(network: nn.Module, _teacher: nn.Module, share: float, generator: torch.Generator) -> Tensor:
        images, labels = batches.draw(generator)
        device = next(network.parameters()).device
        if share < small_share:
            images = nn.functional.interpolate(images, size=(96, 96), mode="area")
        with torch.autocast(device.type, torch.bfloat16):
            logits, _ = network(images.to(device, memory_format=torch.channels_last))
        return nn.functional.cross_entropy(logits.float(), labels.to(device), label_smoothing=LABEL_SMOOTHING)

    return loss


def evaluate(network: RouterNet, pictures: Sequence[Image8]) -> tuple[Tensor, Tensor]:
    """Logits (N, classes) and embeddings (N, embedding), each the mean over the two views of a picture."""
    logits, embeddings = [], []
    with torch.inference_mode():
        for start in range(0, len(pictures), 32):
            block = np.concatenate([views(picture) for picture in pictures[start : start + 32]])
            scores, embedding = network(to_tensor(block))
            logits.append(scores.view(-1, 2, scores.shape[1]).mean(dim=1))
            embeddings.append(embedding.view(-1, 2, embedding.shape[1]).mean(dim=1))
    return torch.cat(logits), torch.cat(embeddings)


def drawn_pictures(samples: Sequence[Sample], count: int, seed: int) -> tuple[list[Image8], NDArray[np.int64]]:
    """Augmented pictures of all classes in the training proportions, with their class indices."""
    examples = Examples(samples, count, seed)
    pictures: list[Image8] = []
    labels = np.zeros(count, np.int64)
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        labels[index] = rng.choice(len(CLASSES), p=np.array(SHARES) / sum(SHARES))
        pictures.append(examples.draw(CLASSES[labels[index]], rng))
    return pictures, labels


def calibrate(network: RouterNet, samples: Sequence[Sample], *, seed: int, keep: float = 0.99) -> Calibration:
    """Fit temperature and reject limits.

    Class means and the pooled covariance (Lee et al., 2018) come from training pictures; the temperature (Guo et al.,
    2017) and the distance limits, the `keep` quantile of each class, from validation pictures.
    """
    pictures, labels = drawn_pictures([s for s in samples if s.part == "train"], 2000, seed + 1)
    _, embedding = evaluate(network, pictures)
    means, whitening = _gaussians(embedding, torch.from_numpy(labels))
    held_out = [s for s in samples if s.part == "val"]
    pictures, labels = drawn_pictures(held_out, 2000, seed + 2)
    logits, embedding = evaluate(network, pictures)
    target = torch.from_numpy(labels)
    distance = mahalanobis(embedding, means, whitening)
    right = logits.argmax(dim=1) == target
    limits = [
        float(torch.quantile(distance[(target == k) & right, k], keep)) if bool(((target == k) & right).any()) else 1e9
        for k in range(len(CLASSES))
    ]
    return Calibration(_temperature(logits, target), means, whitening, tuple(limits))


def _gaussians(embedding: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    means = torch.stack([embedding[labels == k].mean(dim=0) for k in range(len(CLASSES))])
    centred = embedding - means[labels]
    covariance = centred.T @ centred / len(centred)
    covariance = covariance + 0.02 * covariance.diagonal().mean() * torch.eye(len(covariance))
    values, vectors = torch.linalg.eigh(covariance)
    return means, vectors / values.sqrt()


def mahalanobis(embedding: Tensor, means: Tensor, whitening: Tensor) -> Tensor:
    """Distance (N, classes) of embeddings (N, D) to class means (classes, D)."""
    return torch.cdist(embedding @ whitening, means @ whitening)


def _temperature(logits: Tensor, target: Tensor) -> float:
    """The temperature of lowest negative log-likelihood, found on a grid of 0.4 to 4."""
    grid = torch.linspace(0.4, 4.0, 181)
    losses = [float(nn.functional.cross_entropy(logits / t, target)) for t in grid]
    return round(float(grid[int(np.argmin(losses))]), 3)
