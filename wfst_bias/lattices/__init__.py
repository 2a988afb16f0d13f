"""Lattices that `decode` wrote, once more: read, rescored, measured and written again.

arcs         a lattice as arrays, the parts of its scores kept apart
word_lattice reduces a lattice of frames to one of words
compose      scores a word lattice by another language model
new_list     boosts the entities of another list
paths        outlook, pruning, and what leads nowhere
nbest        the n best texts
oracle       the text of a lattice with the fewest errors
statistics   density, depth, and the number of paths
archive      reads and writes the archives of a folder
kaldi        writes lattices as Kaldi does
times        when words were heard, and which of them are entities
rescore      all of it for one utterance
"""
