"""`wfst-bias compile`: the search graph, and what becomes of a list."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from wfst_bias.cli.flags import flags_of
from wfst_bias.cli.inputs import (
    FILE,
    GRAPHS,
    REPORT,
    count_lines,
    graph_flags,
    list_flags,
    make_folder,
    options_flag,
    read_lists,
    read_options,
    show_counts,
)
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.classes import ListFile
from wfst_bias.entities.entity_list import EntityList, write_report
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.load import LoadedGraph, load_graph
from wfst_bias.graph.word_graph import TokenNumbers
from wfst_bias.tokens import TokenTable

Statistics = dict[str, dict[str, Any]]


@click.command("compile", short_help="tokens, LM -> search graph; list -> FST and report")
@graph_flags
@list_flags
@click.option("--out", type=FILE, required=True, metavar="DIR", help="folder for what is compiled")
@options_flag
@flags_of(BoostOptions, G2gOptions)
def compile_command(
    tokens: Path, lm: Path, entities: tuple[ListFile, ...], out: Path, **flags: Any
) -> None:
    """Compile the search graph, and a list into an FST, and report on every line of the list.

    The graph is found again by `decode --cache DIR`, and never taken for another's: it is named by
    a digest of tokens and language model. `decode` compiles what is missing by itself, so this
    command is for looking, and for waiting only once.

    \b
    Writes into DIR:
      graph-....pickle     the search graph: tokens, lexicon and language model composed
      entities.report.tsv  what became of every line: accepted, changed or rejected, and why
      entities.fst         the entities, from tokens to forms, for Pynini and OpenFst
      tokens.txt forms.txt the symbol tables of entities.fst
      unspeakable.txt      words of the language model that the tokens cannot spell, if any
      statistics.json      sizes and seconds

    \b
    Example:
      wfst-bias compile --tokens tokens.txt --lm lm.arpa --entities names.txt --out graph
    """
    options = read_options(flags)
    make_folder(out)
    listed = None
    if entities:
        table = TokenTable.read(tokens)
        listed = read_lists(entities, flags["list_format"], table, strict=flags["strict"])
    begin = time.perf_counter()
    graph = load_graph(tokens, lm, out)
    statistics: Statistics = {"graph": _graph_statistics(graph, time.perf_counter() - begin)}
    if not any(out.glob(GRAPHS)):
        raise InputError("the graph could not be written", path=out)
    if graph.unspeakable:
        write_text(out / "unspeakable.txt", "".join(f"{word}\n" for word in graph.unspeakable))
    if listed is not None:
        statistics["entities"] = _compile_list(listed, graph, options, out)
    write_text(out / "statistics.json", json.dumps(statistics, indent=2) + "\n")
    click.echo(_summary(statistics, out))


def _graph_statistics(graph: LoadedGraph, seconds: float) -> dict[str, Any]:
    return {
        "tokens": graph.tokens.size,
        "words": len(graph.words),
        "unspeakable_words": len(graph.unspeakable),
        "classes": list(graph.classes),
        "states": len(graph.static.copies),
        "arcs": len(graph.static.static),
        "seconds": round(seconds, 3),
    }


def _compile_list(
    listed: EntityList, graph: LoadedGraph, options: DecodeOptions, out: Path
) -> dict[str, Any]:
    from wfst_bias.cli.entity_file import write_entity_fst
    from wfst_bias.graph.compiled_list import ListCompiler, load_variants

    begin = time.perf_counter()
    compiler = ListCompiler(
        graph.tokens,
        Speller(graph.tokens),
        graph.unigrams,
        options.boost,
        graph.classes,
        load_variants(options.g2g, graph.tokens, out),
    )
    compiled = compiler.compile(listed)
    seconds = time.perf_counter() - begin
    columns = TokenNumbers.of(graph.tokens).columns
    write_entity_fst(compiled, [graph.tokens.symbols[column] for column in columns], out)
    write_report(compiled.entities.report, out / REPORT)
    return {
        **count_lines(compiled.entities.report),
        "entities": len(listed),
        "boosted_forms": len(np.unique(compiled.form_own)),
        "variants": len(compiled.form_own) - len(np.unique(compiled.form_own)),
        "penalized_forms": len(compiled.penalties.forms),
        "states": compiled.fst.n_states,
        "arcs": len(compiled.fst.source),
        "seconds": round(seconds, 3),
    }


def _summary(statistics: Statistics, out: Path) -> str:
    lines = [_size("graph", statistics["graph"])]
    unspeakable = statistics["graph"]["unspeakable_words"]
    if unspeakable:
        lines.append(f"{unspeakable} words cannot be spelled, see {out / 'unspeakable.txt'}")
    if "entities" in statistics:
        lines.append(f"{show_counts(statistics['entities'])}, see {out / REPORT}")
        lines.append(_size("entity FST", statistics["entities"]))
    return "\n".join(lines)


def _size(name: str, found: dict[str, Any]) -> str:
    return f"{name}: {found['states']} states, {found['arcs']} arcs, in {found['seconds']:.2f} s"
