"""Phones: what words sound like, for the phone head of the acoustic model.

lexicon    pronunciations of words, and the phone table: the columns of the phone head
inventory  the phones of English, and which of them each symbol of espeak-ng becomes
g2p        pronunciations of any words by espeak-ng (the extra `g2p`)
"""
