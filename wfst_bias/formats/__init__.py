"""File formats: log-probabilities in, hypotheses out.

log_probs   reads log-probabilities and says what is wrong with them
results     is what decoding an utterance yields
outputs     writes results
kaldi_text  reads hypotheses back
"""
