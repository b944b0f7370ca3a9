"""A serial port that is a fake board: the client side of ``esp8266://HOST:PORT/TOKEN``.

``wire`` is the protocol, ``protocol_esp8266`` pyserial's URL handler, ``refusals`` its errors. ``hooks`` makes a Python
process take the boards that its ``environment`` names for ports such as /dev/ttyUSB0; ``ioctls`` are the modem lines
for programs that use fcntl, ``files`` the port's name for programs that look for it among the files.
"""
