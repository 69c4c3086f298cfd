// The official Socket.IO servers in this process, and our client as a child process, led line by line.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createInterface } from "node:readline";
import { SOCKET_SERVERS } from "./peers.mjs";

const PATIENCE = 60_000;

/** What our client runs on: each script runs on each. */
export const RUNTIMES = ["tokio"];

/** The transports, alone and one after the other. */
export const WAYS = [["polling"], ["websocket"], ["polling", "websocket"]];

/** Arguments that come back as they went. */
export const SENT = [
  [],
  [1, "two", { three: [true, null, -0.5] }],
  ["é€\u{1F600}", "x".repeat(20_000)],
  [Buffer.from([1, 2, 250])],
  [{ deep: [Buffer.from([1]), { b: Buffer.from([2]) }] }, Buffer.from([3]), "between", Buffer.from([4]), [Buffer.alloc(0)]],
];

/** Which server speaks which version, and how it is made. */
export const SERVERS = [
  { name: "socket.io 4, EIO 4", eio: 4, make: (http, options) => new SOCKET_SERVERS[4](http, options) },
  { name: "socket.io 4, EIO 3", eio: 3, make: (http, options) => new SOCKET_SERVERS[4](http, { allowEIO3: true, ...options }) },
  { name: "socket.io 2, EIO 3", eio: 3, make: (http, options) => SOCKET_SERVERS[2](http, { ...options, cookie: false }) },
];

/**
 * A server with the application of these tests, on `port` or one of its own, and with TLS where `tls` is given.
 * `stop` kills it, connections and all.
 */
export async function serve(kind, context, options = {}, port = 0, tls = undefined) {
  const http = tls ? createSecureServer(tls) : createServer();
  const io = kind.make(http, options);
  application(io);
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const stop = async () => {
    http.closeAllConnections();
    io.close();
    if (http.listening) await new Promise((resolve) => http.close(resolve));
  };
  context.after(stop);
  const { port: own } = http.address();
  return { url: `http${tls ? "s" : ""}://127.0.0.1:${own}`, port: own, io, stop, got: io.got };
}

function application(io) {
  io.got = [];
  const namespace = (name) => io.of(name).on("connection", (socket) => events(io, socket));
  namespace("/");
  namespace("/second");
  io.of("/closed").use((socket, next) => {
    next(Object.assign(new Error("not you"), { data: { code: 7, token: socket.handshake.auth?.token ?? null } }));
  });
}

function events(io, socket) {
  socket.on("echo", (...args) => {
    const last = args.at(-1);
    if (typeof last === "function") last(...args.slice(0, -1));
    else socket.emit("echo", ...args);
  });
  // The client acknowledges with what it was asked.
  socket.on("ask", (...args) => socket.emit("question", ...args, (...answer) => socket.emit("answer", ...answer)));
  socket.on("number", (number) => io.got.push(number));
  socket.on("silence", () => {});
  socket.on("auth", () => socket.emit("auth", socket.handshake.auth ?? null, socket.handshake.query.q ?? null, socket.handshake.headers.x ?? null));
  socket.on("bye", () => socket.disconnect());
  socket.on("cut", () => socket.conn.transport.close?.() ?? socket.conn.close());
}

/** Our client. `lines` are all that came; `next` waits for the first, or the nth, that fits. */
export function client(runtime, context) {
  const child = spawn(process.env.SIOX_SUT, ["sio-client", "--runtime", runtime], { stdio: ["pipe", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  child.stdin.on("error", () => {});
  const lines = [];
  const waiting = [];
  const look = () => waiting.splice(0).forEach((again) => again());
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(revived(JSON.parse(line)));
    look();
  });
  const ended = once(child, "exit").then(([code]) => code);
  ended.then(look);
  const until = async (found, what) => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const got = found();
      if (got) return got;
      if (Date.now() > deadline) throw new Error(`no ${what} within ${PATIENCE} ms: ${JSON.stringify(lines.slice(-4))}`);
      let timer;
      await new Promise((resolve) => {
        waiting.push(resolve);
        timer = setTimeout(resolve, 50);
      });
      clearTimeout(timer);
    }
  };
  const fits = (wanted) => lines.filter((line) => Object.entries(wanted).every(([key, value]) => line[key] === value));
  return {
    lines,
    ended,
    until,
    all: fits,
    next: (wanted, nth = 1) => until(() => fits(wanted)[nth - 1], JSON.stringify(wanted)),
    do: (command) => child.stdin.write(`${JSON.stringify(marked(command))}\n`),
  };
}

/** Buffers as the lines carry them. */
function marked(value) {
  if (Buffer.isBuffer(value)) return { $bin: value.toString("base64") };
  if (Array.isArray(value)) return value.map(marked);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, marked(member)]));
}

function revived(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value.$bin === "string") return Buffer.from(value.$bin, "base64");
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revived(member)]));
}
