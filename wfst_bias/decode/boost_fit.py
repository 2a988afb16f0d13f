"""Where an entity that was not written would fit best, and what it lacks there.

A spelling is aligned with the frames as CTC has it, from any frame to any other: each frame costs
what the token read is behind the best, each token but the first gains by the adaptive boost in the
frame in which it begins. No language model is asked, and nothing says what stands around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.boost_curves import BoostCurve, FrameReading, Ints, Nats
from wfst_bias.decode.dense import LogProbs
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.entity_fst import EntityFst
from wfst_bias.tokens import TokenTable

_START, _STAY, _NEXT, _SKIP = 0, 1, 2, 3  # how a path comes to a state


@dataclass(frozen=True, eq=False)
class Fit:
    """Hold the best place of a spelling.

    Attributes:
      first_frame: where it begins.
      columns, begins: `(F,)`, what is read in its frames, and where tokens begin.
      net_nats: adaptive gains less what the tokens are behind the best of their frames.
    """

    first_frame: int
    columns: Ints
    begins: NDArray[np.bool_]
    net_nats: float


def fit_spelling(
    log_probs: LogProbs, spelling: Sequence[int], blank: int, adaptive: AdaptiveOptions
) -> Fit | None:
    """Return where a spelling fits best, the earliest end of equals; None where it fits nowhere.

    Args:
      log_probs: `(T, V)`.
      spelling: columns of its tokens, at least one.
      blank: the column of the blank.
      adaptive: what tokens gain.
    """
    if not len(log_probs):
        return None
    labels = np.full(2 * len(spelling) - 1, blank)
    labels[::2] = spelling
    gap = (log_probs - log_probs.max(axis=1, keepdims=True))[:, labels].astype(np.float64)
    gains = adaptive.gains(log_probs)[:, labels].astype(np.float64)
    gains[:, 1::2] = 0.0
    value, came = _best_ways(gap, gains, _may_skip(labels))
    end = int(value[:, -1].argmax())
    if not value[end, -1] > -np.inf:
        return None
    states = _trace(came, end)
    begins = np.append(True, np.diff(states) > 0) & (states % 2 == 0)
    return Fit(end + 1 - len(states), labels[states], begins, float(value[end, -1]))


def _may_skip(labels: Ints) -> NDArray[np.bool_]:
    """Return `(states,)`, whether a token may follow the one before it without a blank."""
    may = np.zeros(len(labels), bool)
    may[2::2] = labels[2::2] != labels[:-2:2]
    return may


def _best_ways(gap: Nats, gains: Nats, may_skip: NDArray[np.bool_]) -> tuple[Nats, Ints]:
    """Return `(T, states)` each: the best score of a path to a state, and how it comes there."""
    value, came = np.full(gap.shape, -np.inf), np.zeros(gap.shape, np.int64)
    before = np.full(gap.shape[1], -np.inf)
    for frame in range(len(gap)):
        ways = np.full((4, gap.shape[1]), -np.inf)
        ways[_START, 0] = 0.0
        ways[_STAY] = before
        ways[_NEXT, 1:] = before[:-1] + gains[frame, 1:]
        ways[_SKIP, 2:] = np.where(may_skip[2:], before[:-2] + gains[frame, 2:], -np.inf)
        came[frame] = ways.argmax(axis=0)
        value[frame] = before = ways.max(axis=0) + gap[frame]
    return value, came


def _trace(came: Ints, end: int) -> Ints:
    """Return the states of the path that ends in the last state in a frame."""
    states, state, frame = [], came.shape[1] - 1, end
    while True:
        states.append(state)
        way = int(came[frame, state])
        if way == _START:
            return np.array(states[::-1], np.int64)
        state -= way - _STAY
        frame -= 1


def boost_shares(entities: EntityFst, spelling: Sequence[int], form: int) -> Nats:
    """Return `(tokens,)`, what the search pays with each token of a spelling of a form.

    The share of the first token is paid with the second. That of a form of one token is here.

    Args:
      entities: E.
      spelling: token numbers.
      form: which of the forms of this spelling ends.
    """
    shares, state = np.zeros(len(spelling)), 0
    for place, token in enumerate(spelling):
        arcs = np.arange(*np.searchsorted(entities.source, [state, state + 1]))
        (arc,) = arcs[entities.token[arcs] == token]
        shares[max(place, min(1, len(spelling) - 1))] += entities.score[arc]
        state = int(entities.target[arc])
    ends = (entities.exit_state == state) & (entities.exit_form == form)
    shares[-1] += entities.exit_score[ends].sum()
    return shares


def fit_entity(
    written: str,
    entities: CompiledList,
    log_probs: LogProbs,
    columns: Ints,
    tokens: TokenTable,
    adaptive: AdaptiveOptions,
) -> BoostCurve | None:
    """Return the best place of an entity, of all its forms and spellings; None where there is none.

    Args:
      written: as the user wrote it.
      entities: the list.
      log_probs: `(T, V)`.
      columns: `(V,)`, the model's column of each token number.
      tokens: of the model.
      adaptive: what tokens gain.
    """
    spelled = entities.spelled
    curves = []
    for number, form in enumerate(spelled.form.tolist()):
        if entities.entity(form).written != written:
            continue
        spelling = spelled.tokens[spelled.offsets[number] : spelled.offsets[number + 1]]
        fit = _fit_with_front(log_probs, columns[spelling], tokens, adaptive)
        if fit is not None:
            shares = boost_shares(entities.fst, spelling.tolist(), form)
            form_text = entities.form_text[form]
            curves.append(_curve(written, form_text, fit, shares, log_probs, adaptive))
    return max(curves, key=lambda curve: curve.net_nats, default=None)


def _fit_with_front(
    log_probs: LogProbs, spelling: Ints, tokens: TokenTable, adaptive: AdaptiveOptions
) -> Fit | None:
    """Fit a spelling; in front of the first frame there may be a space, as in the search."""
    if tokens.separator_id is None:
        return fit_spelling(log_probs, spelling.tolist(), tokens.blank_id, adaptive)
    front = np.full((1, tokens.size), -np.inf, np.float32)
    front[0, [tokens.blank_id, tokens.separator_id]] = 0.0
    rows = np.concatenate([front, log_probs])
    fit = fit_spelling(rows, spelling.tolist(), tokens.blank_id, adaptive)
    if fit is None:
        return None
    # What is shown begins with the first letter, as where the entity is written.
    spaces = int(np.flatnonzero(fit.begins)[1])
    return Fit(fit.first_frame - 1 + spaces, fit.columns[spaces:], fit.begins[spaces:],
               fit.net_nats)  # fmt: skip


def _curve(
    written: str,
    form: str,
    fit: Fit,
    shares: Nats,
    log_probs: LogProbs,
    adaptive: AdaptiveOptions,
) -> BoostCurve:
    n_frames = len(fit.columns)
    rows = log_probs[fit.first_frame : fit.first_frame + n_frames]
    begun = np.flatnonzero(fit.begins)
    shown = shares[len(shares) - len(begun) :]  # a space in front brings nothing
    constant, gained = np.zeros(n_frames), np.zeros(n_frames)
    constant[begun] = shown
    further = begun if len(begun) < len(shares) else begun[1:]
    gained[further] = adaptive.gains(rows)[further, fit.columns[further]]
    reading = FrameReading.of(rows, fit.columns, fit.begins)
    return BoostCurve(written, form, False, fit.first_frame, n_frames, reading, gained, constant)
