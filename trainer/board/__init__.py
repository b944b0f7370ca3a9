"""The learner's board, fake or real: the bench that it lies on, how its port is found, and the serial line to it.

Nothing here knows what a lesson is. It imports `commands`, `images`, and modules that all share.
"""
