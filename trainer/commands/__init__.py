"""Command lines: how they are split and what they mean, how two differ, and what a tool's answer means.

Nothing is run here. `meaning` is the way in. It imports only what all share.
"""
