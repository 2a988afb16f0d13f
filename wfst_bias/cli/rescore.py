"""`wfst-bias rescore`: lattices to words, by another model, other scales, or another list."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

import click

from wfst_bias.cli.flags import flags_of, given
from wfst_bias.cli.inputs import FILE, list_flags
from wfst_bias.cli.rescore_run import ERRORS, RescoreRequest, RescoreSummary, run_rescore
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.lattices.rescore import RescoreOptions
from wfst_bias.lattices.statistics import LatticeSize

SOME_FAILED = 1


@click.command("rescore", short_help="lattices, larger language model -> words")
@click.option(
    "--lattices",
    type=FILE,
    required=True,
    metavar="DIR",
    help="folder that `decode --lattices` wrote, or `rescore --out-lattices`",
)
@click.option("--out", type=FILE, required=True, metavar="DIR", help="folder for what comes out")
@click.option(
    "--lm",
    type=FILE,
    metavar="ARPA",
    help="word language model of any order with <unk>, in the place of that of decoding",
)
@list_flags
@click.option(
    "--oracle",
    type=FILE,
    metavar="REF",
    help="references, as `score --ref` or as ID WORD ...: show the fewest errors in the lattices",
)
@click.option("--out-lattices", is_flag=True, help="also write DIR/lattices, rescored and pruned")
@click.option(
    "--nj",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="worker processes, and archives of lattices; the texts do not depend on it",
)
@flags_of(RescoreOptions, G2gOptions)
def rescore_command(**flags: Any) -> int:
    """Rescore lattices: a larger language model, other scales, another list; no audio is needed.

    What is written is written by a path of the lattice. A text scores acoustics, language model,
    words and entities as in decoding, each with its scale, and of several paths the best counts.
    With --lm all words of an utterance are scored as one sentence. Entities of the first pass and
    spelled words count as the class word at whose place the first model had them, <unk> or a
    named class such as <person>; what the model does not know counts as its <unk>. With
    --entities, the words of a path that are an entity of the list may be written as the entity,
    and gain its boost beside their own score; with --lm, words that it is easily taken for make
    it cost more, as in decoding. The model is asked for the words in its place, whatever its class.
    With --g2g it is also found under variants of its spelling.

    \b
    Writes into DIR, utterances in the order of the lattices:
      text                 ID WORD ... (Kaldi)
      hyp.trn              WORD ... (ID), for sclite
      hyp.ctm              ID 1 START DURATION WORD CONFIDENCE, in seconds
      entities.jsonl       where each entity was heard, in seconds, with a confidence
      nbest.jsonl          the n best texts with scores in nats
      lattices.tsv         states, arcs that write, arcs over a frame (depth, as lattice-depth
                           counts), arcs per word of the text (density), the logarithm of the
                           number of paths; with --oracle the errors of lattice and text
      entities.report.tsv  with --entities: what became of every line of the list
      errors.tsv           ID<TAB>REASON, if an utterance has no text
      lattices/            with --out-lattices: of words, in the forms that `decode` writes

    Times are those of the tokens: phones, which may move words in decoding, are not in a lattice,
    nor is what --lookup-words replaced. Lattices of words, as --out-lattices writes them, have
    lost their frames: rescored again, they give no hyp.ctm and no entities.jsonl. From lattices
    of an earlier version, what an entity gained by single frames is part of its boost_nats.

    \b
    Examples:
      wfst-bias decode --log-probs x.npz --tokens tokens.txt --lm small.arpa --lattices --out first
      wfst-bias rescore --lattices first/lattices --lm large.arpa --lm-scale 0.6 --nj 2 --out second
      wfst-bias rescore --lattices first/lattices --oracle test.tsv --prune-nats 4 --out oracle
      wfst-bias rescore --lattices first/lattices --entities names.txt --out biased
    """
    begin = time.perf_counter()
    request = rescore_request(flags)
    summary = run_rescore(request)
    click.echo(_show(summary, request, time.perf_counter() - begin))
    return SOME_FAILED if summary.failed else 0


def rescore_request(flags: dict[str, Any]) -> RescoreRequest:
    """Return what is asked for by flags.

    Raises:
      InputError: options that cannot be used.
    """
    options = RescoreOptions(**given(RescoreOptions, flags))
    g2g = G2gOptions(**given(G2gOptions, flags))
    names = {f.name for f in fields(RescoreRequest)} - {"options", "g2g"}
    return RescoreRequest(options=options, g2g=g2g, **{name: flags[name] for name in names})


def _show(summary: RescoreSummary, request: RescoreRequest, seconds: float) -> str:
    lines = [f"{summary.utterances} lattices in {seconds:.1f} s"]
    lines.append(f"as they came  {_show_size(summary.before)}")
    lines.append(f"now           {_show_size(summary.after)}")
    if summary.errors is not None and summary.errors.words:
        e = summary.errors
        lines.append(
            f"WER {100 * e.best / e.words:.2f} %, oracle {100 * e.oracle / e.words:.2f} % "
            f"({e.best} and {e.oracle} errors, {e.words} words)"
        )
    if summary.failed:
        where = request.out / ERRORS
        lines.append(f"{summary.failed} of {summary.utterances} utterances failed, see {where}")
    return "\n".join(lines)


def _show_size(size: LatticeSize) -> str:
    return (
        f"depth {size.depth:.2f}, {size.density:.1f} arcs a word, "
        f"10^{size.log10_paths:.1f} paths each"
    )
