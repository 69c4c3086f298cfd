// The Socket.IO client of 2.x, connected and tidied away again.

import { afterEach } from "node:test";
import { happens, within } from "./clients.mjs";
import { ioV2 } from "./peers.mjs";

const open = new Set();
afterEach(() => {
  for (const socket of open) socket.io.close();
  open.clear();
});

/** A client that has not connected yet, with a connection of its own and no second attempt. Gone after the test. */
export function clientV2(server, { namespace = "/", ...options } = {}) {
  const socket = ioV2(server.url + namespace, { forceNew: true, reconnection: false, autoConnect: false, ...options });
  open.add(socket);
  return socket;
}

/** A connected client. With both transports it has finished its upgrade. */
export async function connectedV2(server, options = {}) {
  const socket = clientV2(server, options);
  const { transports = [] } = options;
  const upgraded = transports.length > 1 ? new Promise((resolve) => socket.io.once("open", () => socket.io.engine.once("upgrade", resolve))) : undefined;
  socket.open();
  await happens(socket, "connect", "error");
  if (upgraded) await within(upgraded, "the upgrade");
  return socket;
}

/** Another namespace on the same connection. */
export async function joinedV2(socket, namespace, options) {
  const other = socket.io.socket(namespace, options);
  other.open();
  if (!other.connected) await happens(other, "connect", "error");
  return other;
}

/** All values of the server's ack for this emit. */
export function acked(socket, event, ...values) {
  return within(new Promise((resolve) => socket.emit(event, ...values, (...back) => resolve(back))), `the ack of "${event}"`);
}
