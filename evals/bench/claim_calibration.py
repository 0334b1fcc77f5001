"""Makes the calibration that ships from a log of ``grounding_perturbation``: counts by uncertainty, and no text.

Run: ``clinigraph eval grounding_perturbation --data FOLDER``, then
``python -m clinigraph.evals.bench.claim_calibration LOG --out agents/calibration.json``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from clinigraph.agents.confidence import CalibrationPart
from clinigraph.evals.contract import Outcome
from clinigraph.evals.grounding.perturbation import standing

STEP = 3
"""Decimals of an uncertainty that are kept."""
_MODELS = (
    "Claims that a model judged are not calibrated: how sure a model is depends on the model, and none was calibrated. "
    "Give judged claims of yours with the setting calibration."
)


def parts(outcomes: Sequence[Outcome], source: str) -> dict[str, CalibrationPart]:
    """Return the calibration by kind of claim.

    Args:
        outcomes: Of the benchmark.
        source: What the items were.
    """
    tally: dict[float, list[int]] = {}
    for score, false in zip(*standing(outcomes), strict=True):
        entry = tally.setdefault(round(score, STEP), [0, 0])
        entry[0] += 1
        entry[1] += false
    steps = tuple((score, stood, false) for score, (stood, false) in sorted(tally.items()))
    return {
        "rules": CalibrationPart(verifier="rules/", source=source, steps=steps),
        "models": CalibrationPart(verifier="", source="", reason=_MODELS),
    }


def main() -> None:
    """Read a log and write the file."""
    from inspect_ai.log import read_eval_log

    from clinigraph.evals.runner import outcomes

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    found = outcomes(read_eval_log(str(chosen.log)))
    scores, wrong = standing(found)
    source = f"{len(wrong)} statements that the rules let stand, of {len(found)} seeded ones, most of them false"
    made = {kind: part.model_dump(mode="json") for kind, part in parts(found, source).items()}
    chosen.out.write_text(json.dumps(made) + "\n", encoding="utf-8")
    print(f"{len(scores)} statements stand, {sum(wrong)} of them false -> {chosen.out}")


if __name__ == "__main__":
    main()
