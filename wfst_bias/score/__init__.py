"""Score hypotheses: word errors by class, entities, and how sure the figures are.

comparison    brings references and hypotheses into one form
wer           aligns words and counts their errors, apart for rare words
entity_score  counts entities found, missed and made up
entity_groups tells entities apart that are counted by themselves
bootstrap     estimates intervals, also of the difference between two systems
scores        derives every metric, as a table and as JSON
score_files   scores a file of hypotheses
"""
