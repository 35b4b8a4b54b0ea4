"""``estimate``: what a live run would ask and cost, before a token is spent."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.cli import Wrong
from conformance.cli.program import Parser

__all__ = ["describe", "run"]


def describe(parser: Parser) -> None:
    """Give the parser its options."""
    parser.teach(
        "",
        "matrices/deepseek.yaml --feature top_k --rpm 30",
        more="Figures are those of the recordings there are; what was never recorded is counted as for another model "
        "of the target, else in a dry run that sends nothing.",
    )
    parser.add_argument("matrix", nargs="?", type=Path, default=Path("matrix.yaml"), help="(default: %(default)s)")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="only this model; repeatable")
    parser.add_argument("--feature", action="append", default=[], metavar="NAME", help="only this feature; repeatable")
    parser.add_argument("--expensive", action="store_true", help="also cases that cost much (a full context window)")
    parser.add_argument(
        "--cassettes", type=Path, default=Path("cassettes"), metavar="DIR", help="(default: cassettes/)"
    )
    parser.add_argument("--rpm", type=float, metavar="N", help="requests a minute (default: the matrix's)")


def run(options: argparse.Namespace) -> int:
    """Print a line for each model, and their sum.

    Raises:
        Wrong: the matrix is wrong, or nothing in it was selected.
    """
    from conformance.matrix import MatrixError  # noqa: PLC0415  as above
    from conformance.plain_text import plain  # noqa: PLC0415  as above
    from conformance.run.estimate import Estimator, Need  # noqa: PLC0415  --help needs none of it
    from conformance.run.matrix_run import WrongSelection, open_matrix, select  # noqa: PLC0415  as above

    if options.rpm is not None and options.rpm <= 0:
        raise Wrong("--rpm must be more than 0")
    try:
        matrix_run = open_matrix(options.matrix, str(options.matrix), options.cassettes, options.model, live=True)
        chosen = select(matrix_run, options.feature)
    except (MatrixError, WrongSelection) as error:
        raise Wrong(str(error)) from None
    estimator = Estimator(matrix_run.matrix, options.cassettes)
    affordable = [item for item in chosen if options.expensive or not item.is_expensive]
    asked = [item for item in affordable if item.asks]
    if not asked:
        raise Wrong("nothing of what is selected asks a service anything")
    rpm = options.rpm or matrix_run.matrix.target.requests_per_minute
    needs = {item.slug: estimator.need(item) for item in asked}
    models = list(dict.fromkeys(item.model for item in asked))
    rows = [(model, sum((need for slug, need in needs.items() if slug[0] == model), start=Need())) for model in models]
    rows.append(("all", sum((need for _, need in rows), start=Need())))
    wide = max(len(plain(name)) for name, _ in rows)
    print(f"{'model':<{wide}}  requests  input tokens  output tokens        cost  time at {rpm:g} a minute")
    for name, need in rows:
        cost = "unknown" if need.cost is None else f"${need.cost:.4f}"
        print(
            f"{plain(name):<{wide}}  {need.requests:>8}  {need.input_tokens:>12}  {need.output_tokens:>13}  {cost:>10}"
            f"  {_clock(60 * need.requests / rpm)}"
        )
    print()
    bases = [need.basis for need in needs.values()]
    for basis in dict.fromkeys(bases):
        print(f"{bases.count(basis)} of {len(bases)} cases by {plain(basis)}")
    priced = {model.name: model.price for model in matrix_run.matrix.models if model.price}
    for source in dict.fromkeys(price.source for name, price in priced.items() if name in models):
        known = matrix_run.matrix.sources[source]
        print(f"prices: {plain(known.title)}, {plain(known.url)}, {known.date}")
    if unknown := [model for model in models if model not in priced]:
        print(f"no price in {plain(str(options.matrix))}: {', '.join(map(plain, unknown))}")
    print(
        "what deviates is asked a second time, a refusal is asked again, and so is a service that is busy or fails:\n"
        "where no recording shows it, that comes on top; --max-requests and --max-cost are bounds"
    )
    return 0


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
