"""A context graph in plain Python: a trie of token sequences with failure links.

This is what toolkits that bias in the beam search build for each list. It stands here as a peer
for the time that takes: the algorithm of Aho and Corasick (1975), with the score of the tokens
read so far on every node, as biasing needs it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Node:
    """Hold a beginning that some phrases share.

    Attributes:
      depth: its number of tokens.
      score: what its tokens have gained.
      children: the node after one token more.
      is_end: whether a phrase ends here.
      failure: the longest proper suffix of it that is a beginning too; the root for none.
      found: the score of all phrases that end here, its suffixes included.
    """

    depth: int = 0
    score: float = 0.0
    children: dict[int, Node] = field(default_factory=dict)
    is_end: bool = False
    failure: Node | None = None
    found: float = 0.0


def build_context_graph(phrases: Iterable[Sequence[int]], token_score: float) -> Node:
    """Build the trie and its failure links; return the root.

    Args:
      phrases: token sequences, none of them empty.
      token_score: what each token of a phrase gains.
    """
    root = Node()
    root.failure = root
    for phrase in phrases:
        _add(root, phrase, token_score)
    _link(root)
    return root


def matches(root: Node, tokens: Iterable[int]) -> Iterator[float]:
    """Yield after each token the score of all phrases that end with it."""
    node = root
    for token in tokens:
        node = _step(node, token)
        yield node.found


def _add(root: Node, phrase: Sequence[int], token_score: float) -> None:
    node = root
    for token in phrase:
        child = node.children.get(token)
        if child is None:
            child = Node(node.depth + 1, node.score + token_score)
            node.children[token] = child
        node = child
    node.is_end = True


def _link(root: Node) -> None:
    """Link level by level: the failure of a child is where its parent's failure goes."""
    queue = deque(root.children.values())
    for child in queue:
        child.failure = root
        child.found = child.score if child.is_end else 0.0
    while queue:
        node = queue.popleft()
        for token, child in node.children.items():
            assert node.failure is not None, "linked with its level"
            child.failure = _step(node.failure, token)
            child.found = child.failure.found + (child.score if child.is_end else 0.0)
            queue.append(child)


def _step(node: Node, token: int) -> Node:
    """Follow failures until one can read the token, or the root is left."""
    while token not in node.children:
        failure = node.failure
        assert failure is not None, "linked"
        if failure is node:
            return node
        node = failure
    return node.children[token]
