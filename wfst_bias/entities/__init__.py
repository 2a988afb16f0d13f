"""Entity lists: from the lines a user wrote to the token sequences a recognizer may write.

list_file     reads lists in the formats of the known decoders, and the published biasing lists
normalize     turns a phrase into words of the model's letters, or says why that cannot be
entity_list   resolves duplicates and conflicts, and accounts for every line in a report
spelling      spells a form with the model's tokens, in every plausible way
"""
