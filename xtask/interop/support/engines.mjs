// The official Engine.IO clients, opened and tidied away again.

import { afterEach } from "node:test";
import { happens, until, within } from "./clients.mjs";
import { ENGINES } from "./peers.mjs";

const open = new Set();
afterEach(() => {
  for (const socket of open) socket.close();
  open.clear();
});

/** A client of version `eio` that has begun to connect. What came is in its `got`; `ended` says why it has closed. */
export function engine(server, eio, options = {}) {
  const Client = ENGINES[eio];
  const socket = new Client(server.url, { path: "/engine.io/", ...options });
  open.add(socket);
  socket.got = [];
  socket.on("message", (data) => socket.got.push(data));
  const closed = new Promise((resolve) => socket.once("close", (reason) => resolve((socket.ended = reason))));
  socket.closing = () => within(closed, "the closing");
  return socket;
}

/** A client that is open, and on its WebSocket where its options let it upgrade. */
export async function opened(server, eio, options = {}) {
  const socket = engine(server, eio, options);
  const upgraded = (options.transports ?? []).length > 1 ? happens(socket, "upgrade", "error") : undefined;
  await happens(socket, "open", "error");
  await upgraded;
  return socket;
}

/** Resolves when `amount` messages have come; fails as soon as the socket has closed without them. */
export async function received(socket, amount) {
  await until(() => socket.got.length >= amount || socket.ended !== undefined, `message ${amount}`);
  if (socket.got.length < amount) throw new Error(`closed (${socket.ended}) after ${socket.got.length} of ${amount} messages`);
}
