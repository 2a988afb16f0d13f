"""Lattices as Kaldi writes them: what `lattice-copy ark:- ark,t:-` prints of compact lattices.

```
ID
SOURCE<TAB>TARGET<TAB>WORD<TAB>GRAPH_COST,ACOUSTIC_COST,
STATE<TAB>GRAPH_COST,ACOUSTIC_COST,

```

The last but one is a final state; a blank line ends a lattice. Words are numbers of `words.txt`,
as Kaldi's programs want them; `utils/int2sym.pl -f 3 words.txt` names them. Costs are in nats, the
less the better; those of the graph are the language model, boosts and penalties with their
scales, those of the acoustics have none. What follows the last comma is the alignment, which is
left empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wfst_bias.files import write_text
from wfst_bias.lattices.archive import KALDI_SUFFIX, from_file
from wfst_bias.lattices.arcs import LatticeArcs, Weights
from wfst_bias.lattices.word_lattice import to_words


def write_beside(path: Path, weights: Weights) -> None:
    """Write the words of a lattice in Kaldi's text form beside its file."""
    lattice = from_file(path.read_bytes(), str(path))
    words = to_words(lattice.arcs, weights.total(lattice.arcs))
    text = kaldi_text(lattice.utterance_id, words, weights)
    write_text(path.with_suffix(KALDI_SUFFIX), text)


def kaldi_text(utterance_id: str, arcs: LatticeArcs, weights: Weights) -> str:
    """Return a lattice of words in Kaldi's text form."""
    return "\n".join([f"{utterance_id} ", *_lines(arcs, weights), "", ""])


def _lines(arcs: LatticeArcs, weights: Weights) -> Iterator[str]:
    rows = zip(
        arcs.source.tolist(),
        arcs.target.tolist(),
        arcs.written.tolist(),
        (-weights.graph(arcs) + 0.0).tolist(),
        (-arcs.acoustic + 0.0).tolist(),
        strict=True,
    )
    for source, target, word, graph, acoustic in rows:
        place = f"{source}" if word < 0 else f"{source}\t{target}\t{word}"
        yield f"{place}\t{graph:.7g},{acoustic:.7g},"
