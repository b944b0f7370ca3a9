"""Firmware images: where to download them, what a file is, and whether one stands in a flash chip as it should.

`trainer.firmware` is the way in for whoever wants an image. It imports only what all share.
"""
