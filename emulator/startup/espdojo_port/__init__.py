"""A serial port that is a fake board: the client side of ``esp8266://HOST:PORT/TOKEN``.

``wire`` is the protocol, ``protocol_esp8266`` pyserial's URL handler, ``hooks`` what makes a Python process take the
board for a port such as /dev/ttyUSB0, ``ioctls`` the modem lines for programs that use fcntl, ``files`` the port's name
for programs that look for it among the files.
"""
