// The official Socket.IO client, connected and tidied away again.

import { afterEach } from "node:test";
import { io } from "./peers.mjs";

const PATIENCE = 60_000;

/** The ways to travel, by the name under which a test reports. */
export const TRANSPORTS = {
  polling: ["polling"],
  websocket: ["websocket"],
  "polling, then websocket": ["polling", "websocket"],
};

const open = new Set();
afterEach(() => {
  for (const socket of open) socket.disconnect();
  open.clear();
});

/** A client that has not connected yet, with a connection of its own and no second attempt. Gone after the test. */
export function client(server, { namespace = "/", ...options } = {}) {
  const socket = io(server.url + namespace, { forceNew: true, reconnection: false, autoConnect: false, ...options });
  open.add(socket);
  return socket;
}

/** A connected client. With both transports it has finished its upgrade. */
export async function connected(server, options = {}) {
  const socket = client(server, options);
  const { transports = [] } = options;
  const upgraded = transports.length > 1 ? new Promise((resolve) => socket.io.once("open", () => socket.io.engine.once("upgrade", resolve))) : undefined;
  socket.connect();
  await happens(socket, "connect", "connect_error");
  if (upgraded) await within(upgraded, "the upgrade");
  return socket;
}

/** The arguments of the next `event`; fails at once if `fatal` happens instead. */
export function happens(emitter, event, fatal) {
  const promise = new Promise((resolve, reject) => {
    emitter.once(event, (...values) => resolve(values));
    if (fatal) emitter.once(fatal, (why) => reject(why instanceof Error ? why : new Error(`${fatal}: ${why}`)));
  });
  return within(promise, `event "${event}"`);
}

/** The value of the server's ack for this emit. */
export function asks(socket, event, ...values) {
  return socket.timeout(PATIENCE).emitWithAck(event, ...values);
}

/** A list that collects the first argument of every `event` from now on. */
export function collects(socket, event) {
  const list = [];
  socket.on(event, (value) => list.push(value));
  return list;
}

/** Rejects if `promise` takes too long: a test that waits for ever says nothing. */
export function within(promise, what, patience = PATIENCE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${patience} ms`)), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Resolves when `check()` is true; looks again and again. */
export async function until(check, what, patience = PATIENCE) {
  const end = Date.now() + patience;
  while (!check()) {
    if (Date.now() > end) throw new Error(`${what} did not come about within ${patience} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
