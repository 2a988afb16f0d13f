"""Decoding by sound, against the search alone."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.demo import Demo
from benchmarks.materials import Materials
from benchmarks.table import Figure, Section
from benchmarks.timing import Task, interleave
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.graph.load import load_graph
from wfst_bias.sound.knowledge import PhoneFiles

SIZE = 1_000
TEXTS = 10
MOST_RTF = 0.01  # that phone-rescore adds

NOTE = """The model that comes with the project with its options, 64 utterances, each with a list of
1,000 names, compiled beforehand; the ratio is to the search alone. What a technique adds is its
real-time factor less that of the search, in the same round. Pronunciations are cached, as they are
after the first utterances."""


def measure_by_sound(materials: Materials, repetitions: int) -> Section:
    """Time phone-spot, phone-rescore, lexicon-lookup and all three."""
    demo = Demo()
    tuned = DecodeOptions.read(demo.model.path / "decode.toml")
    rescore = replace(tuned.phone_rescore, phone_texts=TEXTS, phone_limit=None)
    without = replace(
        tuned,
        phone_spot=replace(tuned.phone_spot, spot_entities=0),
        phone_rescore=replace(rescore, phone_scale=0.0),
        lexicon_lookup=replace(tuned.lexicon_lookup, lookup_words=0),
    )
    systems = {
        "search": without,
        "phone-spot": replace(without, phone_spot=tuned.phone_spot),
        f"phone-rescore, {TEXTS} texts": replace(without, phone_rescore=rescore),
        "lexicon-lookup": replace(without, lexicon_lookup=tuned.lexicon_lookup),
        "all three, tuned": tuned,
    }
    graph = load_graph(demo.model.tokens, demo.lm, materials.work)
    model = demo.model
    knowledge = PhoneFiles(model.phones, model.lexicons, model.confusions).read()
    tasks = {
        name: _decoding(Decoder(graph, options, knowledge), demo)
        for name, options in systems.items()
    }
    timings = interleave(tasks, repetitions)
    figures = []
    for name in list(systems)[1:]:
        added = timings.cpu_extra(name, "search").median / demo.seconds
        figure = Figure(
            name,
            f"adds RTF {added:.5f}",
            f"RTF {timings.cpu('search').median / demo.seconds:.5f} (search)",
            timings.cpu_ratio(name, "search"),
            timings.wall_ratio(name, "search"),
        )
        if "texts" in name:
            figure = replace(figure, target=f"adds ≤ {MOST_RTF:g}", met=added <= MOST_RTF)
        figures.append(figure)
    return Section("Decoding by sound, against the search alone", figures, [" ".join(NOTE.split())])


def _decoding(decoder: Decoder, demo: Demo) -> Task:
    lists = {name: decoder.compile_list(names) for name, names in demo.lists_of(SIZE).items()}
    tokens = {name: heard.log_probs for name, heard in demo.heard.items()}
    phones = {name: heard.phone_log_probs for name, heard in demo.heard.items()}
    return lambda: list(decoder.decode(tokens, lists, phone_log_probs=phones))
