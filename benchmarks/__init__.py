"""Measurements against peers, single thread, as ratios within one run.

__main__         the command
suite            which figures there are, and the page of results
materials        the real speech, LM and lists that are measured on
timing           interleaved repetitions and paired ratios
table            figures as Markdown
machine          what it ran on
plain_decoding   decoding without a list, against kaldi-decoder's FasterDecoder
list_sizes       decoding with one list for all, against decoding without
own_lists        decoding with a list per utterance, against pyctcdecode
list_to_graph    from a list's file to a graph to search, against a Python Aho-Corasick graph
peak_memory      what a list adds to the memory that decoding takes
memory_probe     the fresh process whose peak memory is read
kaldi_graph      the static graph as an OpenFst file, and FasterDecoder on it
ctc_beam_search  pyctcdecode with the same LM and lists
aho_corasick     the peer of list_to_graph
"""
