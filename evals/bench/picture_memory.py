"""Peak memory of a 2-D case: ``python -m clinigraph.evals.bench.picture_memory --picture FILE [--question TEXT]``.

The whole run (reading, state machine, networks, report) is a process of its own, whose ``ru_maxrss`` is printed.
Without a picture the photograph of the demonstration is enlarged to 4000 pixels on its longer side. Goal: 3 GB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from clinigraph.client.sample import QUESTION, sample_photograph

_SIDE = 4000


def enlarged(folder: Path, side: int) -> Path:
    """Write the demonstration's photograph with a longer side of ``side`` pixels."""
    from PIL import Image

    with Image.open(sample_photograph()) as picture:
        scale = side / max(picture.size)
        large = picture.convert("RGB").resize((round(picture.width * scale), round(picture.height * scale)))
    path = folder / "large.png"
    large.save(path)
    return path


async def _run(picture: Path, question: str, state: Path) -> None:
    from clinigraph.client.session import Session
    from clinigraph.client.sources import PathSource
    from clinigraph.settings import Settings

    session = Session(Settings(state_dir=state))
    async for _ in session.stream(PathSource((picture,), session.settings, question)):
        pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description="Peak memory of a 2-D case")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--question", default=QUESTION)
    parser.add_argument("--side", type=int, default=_SIDE, help="longer side of the enlarged photograph")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.child:
            asyncio.run(_run(options.picture, options.question, folder))
            print(json.dumps({"peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))
            return
        picture = options.picture or enlarged(folder, options.side)
        module = "clinigraph.evals.bench.picture_memory"
        command = [sys.executable, "-m", module, "--child", "--picture", str(picture), "--question", options.question]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own interpreter
    print(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
