"""Speed of LiteMedSAM, one encoding and many prompts: ``python -m clinigraph.evals.bench.medsam_speed``.

Goals: 2 s for the encoding of an image, 1 s for each prompt on it, on two processor cores. Seconds of the clock are
printed, and processor seconds beside them, which other work on the machine does not lengthen.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence

import numpy as np

from clinigraph.tools.segmentation.medsam import MedSamLite
from clinigraph.tools.segmentation.prompting import Prompt


def measure(threads: int, prompts: int, images: int) -> dict[str, object]:
    """Return medians over some images of 1024 x 768 pixels."""
    import torch

    torch.set_num_threads(threads)
    engine = MedSamLite("cpu")
    engine.warm_up()
    encode: list[tuple[float, float]] = []
    prompt: list[tuple[float, float]] = []
    for number in range(images + 1):
        picture = np.random.default_rng(number).integers(0, 255, (768, 1024, 3)).astype(np.uint8)
        key, before = str(number), engine.encoded
        first = _timed(engine, picture, key)
        later = [_timed(engine, picture, key) for _ in range(prompts)]
        if engine.encoded != before + 1:
            raise RuntimeError("an image was encoded more than once")
        if number:
            encode.append(first)
            prompt.extend(later)
    return {
        "threads": threads,
        "images": images,
        "prompts": len(prompt),
        "first_prompt_with_encoding_s": _median(encode),
        "later_prompt_s": _median(prompt),
    }


def _timed(
    engine: MedSamLite, picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], key: str
) -> tuple[float, float]:
    clock, work = time.perf_counter(), time.process_time()
    engine.segment(picture, [Prompt(box=(100, 100, 500, 400))], key=key)
    return time.perf_counter() - clock, time.process_time() - work


def _median(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    clock, work = (round(statistics.median(values), 3) for values in zip(*pairs, strict=True))
    return {"clock": clock, "processor": work}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one line of JSON; the first image warms up and does not count."""
    parser = argparse.ArgumentParser(description="Speed of LiteMedSAM")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompts", type=int, default=5)
    parser.add_argument("--images", type=int, default=3)
    options = parser.parse_args(arguments)
    print(json.dumps(measure(options.threads, options.prompts, options.images)))


if __name__ == "__main__":
    main()
