"""A chat model on any OpenAI-compatible server; vLLM first."""

from __future__ import annotations

import numpy as np

from clinigraph.errors import ModelRequestRefused, ModelSeesNoImages, ModelServerError
from clinigraph.llm.chat import DialogueChat
from clinigraph.llm.connection import Connection
from clinigraph.llm.contract import ChatMessage, ModelBudget
from clinigraph.llm.dialogue import Reply, Request
from clinigraph.llm.pictures import MAX_SIDE_PX
from clinigraph.llm.retrying import RetryPolicy
from clinigraph.settings import Settings

_PROBE_SIDE_PX = 64


class OpenAiChat(DialogueChat):
    """Speaks to one model; safe to use from several threads and event loops.

    Args:
        base_url: For example ``http://127.0.0.1:8000/v1``.
        model: Name as the server knows it.
        api_key: Sent as bearer token; servers without one ignore it.
        timeout_s: Longest time of one call.
        seed: Sampling seed where a call names none.
        retry: When a failed call is made again.
        concurrency: Most calls at a time, over all views of the model.
        sees_images: Whether the model takes pictures; None lets ``check`` find out.
        max_side_px: Longest side of a picture that is sent.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "none",
        timeout_s: float = 120,
        seed: int = 0,
        retry: RetryPolicy | None = None,
        concurrency: int = 8,
        sees_images: bool | None = None,
        max_side_px: int = MAX_SIDE_PX,
    ) -> None:
        super().__init__()
        self._connection = Connection(
            base_url=base_url.rstrip("/"),
            model=model,
            api_key=api_key,
            timeout_s=timeout_s,
            seed=seed,
            retry=retry or RetryPolicy(),
            concurrency=concurrency,
            max_side_px=max_side_px,
            sees_images=sees_images,
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> OpenAiChat | None:
        """Return the model of the settings, or None when none is set.

        Raises:
            ModelServerError: A server is set without a model, or a model without a server.
        """
        if settings.model_base_url is None and settings.model_name is None:
            return None
        if settings.model_base_url is None or settings.model_name is None:
            raise ModelServerError(
                "A model server needs both an address and a model",
                given=f"address {settings.model_base_url}, model {settings.model_name}",
                todo="Give --base-url and --model, or neither.",
            )
        key = settings.model_api_key.get_secret_value() if settings.model_api_key else "none"
        return cls(
            settings.model_base_url,
            settings.model_name,
            api_key=key,
            timeout_s=settings.model_timeout_s,
            seed=settings.seed,
            retry=RetryPolicy(retries=settings.model_retries),
            concurrency=settings.model_concurrency,
            sees_images=settings.model_sees_images,
            max_side_px=settings.model_image_side_px,
        )

    @property
    def name(self) -> str:
        """Name as the server knows it."""
        return self._connection.model

    @property
    def sees_images(self) -> bool:
        """Whether pictures may be sent; True until the server has said otherwise."""
        return self._connection.sees_images is not False

    def check(self) -> None:
        """Ask the server for its models and, unless it is set, whether the model takes pictures.

        Raises:
            ModelServerError: No answer, or the model is not served.
        """
        self._connection.check()
        if self._connection.sees_images is None:
            self._probe()

    def _probe(self) -> None:
        """Send one small picture; a server that refuses it, in whatever words, takes none."""
        grey = np.full((_PROBE_SIDE_PX, _PROBE_SIDE_PX, 3), 128, np.uint8)
        request = Request((ChatMessage("user", "Is this grey?", images=(grey,)),), role="check", max_tokens=1)
        try:
            self._ask(request)
        except (ModelSeesNoImages, ModelRequestRefused):
            self._connection.sees_images = False
            return
        self._connection.sees_images = True

    def _reply(self, request: Request) -> Reply:
        return self._connection.send(request)

    async def _areply(self, request: Request) -> Reply:
        return await self._connection.asend(request)


def budget_of(settings: Settings) -> ModelBudget:
    """Return what the settings let one case spend."""
    return ModelBudget(
        max_calls=settings.model_max_calls,
        max_tokens=settings.model_max_tokens,
        max_cost=settings.model_max_cost,
        prompt_price=settings.model_prompt_price,
        completion_price=settings.model_completion_price,
    )
