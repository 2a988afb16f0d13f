"""What decoding an utterance yields: the words, the entities among them, and the n-best list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """Hold one word of a hypothesis, or an entity's written form of several, with its time.

    Attributes:
      text: the word as it is to be written.
      start_seconds: from the start of the utterance.
      end_seconds: from the start of the utterance.
      confidence: between 0 and 1.
    """

    text: str
    start_seconds: float
    end_seconds: float
    confidence: float


@dataclass(frozen=True)
class LookedUp:
    """Say why an entity took the place of words that the search had found.

    Attributes:
      replaced: those words.
      heard: the phones that the phone head recognized under them.
      said: the phones of the entity's pronunciation.
      cost: of the edits between the two, 0 where they are equal.
      loss_nats: by how much the phones find the whole text less probable with the entity.
    """

    replaced: tuple[str, ...]
    heard: tuple[str, ...]
    said: tuple[str, ...]
    cost: float
    loss_nats: float


@dataclass(frozen=True)
class EntitySpan:
    """Place an entity of the list in a hypothesis.

    Attributes:
      written: the entity as the user wrote it.
      start_seconds: from the start of the utterance.
      end_seconds: from the start of the utterance.
      confidence: between 0 and 1.
      boost_nats: the score that the list declares for it.
      first_word: the index of its first word in the result's words.
      n_words: how many of those words it covers.
      adaptive_nats: what its tokens gained beside that, by the adaptive boost.
      looked_up: why it was written for what it sounds like, None where the search found it.
    """

    written: str
    start_seconds: float
    end_seconds: float
    confidence: float
    boost_nats: float
    first_word: int
    n_words: int
    adaptive_nats: float = 0.0
    looked_up: LookedUp | None = None


@dataclass(frozen=True)
class NbestEntry:
    """Hold one hypothesis of an n-best list.

    Attributes:
      words: its words.
      score: total in nats, greater is better, the boost included.
      boost_nats: the part of it that entities declare.
      phone_nats: the part of it that the alignment with the phones heard adds, at most 0.
    """

    words: tuple[str, ...]
    score: float
    boost_nats: float
    phone_nats: float = 0.0


@dataclass(frozen=True)
class Result:
    """Hold what decoding an utterance yielded, or why it failed.

    Attributes:
      utterance_id: the utterance.
      words: the best hypothesis, in the order of time.
      entities: the entities in it, in the order of time.
      nbest: the hypotheses, best first.
      score: of the best one, in nats.
      error: why there is no hypothesis, where there is none; the other fields are then empty.
    """

    utterance_id: str
    words: tuple[Word, ...] = ()
    entities: tuple[EntitySpan, ...] = ()
    nbest: tuple[NbestEntry, ...] = ()
    score: float = 0.0
    error: str | None = None

    def __post_init__(self) -> None:
        if self.error is not None and (self.words or self.entities or self.nbest):
            raise ValueError(f"{self.utterance_id} failed, so it can have no words")
        for span in self.entities:
            if not 0 <= span.first_word < span.first_word + span.n_words <= len(self.words):
                raise ValueError(f"{self.utterance_id}: {span.written!r} lies outside its words")

    @classmethod
    def failed(cls, utterance_id: str, reason: str) -> Result:
        """Return the result of an utterance that could not be decoded."""
        return cls(utterance_id, error=reason)
