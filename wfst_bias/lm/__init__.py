"""Word n-gram language models with a class for unknown words: read, estimated, written, scored."""
