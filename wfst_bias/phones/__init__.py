"""Phones: what words sound like, for the phone head of the acoustic model.

lexicon    pronunciations of words, and the phone table: the columns of the phone head
inventory  the phones of English, and which of them each symbol of espeak-ng becomes
symbols    what symbols of espeak-ng become where other languages say them
origin     the languages that a name seems to come from
reading    words read aloud by espeak-ng, as far as it can
names      how words and names are said, several ways each: lexicons first, then espeak-ng
g2p        espeak-ng itself (the extra `g2p`), and lexicons of any words for training
confusions costs of taking one phone for another
"""
