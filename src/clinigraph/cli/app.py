"""The commands and their options; the work is done in the modules beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinigraph.cli.knowledge import knowledge_app
from clinigraph.cli.model import model_app

app = typer.Typer(
    name="clinigraph",
    help=(
        "Evidence-checked diagnosis orchestrator. Research use only; not a medical device.\n\n"
        "Add --debug to any command to see tracebacks."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(knowledge_app, name="knowledge")
app.add_typer(model_app, name="model")

Json = Annotated[bool, typer.Option("--json", help="Print only JSON on standard output.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for report.json, report.md, report.html and overlays/.")]


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False) -> None:
    if version:
        import clinigraph

        typer.echo(clinigraph.__version__)
        raise typer.Exit


@app.command()
def demo(out: Out = Path("demo-report"), as_json: Json = False) -> None:
    """Answer the glaucoma question on the fundus photograph that ships inside scikit-image."""
    from clinigraph.cli.diagnose import Request, run_and_save
    from clinigraph.client.sample import QUESTION, sample_photograph

    run_and_save(Request(paths=(sample_photograph(),), question=QUESTION, out=out, as_json=as_json))


@app.command()
def diagnose(
    paths: Annotated[list[Path], typer.Argument(help="Images, a DICOM or NIfTI volume, or a case folder.")],
    question: Annotated[str, typer.Option("--question", "-q", help="What is asked.")] = "",
    protocol: Annotated[str | None, typer.Option("--protocol", help="Run this protocol.")] = None,
    box: Annotated[list[str] | None, typer.Option("--box", help="Prompt: LABEL=x0,y0,x1,y1 in pixels.")] = None,
    point: Annotated[list[str] | None, typer.Option("--point", help="Prompt: LABEL=x,y[,+|-] in pixels.")] = None,
    fact: Annotated[list[str] | None, typer.Option("--fact", help="Fact: NAME=VALUE, e.g. age='61 years'.")] = None,
    out: Out = Path("clinigraph-report"),
    model: Annotated[str | None, typer.Option("--model", help="Model as the server names it.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="OpenAI-compatible server (vLLM).")] = None,
    alpha: Annotated[
        float | None,
        typer.Option("--alpha", min=0.001, max=0.999, help="Most false claims among those that stand (share)."),
    ] = None,
    fallback: Annotated[
        bool, typer.Option("--fallback", help="Go on by the rules when the model server is absent or lost.")
    ] = False,
    plan: Annotated[Path | None, typer.Option("--plan", help="Run this plan file (see `clinigraph plan`).")] = None,
    planner: Annotated[str, typer.Option("--planner", help="Who plans: auto, protocol or model.")] = "auto",
    decider: Annotated[
        str, typer.Option("--decider", help="Who decides: combined, weighted, graded or model.")
    ] = "combined",
    writer: Annotated[str, typer.Option("--writer", help="Who phrases: template or model.")] = "template",
    rollouts: Annotated[int, typer.Option("--rollouts", min=0, max=16, help="Most model runs over the evidence.")] = 3,
    specialists: Annotated[
        bool | None, typer.Option("--specialists/--no-specialists", help="Hear specialists; by default on hard cases.")
    ] = None,
    no_plan: Annotated[bool, typer.Option("--no-plan", help="Same tools, but the model answers by itself.")] = False,
    no_reflect: Annotated[
        bool, typer.Option("--no-reflect", help="No second tool, no second retrieval, no question.")
    ] = False,
    direct: Annotated[bool, typer.Option("--direct", help="The model alone: no tools, no guidelines.")] = False,
    ask: Annotated[int, typer.Option("--ask", min=0, max=5, help="Most facts that you may be asked for.")] = 0,
    approve: Annotated[bool, typer.Option("--approve", help="Ask before the plan is run.")] = False,
    resume: Annotated[bool, typer.Option("--resume/--fresh", help="Go on with an interrupted run of the case.")] = True,
    as_json: Json = False,
) -> None:
    """Run a case and write its report."""
    from clinigraph.cli.diagnose import Request, run_and_save, switches

    request = Request(
        paths=tuple(paths),
        question=question,
        protocol=protocol,
        boxes=tuple(box or ()),
        points=tuple(point or ()),
        facts=tuple(fact or ()),
        out=out,
        model=model,
        base_url=base_url,
        alpha=alpha,
        fallback=fallback,
        plan=plan,
        switches=switches(
            decider=decider,
            planner=planner,
            writer=writer,
            plan=not no_plan,
            reflect=not no_reflect,
            direct=direct,
            rollouts=rollouts,
            specialists=specialists,
            max_questions=ask,
        ),
        approve=approve,
        resume=resume,
        as_json=as_json,
    )
    run_and_save(request)


@app.command(name="plan")
def make_plan(
    question: Annotated[str, typer.Argument(help="The condition, or a question about it.")],
    modality: Annotated[str, typer.Option("--modality", help="Kind of image, e.g. fundus, chest_film, ct.")] = "fundus",
    out: Annotated[Path, typer.Option("--out", help="File of the plan.")] = Path("plan.yaml"),
    model: Annotated[str | None, typer.Option("--model", help="Model as the server names it.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="OpenAI-compatible server (vLLM).")] = None,
    as_json: Json = False,
) -> None:
    """Draft a plan from guideline criteria, to be reviewed, edited and run with `diagnose --plan`."""
    from clinigraph.cli.plan import PlanRequest, draft_plan

    draft_plan(PlanRequest(question, modality, out, model, base_url, as_json=as_json))


@app.command()
def protocols(as_json: Json = False) -> None:
    """List what can be asked, and what is unavailable here with the reason."""
    from clinigraph.cli.listings import show_protocols

    show_protocols(as_json=as_json)


@app.command()
def tools(as_json: Json = False) -> None:
    """List what a plan may call."""
    from clinigraph.cli.listings import show_tools

    show_tools(as_json=as_json)


@app.command()
def models(as_json: Json = False) -> None:
    """List networks and weights: where they come from, licence, sha256."""
    from clinigraph.cli.listings import show_models

    show_models(as_json=as_json)


@app.command()
def check(
    report: Annotated[Path, typer.Argument(help="A report.json, or anybody's report as plain text or Markdown.")],
    case: Annotated[Path | None, typer.Option("--case", help="The case that the report speaks of; it is run.")] = None,
    alpha: Annotated[
        float | None, typer.Option("--alpha", min=0.001, max=0.999, help="Most false claims among those that stand.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify a report: every claim, number, comparison, side, criterion and citation, and what it leaves out."""
    from clinigraph.cli.check import CheckRequest, check_report

    raise typer.Exit(check_report(CheckRequest(report, case, alpha, as_json=as_json)))


