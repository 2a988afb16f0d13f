"""Options of decoding, searched on a development set.

objective    counts by condition, and the one number that is made small
space        which options are searched, and between which values
propose      the next values to try, by Optuna
search       trial after trial
trace        the trials as a file, from which a search that was cut off goes on
conditions   references and lists of the development set
development  counts what options come to, each condition decoded once for what can change it
worker       what decodes, in processes of its own
"""
