// with_esptool_js.mjs FOLDER URL FILE: esptool-js from FOLDER writes FILE to 0x100000 of the board at URL.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import path from "node:path";

import { Rfc2217Port } from "./rfc2217_port.mjs";

const [folder, url, file] = process.argv.slice(2);
const require = createRequire(path.join(folder, "index.js"));
const { ESPLoader, Transport } = await import(pathToFileURL(path.join(folder, "node_modules/esptool-js/bundle.js")));
void require;

const transport = new Transport(new Rfc2217Port(url), false);
const terminal = { clean() {}, write: (text) => process.stdout.write(text), writeLine: (text) => console.log(text) };
const loader = new ESPLoader({ transport, baudrate: 115200, romBaudrate: 115200, terminal });
console.log(await loader.main());
console.log(await loader.chip.readMac(loader));
const data = new Uint8Array(readFileSync(file));
await loader.writeFlash({
  fileArray: [{ data, address: 0x100000 }],
  flashSize: "keep", flashMode: "keep", flashFreq: "keep", eraseAll: false, compress: true,
});
const wanted = createHash("md5").update(data).digest("hex");
const found = await loader.flashMd5sum(0x100000, data.length);
console.log(found === wanted ? "md5 matches" : `md5 ${found}, not ${wanted}`);
await loader.after();
process.exit(found === wanted ? 0 : 1);
