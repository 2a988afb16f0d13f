"""The acoustic model: sound to log-probabilities, and how it is trained."""
