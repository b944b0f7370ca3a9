"""The computer that the learner sits at: as it is (`facts`, `linux`), and as the tutor lets them work with it, in a
workspace with programs, environments and packages.

It imports `commands`, the lists of ports and of images, and modules that all share.
"""
