"""How fast the fake board is, against something that is measured in the same run.

    python -m benchmarks [NAME]... [--once]

Each figure is the median of seven rounds. A round measures everything once, one after the other, so that what else the
computer does meanwhile falls on all alike. Where a figure has a bar, missing it makes the exit status 1.
"""
