"""The command line `wfst-bias`.

main          the group of commands, and how errors become one line and an exit status
lm, compile, decode, score, phones   one command each
flags         turns the fields of options into flags
inputs        the flags that commands share, and checks of where output goes
decode_run    what `decode` does in its own process: graph, workers, outputs
decode_lists  the list of all utterances, or the lists of each, and their report
decode_work   what `decode` does in a worker process
entity_file   writes the entity FST with its symbol tables
"""
