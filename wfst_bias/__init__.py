"""Write the names on a list: WFST decoding of CTC log-probabilities with contextual biasing."""

__version__ = "0.1.0"
