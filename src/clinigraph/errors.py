"""The exception tree of Clinigraph.

::

    ClinigraphError
    ├── UsageError               exit 2   the caller asked for something that does not exist
    ├── InputRefused             exit 3   the user changes the input
    │   ├── InputUnreadable               missing, empty, truncated, not what its name says
    │   ├── InputTooLarge                 over a limit of the settings
    │   ├── InputUnsupported              a format or transfer syntax that cannot be decoded
    │   └── CaseInvalid                   case.yaml or a folder that does not describe one case
    ├── ModelServerError         exit 4   unreachable, timed out, or useless after one repair
    │   ├── ModelUnreachable              no connection, or no answer in time; a later call may succeed
    │   │   └── ModelTooSlow              no answer in time; the server may be there all the same
    │   ├── ModelServerFaulty             5xx, or an answer that is not the OpenAI wire (HTML)
    │   ├── ModelUnknown                  the server does not serve this model, or has no such path
    │   ├── ModelUnauthorised             401 or 403
    │   ├── ModelRateLimited              429 after the last repeat
    │   ├── ModelCutOff                   the answer ran into its token limit twice
    │   ├── ModelAnswerInvalid            the answer did not fit its type twice
    │   ├── ModelSeesNoImages             pictures were sent to a model that takes text only
    │   ├── ModelContextOverflow          the messages are longer than the model's context
    │   ├── ModelRequestRefused           any other 4xx
    │   └── ModelBudgetSpent              the case's budget of calls, tokens or cost is used up
    ├── ModelLost                exit 4   the model server failed in mid-run; the same call resumes the run
    ├── PlanInvalid                       the planner (or the author of a protocol) adapts
    ├── ToolFailure                       the graph retries, then tries another tool
    │   └── WeightsInvalid                the user reinstalls or points to other weights
    ├── KnowledgeError                    the user repairs the store
    │   └── PassageMissing                a citation that cannot be proved
    └── RunCancelled                      the user stopped the run

Every error says what happened, what was given and what to do; none carries patient data.
"""

from __future__ import annotations

from typing import ClassVar


class ClinigraphError(Exception):
    """Base of every error that Clinigraph raises on purpose.

    Args:
        what: What happened, in a few words.
        given: What was given (a path the user typed, a value), never patient data.
        todo: What the reader can do about it.
    """

    exit_code: ClassVar[int] = 5

    def __init__(self, what: str, *, given: str = "", todo: str = "") -> None:
        self.what = what
        self.given = given
        self.todo = todo
        super().__init__(what, given, todo)

    def __str__(self) -> str:
        head = f"{self.what}: {self.given}" if self.given else self.what
        line = f"{head}. {self.todo}" if self.todo else head
        return " ".join(line.split())


class UsageError(ClinigraphError):
    """The caller named something that does not exist or combined options that do not go together."""

    exit_code = 2


class InputRefused(ClinigraphError):
    """The input cannot become a case."""

    exit_code = 3


class InputUnreadable(InputRefused):
    """A file is missing, empty, truncated, or not what its name says."""


class InputTooLarge(InputRefused):
    """A file is over one of the limits in the settings."""


class InputUnsupported(InputRefused):
    """A format or transfer syntax that cannot be decoded here."""


class CaseInvalid(InputRefused):
    """A case.yaml or folder that does not describe exactly one case."""


class ModelServerError(ClinigraphError):
    """The model server cannot be reached or gave no usable answer."""

    exit_code = 4


class ModelUnreachable(ModelServerError):
    """There was no connection, or no answer in time; a later call may succeed."""


class ModelTooSlow(ModelUnreachable):
    """There was no answer in time."""


class ModelServerFaulty(ModelServerError):
    """The server failed (5xx), or answered with something that is not the OpenAI wire."""


class ModelUnknown(ModelServerError):
    """The server does not serve this model."""


class ModelUnauthorised(ModelServerError):
    """The server wants another key."""


class ModelRateLimited(ModelServerError):
    """The server asked to wait more often, or longer, than the settings allow."""


class ModelCutOff(ModelServerError):
    """The answer ran into its token limit, also after the repair round."""


class ModelAnswerInvalid(ModelServerError):
    """The answer did not fit its type, also after the repair round."""


class ModelSeesNoImages(ModelServerError):
    """Pictures were sent to a model that takes text only."""


class ModelContextOverflow(ModelServerError):
    """The messages and the room for the answer are longer than the model's context."""


class ModelRequestRefused(ModelServerError):
    """The server refused the request for a reason of its own."""


class ModelBudgetSpent(ModelServerError):
    """The budget of calls, tokens or cost of this case is used up."""


class ModelLost(ClinigraphError):
    """The model server failed while a case was run; what was done is kept, and the same call resumes the run.

    It is no ``ModelServerError``: roles stand aside for those, and nobody stands aside for this one.
    """

    exit_code = 4


class PlanInvalid(ClinigraphError):
    """A plan or protocol breaks a rule of the plan validator."""

    def __init__(self, what: str, *, given: str = "", todo: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(what, given=given, todo=todo)
        self.problems = problems


class ToolFailure(ClinigraphError):
    """A tool could not do its work; the graph retries or turns to another tool."""


class WeightsInvalid(ToolFailure):
    """Network weights are missing or do not have the expected sha256."""


class KnowledgeError(ClinigraphError):
    """The knowledge store is damaged, locked or was given something it cannot hold."""


class PassageMissing(KnowledgeError):
    """A passage id is unknown, or its bytes do not match its hash."""


class RunCancelled(ClinigraphError):
    """The run was stopped by its user; it can be resumed."""

    exit_code = 130
