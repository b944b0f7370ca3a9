"""The computer that the learner sits at: as it is (`facts`, `linux`), and as the tutor lets them work with it, in a
workspace with programs, environments and packages.

It imports `commands`, `firmware`, `images`, the lists of ports, and modules that all share.
"""
