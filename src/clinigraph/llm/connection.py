"""One server and one model: clients, the limit of calls at a time, repeats, and what failures mean."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from clinigraph.errors import ModelSeesNoImages, ModelServerError, ModelUnknown
from clinigraph.llm.dialogue import Reply, Request
from clinigraph.llm.failures import failure_of, not_the_wire, of_listing, timed_out, unreachable
from clinigraph.llm.retrying import RetryPolicy
from clinigraph.llm.turnstile import Turnstile
from clinigraph.llm.wire import cut_off_reply, options, reply_of, turns

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

_CHECK_S = 10.0


class Connection:
    """Sends requests; shared by all views of a model.

    A client of an event loop is not used by another one, and connections end with their call: a loop may close at any
    time, and beside the seconds of a model's answer a new connection costs little.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str,
        timeout_s: float,
        seed: int,
        retry: RetryPolicy,
        concurrency: int,
        max_side_px: int,
        sees_images: bool | None,
    ) -> None:
        self.base_url = base_url
        self.model = model
        self.sees_images = sees_images
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._seed = seed
        self._retry = retry
        self._max_side_px = max_side_px
        self._gate = Turnstile(concurrency)
        self._lock = threading.Lock()
        self._in_threads: ChatOpenAI | None = None
        self._in_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, ChatOpenAI] = WeakKeyDictionary()

    def check(self) -> None:
        """Ask the server for its models.

        Raises:
            ModelServerError: No answer, or the model is not served.
        """
        served = self._served()
        if self.model not in served:
            raise ModelUnknown(
                "The server does not serve this model", given=self.model, todo=f"It serves: {', '.join(served)}."
            )

    def send(self, request: Request) -> Reply:
        """Send from a thread.

        Raises:
            ModelServerError: No reply after the last repeat.
        """
        content, arguments = turns(request, self._max_side_px), options(request, self._seed)
        with self._gate.enter():
            for attempt in itertools.count():
                try:
                    return reply_of(self._client().bind(**arguments).invoke(content))
                except Exception as error:
                    outcome = self._outcome(error, request, attempt)
                if isinstance(outcome, Reply):
                    return outcome
                time.sleep(outcome)
        raise AssertionError("unreachable")

    async def asend(self, request: Request) -> Reply:
        """Send from an event loop.

        Raises:
            ModelServerError: No reply after the last repeat.
        """
        content, arguments = turns(request, self._max_side_px), options(request, self._seed)
        async with self._gate.aenter():
            for attempt in itertools.count():
                try:
                    async with asyncio.timeout(self._timeout_s):
                        return reply_of(await self._loop_client().bind(**arguments).ainvoke(content))
                except Exception as error:
                    outcome = self._outcome(error, request, attempt)
                if isinstance(outcome, Reply):
                    return outcome
                await asyncio.sleep(outcome)
        raise AssertionError("unreachable")

    def _outcome(self, error: Exception, request: Request, attempt: int) -> Reply | float:
        """Return the reply that an error holds, or the seconds to wait before the next attempt."""
        import openai

        if isinstance(error, openai.LengthFinishReasonError):
            return cut_off_reply(error)
        if isinstance(error, openai.ContentFilterFinishReasonError):
            return Reply("", refused=True)
        failure = failure_of(error, server=self.base_url, model=self.model, has_images=request.has_images)
        if isinstance(failure.error, ModelSeesNoImages):
            self.sees_images = False
        try:
            return self._retry.wait_s(failure, attempt)
        except ModelServerError as final:
            raise final from error

    def _served(self) -> list[str]:
        import httpx

        headers = {"Authorization": f"Bearer {self._api_key}"}
        try:
            answer = httpx.get(f"{self.base_url}/models", headers=headers, timeout=min(_CHECK_S, self._timeout_s))
            answer.raise_for_status()
            return [str(m["id"]) for m in answer.json()["data"]]
        except httpx.TimeoutException as error:
            raise timed_out(self.base_url) from error
        except httpx.HTTPStatusError as error:
            answer = error.response
            raise of_listing(self.base_url, answer.status_code, answer.headers) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(self.base_url) from error
        except (ValueError, KeyError, TypeError) as error:
            raise not_the_wire(self.base_url, "no list of models") from error

    def _client(self) -> ChatOpenAI:
        with self._lock:
            if self._in_threads is None:
                self._in_threads = self._new_client()
            return self._in_threads

    def _loop_client(self) -> ChatOpenAI:
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._in_loops:
                self._in_loops[loop] = self._new_client()
            return self._in_loops[loop]

    def _new_client(self) -> ChatOpenAI:
        import openai
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        return ChatOpenAI(
            model=self.model,
            base_url=self.base_url,
            api_key=SecretStr(self._api_key),
            timeout=self._timeout_s,
            max_retries=0,
            default_headers={"Connection": "close"},
            http_async_client=openai.DefaultAsyncHttpxClient(timeout=self._timeout_s),
            disable_streaming=True,
        )
