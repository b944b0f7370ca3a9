"""The LX106 processor: one table of instructions and all that is made from it."""
