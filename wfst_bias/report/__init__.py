"""An experiment as one HTML page: the figures, and what became of every entity and word.

conditions   what a condition is called, with which list it decodes, and in which order they come
experiment   reads a folder that run.sh has filled
differences  what a hypothesis has in place of what was said
outcomes     what became of the entities of an utterance, and where misses come from
summary      counts outcomes by entity and by cause
charts       places figures in charts
media        recordings and images as data URIs
page_data    what the page's script is given
page         fills the template
"""
