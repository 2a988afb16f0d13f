"""The command line `wfst-bias`.

main          the group of commands, and how errors become one line and an exit status
transcribe, lm, compile, encode, decode, rescore, score, tune, subwords, phones, train
              one command each
flags         turns the fields of options into flags
inputs        the flags that commands share, and checks of where output goes
audio         audio as commands take it, and the flags of a model
sources       where `decode` has log-probabilities from: a file, or audio
decode_run    what `decode` does in its own process: graph, workers, outputs
decode_lists  the list of all utterances, or the lists of each, and their report
decode_work   what `decode` does in a worker process
tune_run      what `tune` does: inputs, trials until the budget is spent, outputs
rescore_run   what `rescore` does in its own process
rescore_work  what `rescore` does in a worker process
entity_file   writes the entity FST with its symbol tables
"""
