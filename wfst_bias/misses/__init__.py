"""Why entities that were said are not in the text.

causes         what a miss can be put down to
explain        the misses of one utterance and the cause of each
lattice_words  how far behind the best path of a lattice is the best that writes an entity
forced         what a text with the entity costs in the acoustics, by forced scoring
files          all of it for the files that `decode` writes
report         the shares of the causes, as a table and as JSON
"""
