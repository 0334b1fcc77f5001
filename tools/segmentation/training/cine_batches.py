"""Batches and loss of the cine MR network: slices turned, mirrored, rescaled and given other scanners' looks.

Mirroring is allowed because nothing here depends on the side of the patient: cavity, muscle and right ventricle are
told apart by their shape (the right ventricle is the thin-walled one beside the ring of muscle).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from clinigraph.tools.segmentation.networks.cine import SIZE, standardise_slices
from clinigraph.tools.segmentation.training import photometric
from clinigraph.tools.segmentation.training.cine_data import CineCache
from clinigraph.tools.segmentation.training.geometric import AffineRange, affine_grid, elastic, sample
from clinigraph.tools.segmentation.training.loop import draw_from, forward, soft_dice
from clinigraph.tools.segmentation.training.photometric import Augmentation, chain, sometimes


@dataclass(frozen=True, slots=True)
class Stage:
    """How far the samples of one stage of training are changed."""

    limits: AffineRange
    """Scale: side of the view over the extent of the heart."""
    whole: float
    """Share of the samples that are shown whole."""
    alone: float
    """Share of the samples that are shown without the slices before and after."""
    elastic: float
    look: Augmentation
    overlap: float = 1.0
    """Weight of Dice beside cross-entropy."""


_CAVITY_SHARE, _OTHER_SHARE = 0.17, 0.08
"""Of a batch: slices with the cavity alone labelled, and pictures of other things."""


@dataclass(frozen=True, slots=True)
class CineTask:
    """Outline LV cavity, myocardium and RV."""

    cache: CineCache
    batch: int
    stage: Stage

    def loss(self, student: nn.Module, _: nn.Module, __: float, generator: Generator) -> Tensor:
        """Cross-entropy and Dice on one random batch; the cavity alone where nothing else is labelled."""
        image, label, cavity_only = self.draw(generator)
        logits = forward(student, standardise_slices(self.stage.look(image, generator)))
        return cine_loss(logits, label, cavity_only, self.stage.overlap)

    def draw(self, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Slices with neighbours (N, 3, s, s), labels (N, s, s), and which show the cavity label only (N,)."""
        index = self._pick(generator)
        grid = self._grid(index, generator)
        around = self.cache.neighbours[index]
        swap = torch.rand((self.batch, 1), generator=generator) < 0.5
        around = torch.where(swap, around.flip(1), around)
        alone = torch.rand((self.batch, 1), generator=generator) < self.stage.alone
        around = torch.where(alone, index[:, None], around)
        order = torch.stack([around[:, 0], index, around[:, 1]], dim=1)
        image = sample(self.cache.pixels[order].float() / 255, grid)
        one_hot = torch.stack([(self.cache.labels[index] == value).float() for value in range(1, 4)], dim=1)
        strongest, best = sample(one_hot, grid).max(dim=1)
        label = torch.where(strongest > 0.5, best + 1, 0)
        return image, label, self.cache.cavity_only[index]

    def _pick(self, generator: Generator) -> Tensor:
        heart, partial = self.cache.is_heart, self.cache.cavity_only
        pools = [torch.nonzero(chosen)[:, 0] for chosen in (heart & ~partial, heart & partial, ~heart)]
        some, other = round(self.batch * _CAVITY_SHARE), max(1, round(self.batch * _OTHER_SHARE))
        return draw_from(pools, (self.batch - some - other, some, other), generator)

    def _grid(self, index: Tensor, generator: Generator) -> Tensor:
        """Views of the heart, or of the whole slice; turned by quarter turns and more."""
        grid = affine_grid(self.batch, SIZE, self.stage.limits, generator, torch.zeros((self.batch, 2)))
        whole = torch.rand(self.batch, generator=generator) < self.stage.whole
        factor = torch.where(whole, torch.full((self.batch,), 0.65), self.cache.extents[index])
        centre = torch.where(whole[:, None], torch.zeros((self.batch, 2)), self.cache.centres[index])
        grid = elastic(grid, generator, self.stage.elastic) * factor[:, None, None, None] + centre[:, None, None, :]
        quarter = torch.rand((self.batch, 1, 1, 1), generator=generator) < 0.5
        return torch.where(quarter, grid.transpose(1, 2), grid)


def cine_loss(logits: Tensor, label: Tensor, cavity_only: Tensor, overlap: float = 1.0) -> Tensor:
    """Cross-entropy plus weighted Dice, averaged over samples.

    Args:
        logits: (N, 4, s, s): none, LV cavity, myocardium, RV.
        label: (N, s, s), 0..3.
        cavity_only: (N,), True where only the cavity is labelled: there "cavity or not" is all that is judged.
        overlap: Weight of Dice.
    """
    share = torch.log_softmax(logits, dim=1)
    full = functional.nll_loss(share, label.long(), reduction="none").mean(dim=(1, 2))
    rest = torch.logsumexp(share[:, [0, 2, 3]], dim=1)
    cavity = (label == 1).float()
    part = -(cavity * share[:, 1] + (1 - cavity) * rest).mean(dim=(1, 2))
    target = torch.stack([(label == value).float() for value in range(1, 4)], dim=1)
    missed = soft_dice(share[:, 1:].exp(), target)
    dice = torch.where(cavity_only, missed[:, 0], missed.mean(dim=1))
    return (torch.where(cavity_only, part, full) + overlap * dice).mean()


FIRST = Stage(
    AffineRange(scale_low=1.1, scale_high=2.1, rotation=0.6, shift=0.16, aspect=0.25, flip=True),
    whole=0.25,
    alone=0.25,
    elastic=0.03,
    look=chain(
        sometimes(0.25, photometric.borrow_histogram),
        sometimes(0.6, photometric.tone),
        sometimes(0.3, photometric.contrast),
        sometimes(0.5, photometric.shading),
        sometimes(0.2, photometric.blur),
        sometimes(0.25, photometric.sharpen),
        sometimes(0.25, photometric.noise),
        sometimes(0.15, photometric.low_resolution),
    ),
)
"""Where the heart is, and what it looks like on any scanner."""

SECOND = Stage(
    AffineRange(scale_low=1.25, scale_high=1.95, rotation=0.5, shift=0.1, aspect=0.2, flip=True),
    whole=0.1,
    alone=0.15,
    elastic=0.015,
    look=chain(
        sometimes(0.2, photometric.borrow_histogram),
        sometimes(0.5, photometric.tone),
        sometimes(0.2, photometric.contrast),
        sometimes(0.4, photometric.shading),
        sometimes(0.08, photometric.blur),
        sometimes(0.15, photometric.sharpen),
        sometimes(0.15, photometric.noise),
        sometimes(0.08, photometric.low_resolution),
    ),
)
"""Where its walls run, on slices changed less."""

LAST = replace(SECOND, overlap=0.0)
"""How large they are. Dice alone or in a sum draws what it is unsure of into the structure, the more the smaller that
is (Bertels et al. 2019, Optimization with soft Dice can lead to a volumetric bias): emptied ventricles came out too
large. Cross-entropy alone has no such pull."""
