"""Encoder biasing: a small module beside a frozen model that raises the subwords of a list.

config          the shape of an adapter, and of what it is attached to
entity_list     a list as the adapter reads it: forms and their subwords
entity_encoder  subwords of entities to the keys and values that attention matches
module          the adapter: layer outputs and entities in, what is added to the frames out
selection       the entities of a long list that an utterance may hold, by a cheap spot
adapter_folder  the files of a trained adapter, and which base model it belongs to
listening       a recognizer with an adapter and lists
attention_plot  frames against entities, as an image

and for training

train_options   what can be chosen
utterances      what was said in a cut: entities and rare words
neighbours      forms near in spelling
draws           the list of each utterance of a batch: entities, distractors
alignment       forced alignment by CTC
supervision     where attention shall be
evaluate        what is gained on dev
train           the loop
"""
