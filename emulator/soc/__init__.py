"""The peripherals of the chip, one file each."""
