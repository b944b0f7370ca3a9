"""What a course has, and what `trainer.lesson` reads a lesson with: its sections, their TOML blocks, the state that it
starts from, and where bytes come from.

It imports `computer`, the names of the checkers, and modules that all share.
"""
