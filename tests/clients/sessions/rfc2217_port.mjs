// A Web Serial port (the part of the interface that esptool-js uses) over RFC 2217, with Node's sockets only.

import net from "node:net";

const IAC = 255, SB = 250, SE = 240, WILL = 251, DO = 253;
const BINARY = 0, SUPPRESS_GO_AHEAD = 3, COM_PORT_OPTION = 44;
const SET_BAUDRATE = 1, SET_CONTROL = 5;
const DTR_ON = 8, DTR_OFF = 9, RTS_ON = 11, RTS_OFF = 12;

export class Rfc2217Port {
  constructor(url) {
    this.address = new URL(url.replace("rfc2217:", "tcp:"));
  }

  getInfo() {
    return {};
  }

  async open({ baudRate }) {
    this.socket = net.connect(Number(this.address.port), this.address.hostname);
    await new Promise((resolve, reject) => this.socket.once("connect", resolve).once("error", reject));
    this.socket.setNoDelay(true);
    for (const option of [BINARY, SUPPRESS_GO_AHEAD, COM_PORT_OPTION]) {
      this.socket.write(Buffer.from([IAC, WILL, option, IAC, DO, option]));
    }
    const rate = Buffer.alloc(4);
    rate.writeUInt32BE(baudRate);
    this.subnegotiate(SET_BAUDRATE, rate);
    const parser = new TelnetParser();
    this.readable = new ReadableStream({
      start: (controller) => {
        this.socket.on("data", (chunk) => {
          const data = parser.data(chunk);
          if (data.length) controller.enqueue(data);
        });
        this.socket.on("close", () => {
          try { controller.close(); } catch { /* it was cancelled */ }
        });
      },
    });
    this.writable = new WritableStream({
      write: (chunk) => new Promise((resolve) => this.socket.write(escape(Buffer.from(chunk)), resolve)),
    });
  }

  subnegotiate(command, data) {
    this.socket.write(Buffer.concat([
      Buffer.from([IAC, SB, COM_PORT_OPTION, command]), escape(data), Buffer.from([IAC, SE]),
    ]));
  }

  async setSignals({ dataTerminalReady, requestToSend }) {
    if (dataTerminalReady !== undefined) this.subnegotiate(SET_CONTROL, Buffer.from([dataTerminalReady ? DTR_ON : DTR_OFF]));
    if (requestToSend !== undefined) this.subnegotiate(SET_CONTROL, Buffer.from([requestToSend ? RTS_ON : RTS_OFF]));
  }

  async close() {
    this.socket.end();
    this.socket.destroy();
  }
}

function escape(data) {
  return Buffer.from([...data].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])));
}

class TelnetParser {
  state = "data";

  data(chunk) {
    const plain = [];
    for (const byte of chunk) {
      if (this.state === "data") {
        if (byte === IAC) this.state = "command";
        else plain.push(byte);
      } else if (this.state === "command") {
        if (byte === IAC) { plain.push(IAC); this.state = "data"; }
        else if (byte === SB) this.state = "sub";
        else this.state = byte >= WILL ? "option" : "data";
      } else if (this.state === "option") this.state = "data";
      else if (this.state === "sub") { if (byte === IAC) this.state = "sub-command"; }
      else this.state = byte === SE ? "data" : "sub";
    }
    return Uint8Array.from(plain);
  }
}
