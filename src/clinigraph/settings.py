"""Settings: the only reader of environment variables (prefix ``CLINIGRAPH_``)."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_dir, user_state_dir
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that can be set from outside; a field ``x`` is read from ``CLINIGRAPH_X``."""

    model_config = SettingsConfigDict(
        env_prefix="CLINIGRAPH_",
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
        protected_namespaces=(),
    )

    state_dir: Path = Field(default_factory=lambda: Path(user_state_dir("clinigraph")))
    """Unfinished runs (checkpoints and artifacts) and the user's knowledge store."""
    cache_dir: Path = Field(default_factory=lambda: Path(user_cache_dir("clinigraph")))
    """What can be computed again: the index of the embedded guideline cards."""
    keep_runs: bool = False
    """Keep checkpoints and artifacts of finished runs (they hold pixels) instead of deleting them."""

    max_decoded_bytes: int = Field(default=2 * 1024**3, gt=0)
    """Largest size of one decoded image or volume, in bytes."""
    max_inflation: float = Field(default=100.0, gt=1)
    """Largest ratio of decoded bytes to file bytes, judged above 32 MiB decoded."""
    max_megapixels: float = Field(default=200.0, gt=0)
    """Largest frame, in 10^6 pixels."""

    tool_attempts: int = Field(default=2, ge=1, le=5)
    """Calls of one tool before another is tried, for failures that may pass."""
    node_timeout_s: float = Field(default=600.0, gt=0)
    """Longest time of one node of the state machine."""
    alpha: float | None = Field(default=None, gt=0, lt=1)
    """Share of wrong claims that a report may have at most; None asks for no promise."""
    calibration: Path | None = None
    """JSON lines of judged claims (``{"uncertainty": 0.2, "wrong": false}``) that calibrate reports to ``alpha``; the
    calibration that ships, which covers claims judged by rules, where this is None."""
    entailment_dir: Path | None = None
    """Local directory of a sequence-classification model that judges what rules cannot; None goes without."""
    judge_claims: bool = False
    """Let the served model judge claims that rules and the entailment model leave open."""
    max_revisions: int = Field(default=2, ge=0, le=5)
    """Times that unsupported claims are rewritten before they are left out."""
    retrieval_top_k: int = Field(default=8, ge=1, le=50)
    """Most passages taken from one retrieval."""
    device: str = "auto"
    """auto, cpu or cuda: where networks run."""
    seed: int = 20260101
    """Seed of everything random; networks of this project draw no random numbers at inference."""

    model_base_url: str | None = None
    """OpenAI-compatible server, for example ``http://127.0.0.1:8000/v1``; None means the rule path."""
    model_name: str | None = None
    """Model as the server names it."""
    model_api_key: SecretStr | None = None
    """Key for the server, if it wants one."""
    model_timeout_s: float = Field(default=120.0, gt=0)
    """Longest time of one model call."""
    model_fallback: bool = False
    """Go on by the rules when the model server is absent at the start or lost on the way, instead of stopping."""
    model_retries: int = Field(default=3, ge=0, le=10)
    """Repeats of a call after a lost connection, 429 or 5xx; Retry-After is honoured."""
    model_concurrency: int = Field(default=8, ge=1, le=256)
    """Most calls to the server at a time, over all cases of the process."""
    model_sees_images: bool | None = None
    """Whether the model takes pictures; None asks the server with one small picture."""
    model_image_side_px: int = Field(default=1024, ge=64)
    """Longest side of a picture that is sent; larger ones are reduced."""
    model_max_calls: int | None = Field(default=None, ge=0)
    """Most model calls of one case; None means no limit."""
    model_max_tokens: int | None = Field(default=None, ge=0)
    """Most tokens of one case, prompt and completion together; None means no limit."""
    model_max_cost: float | None = Field(default=None, ge=0)
    """Most cost of one case, in the currency of the prices; None means no limit."""
    model_prompt_price: float = Field(default=0.0, ge=0)
    """Price of 10^6 prompt tokens."""
    model_completion_price: float = Field(default=0.0, ge=0)
    """Price of 10^6 completion tokens."""
    vllm_python: Path | None = None
    """Python of the environment in which vLLM is installed, for ``clinigraph model serve``."""

    embedding_dir: Path | None = None
    """Local directory of a sentence-transformers model for retrieval; None takes the packaged MiniLM."""

    serve_token: SecretStr | None = None
    """Token of the walkthrough page; needed for any address but loopback."""

    eval_data: Path = Path("../shared/data")
    """Folder with the labelled sets of benchmarks, one folder a set."""

    sam_checkpoint: Path | None = None
    """Path of a SAM ViT checkpoint for ``segment-anything``."""
    sam_checkpoint_sha256: str | None = None
    """Expected sha256 of that checkpoint; it is not loaded without."""
    monai_bundles: tuple[Path, ...] = ()
    """MONAI bundle directories that become tools, as JSON in the environment: ``["/path/one"]``."""
    trust_bundle_code: bool = False
    """Whether the Python inside those bundles may run; without it, bundles that need it are refused."""

    def resolved(self) -> dict[str, str]:
        """Return the settings that shape a result as text, for the run record.

        Secrets, paths and limits of model calls are left out: a run that stopped at a limit resumes under a larger one.
        """
        paths = {"state_dir", "cache_dir", "eval_data", "embedding_dir", "sam_checkpoint", "monai_bundles"}
        paths |= {"vllm_python", "calibration", "entailment_dir"}
        limits = {"model_retries", "model_concurrency", "model_max_calls", "model_max_tokens", "model_max_cost"}
        prices = {"model_prompt_price", "model_completion_price"}
        hidden = paths | limits | prices | {"model_api_key", "serve_token", "keep_runs"}
        return {k: str(v) for k, v in sorted(self.model_dump(mode="json").items()) if k not in hidden}

    def identity(self) -> dict[str, str]:
        """Return the settings that tell one run of a case from another.

        The address of the model server, its time-out and the fallback may change while a run is stopped: it resumes.
        """
        way_out = ("model_base_url", "model_timeout_s", "model_fallback")
        return {k: v for k, v in self.resolved().items() if k not in way_out}
