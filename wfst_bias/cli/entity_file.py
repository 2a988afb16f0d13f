"""E as a file for Pynini and OpenFst, with the symbol tables that make it readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pynini
import pywrapfst

from wfst_bias.files import atomic_write, write_text
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.tokens import WORD_MARK

EPSILON = "<eps>"


def write_entity_fst(compiled: CompiledList, tokens: Sequence[str], folder: Path) -> None:
    """Write `entities.fst`, `tokens.txt` and `forms.txt` (symbol tables), each atomically.

    The FST reads the tokens of a form and writes the form; costs are in nats, a boost being
    negative. It also carries the tables itself.

    Args:
      compiled: the list.
      tokens: token number -> symbol, the blank first; it becomes epsilon.
      folder: where to write.
    """
    token_ids = {symbol: number for number, symbol in enumerate([EPSILON, *tokens[1:]])}
    forms = [EPSILON, *(form.replace(" ", WORD_MARK) for form in boosted_forms(compiled))]
    form_ids = {form: number for number, form in enumerate(forms)}
    fst = entity_transducer(compiled)
    fst.set_input_symbols(_symbol_table(token_ids)).set_output_symbols(_symbol_table(form_ids))
    with atomic_write(folder / "entities.fst", "wb") as stream:
        stream.write(fst.write_to_string())
    for name, ids in (("tokens.txt", token_ids), ("forms.txt", form_ids)):
        write_text(folder / name, "".join(f"{s}\t{number}\n" for s, number in ids.items()))


def boosted_forms(compiled: CompiledList) -> list[str]:
    """Return the forms of the list in their order, without the penalized ones and variants."""
    own = zip(compiled.form_text, compiled.form_own.tolist(), strict=True)
    return [form for number, (form, own_number) in enumerate(own) if number == own_number]


def entity_transducer(compiled: CompiledList) -> pynini.Fst:
    """Return E as a transducer from tokens to `form + 1`, scores turned into costs.

    Variants of a form write the form.
    """
    e, own = compiled.fst, compiled.form_own
    fst = pynini.Fst()
    fst.add_states(e.n_states + 1)
    fst.set_start(0)
    fst.set_final(e.n_states)
    for source, target, token, score in _rows(e.source, e.target, e.token, e.score):
        fst.add_arc(source, pywrapfst.Arc(token, 0, -score, target))
    for source, form, score in _rows(e.exit_state, own[e.exit_form], e.exit_score):
        fst.add_arc(source, pywrapfst.Arc(0, form + 1, -score, e.n_states))
    return fst


def _rows(*columns: Any) -> Any:
    return zip(*(column.tolist() for column in columns), strict=True)


def _symbol_table(ids: Mapping[str, int]) -> pywrapfst.SymbolTable:
    table = pywrapfst.SymbolTable()
    for symbol, number in ids.items():
        table.add_symbol(symbol, number)
    return table
