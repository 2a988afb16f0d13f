"""Search graphs: T∘L∘G compiled once, lists compiled by Pynini, and the two joined."""
