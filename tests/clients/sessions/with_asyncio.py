"""pyserial-asyncio: two streams on one port, in an event loop that waits for its descriptor."""

import asyncio
import sys

import serial_asyncio


async def talk(port: str) -> None:
    reader, writer = await serial_asyncio.open_serial_connection(url=port, baudrate=115200)
    writer.write(b"\x03\r")
    await asyncio.wait_for(reader.readuntil(b">>> "), 20)
    for number in range(50):
        writer.write(b"print(%d*2)\r" % number)
        await writer.drain()
    await asyncio.wait_for(reader.readuntil(b"\n98\r\n>>> "), 20)
    writer.write(b"print('y' * 5000)\r")
    await asyncio.wait_for(reader.readuntil(b"\n" + b"y" * 5000), 20)
    writer.close()
    print("streamed")


asyncio.run(talk(sys.argv[1]))
