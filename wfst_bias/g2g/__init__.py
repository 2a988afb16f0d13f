"""G2G: the spellings under which a recognizer may write a name that it has heard well.

table       rules with costs, from and to files: letters -> phones -> letters
transducer  the rules as one weighted rewrite transducer (Pynini)
lattice     all words of a list composed with it at once
strings     the best distinct strings of every word of that lattice
finder      variants of words, kept in memory and in a cache
forms       variants of the forms of entities: words put together, ordinary words made dearer
derivation  by which rules a variant comes about
learning    rules estimated from what was said and what a recognizer wrote
options     how many variants, and how dear
"""
