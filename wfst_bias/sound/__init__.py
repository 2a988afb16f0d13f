"""How hypotheses sound: aligned with what the phone head heard, rescored, and names looked up.

options      phone-spot, phone-rescore and lexicon-lookup, as options
knowledge    what all of it reads from files
pronounce    word or name -> its pronunciations in columns of the phone head
phone_graph  texts -> graphs of their pronunciations in the CTC topology
texts        what is written -> how it is said
align        graphs and phone log-probabilities -> best alignments, in k2
heard        phone log-probabilities -> the phones that the head itself recognizes
confusion    what it costs to hear one phone for another, and distances between pronunciations
entity_sounds  the pronunciations of a list, found by what was heard
spotting     phone log-probabilities -> the entities of a list that may be heard in them
lookup       words whose phones are those of an entity -> the entity
"""
