"""Glaucoma on fundus photographs with the metrics of MedAgent-Pro (Wang et al. 2025): mACC, F1, AUC.

A folder holds ``labels.csv`` with the columns ``image`` (a file name, looked for beside it and in ``images``) and
``label`` (1 glaucoma, 0 none). An indeterminate impression is an abstention; in mACC and F1 it counts as the wrong
class, and the same figures over decided cases stand beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from clinigraph.evals.agenteval.diagnosis import Trained
from clinigraph.evals.agenteval.labelled import LabelledPictures
from clinigraph.tools.contract import Tool


def _folds() -> int:
    from clinigraph.tools.segmentation.training.fundus_disc_cup import FOLDS

    return int(FOLDS)


def _network(folder: Path) -> Tool:
    from clinigraph.tools.segmentation.fundus_network import FundusDiscCup

    return FundusDiscCup(folder)


class Glaucoma(LabelledPictures):
    """The graph on labelled photographs."""

    question = "Does this eye show signs of glaucoma?"
    wanted: ClassVar[Mapping[str, Sequence[str]]] = {
        "image": ("image", "filename", "file"),
        "label": ("label", "glaucoma"),
    }
    trained = Trained(
        "fundus_disc_cup", ("fundus_drishti_train", "fundus_drions_disc", "fundus_palm_disc"), _folds, _network
    )
