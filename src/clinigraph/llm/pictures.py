"""Pictures on the wire: data URIs only, no larger than the model can see."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray

MAX_SIDE_PX = 1024
"""Longest side that is sent; larger pictures are reduced (Lanczos)."""


def data_uri(picture: NDArray[np.uint8], max_side: int = MAX_SIDE_PX) -> str:
    """Return a picture as a PNG data URI.

    Args:
        picture: ``(H, W, 3)`` RGB.
        max_side: Longest side in pixels.
    """
    from PIL import Image

    image = Image.fromarray(picture)
    scale = max_side / max(image.size)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