@app.command(name="eval")
def evaluate(
    task: Annotated[str | None, typer.Argument(help="Benchmark, or compare, or report; without one, the list.")] = None,
    logs: Annotated[list[Path] | None, typer.Argument(help="Logs, for compare and report.")] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder or file with labelled data, or hf:OWNER/NAME@COMMIT/PATH.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Most items.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of everything drawn.")] = 20260101,
    work: Annotated[Path | None, typer.Option("--work", help="Folder for indexes made on the way.")] = None,
    log_dir: Annotated[Path, typer.Option("--log-dir", help="Folder of the Inspect logs.")] = Path("logs"),
    model: Annotated[str | None, typer.Option("--model", help="Model as Inspect names it, e.g. vllm/NAME.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="Its server.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest log that was cut short.")] = False,
    config: Annotated[str | None, typer.Option("--config", help="Configuration: full, direct, rules, ...")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of a report.")] = None,
    as_json: Json = False,
) -> None:
    """Run a benchmark with Inspect and print its tables; compare two logs; report logs."""
    from clinigraph.cli.evaluate import EvalRequest, run_benchmark

    given = tuple(logs or ())
    run_benchmark(
        EvalRequest(task, data, work, log_dir, limit, seed, model, base_url, resume, as_json, config, given, out)
    )


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="Address; others than loopback need a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 7860,
) -> None:
    """Serve the case walkthrough page and its API."""
    from clinigraph.cli.serve import serve_page

    serve_page(host, port)


@app.command()
def batch(
    cohort: Annotated[Path, typer.Argument(help="CSV with a column path, and id, question, protocol, fact:NAME.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for reports and results.")] = Path("clinigraph-batch"),
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="Cases at once.")] = 1,
    engine: Annotated[str, typer.Option("--engine", help="local or ray.")] = "local",
    address: Annotated[str | None, typer.Option("--address", help="Of the Ray cluster.")] = None,
    as_json: Json = False,
) -> None:
    """Run a cohort of cases; the same command goes on where it stopped."""
    from clinigraph.cli.batch import BatchRequest, run_batch

    run_batch(BatchRequest(cohort, out, workers, engine, address, as_json))
