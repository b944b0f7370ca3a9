"""Things to attach to a board's pins.

    display = board.attach("ssd1306@i2c:4,5")

`KINDS` has a row for each: its name, the form of what stands behind the @, its class. How to add one:
docs/adding-a-device.md.
"""

from emulator.devices.button import Button
from emulator.devices.device import Device, DeviceError, Kind, Kinds
from emulator.devices.dht22 import Dht22
from emulator.devices.led import Led
from emulator.devices.neopixel import NeoPixel
from emulator.devices.potentiometer import Potentiometer
from emulator.devices.ssd1306 import Ssd1306
from emulator.devices.wire import Wire

__all__ = ["KINDS", "Device", "DeviceError"]

KINDS = Kinds(
    Kind("led", "PIN", Led, "a light from the pin to ground, on while the pin is high"),
    Kind("button", "PIN", Button, "a button from the pin to ground; the program wants a pull-up"),
    Kind("potentiometer", "adc", Potentiometer, "a knob that sets the ADC's voltage"),
    Kind(
        "ssd1306", "i2c:SDA,SCL[,ADDRESS]", Ssd1306, "a display of 128 by 64 pixels, at address 0x3c if none is given"
    ),
    Kind("dht22", "PIN", Dht22, "a sensor of temperature and humidity"),
    Kind("neopixel", "PIN[,COUNT]", NeoPixel, "a strip of coloured lights (WS2812); 8 if not given"),
    Kind("wire", "FROM,TO", Wire, "a wire between two pins; from 13 to 12 it brings back what SPI sends"),
)
"""All kinds there are."""
