// The foreign packages, which live outside this folder: `cargo xtask interop` installs them and says where.

import { createRequire } from "node:module";
import { join } from "node:path";

const folder = process.env.SIOX_INTEROP_MODULES;
if (!folder) {
  throw new Error("SIOX_INTEROP_MODULES is not set; run these scripts with `cargo xtask interop`");
}
const load = createRequire(join(folder, "package.json"));

export const { io } = load("socket.io-client");

/** The client of 2.x, which speaks revision 4 over Engine.IO v3. */
export const ioV2 = load("socket.io-client-v2");
export const { WebSocket } = load("ws");

/** The parser for MessagePack, for the official client's option `parser`. */
export const msgpack = load("socket.io-msgpack-parser");

/** The same for the client of 2.x. */
export const msgpackV2 = load("socket.io-msgpack-parser-v2");

/** The official Engine.IO clients, by the version of the protocol that they speak. */
export const ENGINES = { 4: load("engine.io-client").Socket, 3: load("engine.io-client-v3") };

/** The official Engine.IO servers, by their major version. */
export const ENGINE_SERVERS = { 6: load("engine.io"), 3: load("engine.io-v3") };
export const { chromium } = load("playwright-core");

/** The official Socket.IO servers, by their major version. */
export const SOCKET_SERVERS = { 4: load("socket.io").Server, 2: load("socket.io-v2") };

/** The folder that holds the official client's browser builds. */
export const officialClientFolder = join(folder, "node_modules/socket.io-client/dist");

/** The official Engine.IO client of v3, built for browsers. */
export const engineV3File = join(folder, "node_modules/engine.io-client-v3/engine.io.js");
