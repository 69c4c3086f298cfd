// A small Socket.IO client: protocol v5 over Engine.IO v4, WebSocket only, namespace "/".
// Its interface is a subset of the official client's: io(), socket.id, .connected, .on, .emit (with an
// optional acknowledgement callback last), .connect, .disconnect, .io.on, and the events connect,
// disconnect, connect_error and (on .io) reconnect_attempt. Unlike it, emit needs a connection.

const [OPEN, CLOSE, PING, PONG, MESSAGE] = "01234";
const [CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK] = "0123456";
const HEADER = /^([0-6])(?:(\d+)-)?(\d+)?/; // type, number of attachments, acknowledgement id
const OPENING = 20_000, DELAY = 1_000, DELAY_MAX = 5_000, JITTER = 0.5; // milliseconds; a share of the delay

/** Copies a tree of arrays and objects; what `replace` returns for an object takes its place. */
function copy(value, replace) {
  if (value === null || typeof value !== "object") return value;
  const other = replace(value) ?? (Array.isArray(value) ? value.map((item) => copy(item, replace)) : undefined);
  return other ?? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item, replace)]));
}
const detach = (tree, leaves) => copy(tree, (value) => {
  if (!(value instanceof ArrayBuffer || ArrayBuffer.isView(value))) return value.toJSON ? value : undefined;
  return { _placeholder: true, num: leaves.push(value) - 1 };
});
const attach = (tree, leaves) => copy(tree, ({ _placeholder, num }) => {
  if (_placeholder !== true) return undefined;
  if (leaves[num] instanceof ArrayBuffer) return leaves[num];
  throw new Error("a placeholder without an attachment");
});
/** Runs a handler; its mistakes are reported and do not end the connection. */
function call(handler, args) {
  try { handler(...args); } catch (error) { reportError(error); }
}

class Emitter {
  #handlers = new Map();
  on(event, handler) {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
    return this;
  }
  fire(event, ...args) {
    for (const handler of this.#handlers.get(event) ?? []) call(handler, args);
  }
}

class Socket extends Emitter {
  id; connected = false; io = new Emitter();
  #url; #transport = null; #timer; #beat = 0; #attempts = 0; #acks = new Map(); #nextAck = 0; #partial = null;
  constructor(url) {
    super();
    this.#url = new URL("/socket.io/?EIO=4&transport=websocket", new URL(url, location.href));
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
  }
  connect() {
    if (this.#transport) return this;
    const transport = (this.#transport = new WebSocket(this.#url));
    transport.binaryType = "arraybuffer";
    transport.onclose = () => this.#lost(transport, "transport close");
    transport.onmessage = ({ data }) => {
      try { if (transport === this.#transport) this.#receive(data); } catch { this.#lost(transport, "parse error"); }
    };
    this.#expect(OPENING, "timeout");
    return this;
  }
  disconnect() {
    if (this.connected) this.#transport.send(MESSAGE + DISCONNECT);
    this.#lost(this.#transport, "io client disconnect", false);
    return this;
  }
  emit(...event) {
    if (!this.connected) throw new Error("not connected");
    let id = "";
    if (typeof event.at(-1) === "function") this.#acks.set((id = this.#nextAck++), event.pop());
    this.#send(EVENT, BINARY_EVENT, id, event);
    return this;
  }
  #send(plain, binary, id, args) {
    const leaves = [];
    const body = id + JSON.stringify(detach(args, leaves));
    this.#transport.send(MESSAGE + (leaves.length ? `${binary}${leaves.length}-` : plain) + body);
    for (const leaf of leaves) this.#transport.send(leaf);
  }
  #receive(data) {
    if (this.#beat) this.#expect(this.#beat, "ping timeout");
    if (typeof data !== "string") this.#attachment(data);
    else if (data[0] === MESSAGE) this.#packet(data.slice(1));
    else if (data[0] === PING) this.#transport.send(PONG);
    else if (data[0] === CLOSE) this.#lost(this.#transport, "transport close");
    else if (data[0] === OPEN) {
      const { pingInterval, pingTimeout } = JSON.parse(data.slice(1));
      this.#beat = pingInterval + pingTimeout;
      this.#transport.send(MESSAGE + CONNECT);
    }
  }
  #packet(text) {
    if (this.#partial) throw new Error("a packet where an attachment was due");
    const [head, type, count = 0, id] = HEADER.exec(text);
    const packet = { type, id, body: JSON.parse(text.slice(head.length) || "null"), leaves: [], count: Number(count) };
    if (packet.count > 0) this.#partial = packet;
    else this.#dispatch(packet);
  }
  #attachment(data) {
    const packet = this.#partial;
    if (packet.leaves.push(data) < packet.count) return;
    this.#partial = null;
    this.#dispatch({ ...packet, body: attach(packet.body, packet.leaves) });
  }
  #dispatch({ type, id, body }) {
    if (type === CONNECT) this.#joined(body.sid);
    else if (type === DISCONNECT) this.#lost(this.#transport, "io server disconnect", false);
    else if (type === CONNECT_ERROR) this.#lost(this.#transport, body.message, false);
    else if (type === EVENT || type === BINARY_EVENT) this.fire(...body, ...(id ? [this.#answer(id)] : []));
    else {
      const callback = this.#acks.get(Number(id));
      if (this.#acks.delete(Number(id))) call(callback, body);
    }
  }
  /** What the handler of an event calls, at most once, to acknowledge it. */
  #answer(id, transport = this.#transport) {
    return (...args) => {
      if (transport === this.#transport) this.#send(ACK, BINARY_ACK, id, args);
      transport = undefined;
    };
  }
  #joined(id) {
    Object.assign(this, { id, connected: true });
    this.#attempts = 0;
    this.fire("connect");
  }
  /** Sets the one deadline of a connection: first for opening, later for the next sign of life. */
  #expect(delay, reason, transport = this.#transport) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lost(transport, reason), delay);
  }
  #lost(transport, reason, again = true) {
    if (transport !== this.#transport) return;
    const event = this.connected ? ["disconnect", reason] : ["connect_error", new Error(reason)];
    clearTimeout(this.#timer);
    Object.assign(this, { id: undefined, connected: false });
    [this.#transport, this.#partial, this.#beat] = [null, null, 0];
    this.#acks.clear();
    transport?.close();
    if (again) this.#retry(Math.min(DELAY_MAX, DELAY * 2 ** this.#attempts++));
    this.fire(...event);
  }
  /** The delay doubles with each failure, and varies, so that a crowd does not return at once. */
  #retry(delay) {
    this.#timer = setTimeout(() => {
      this.io.fire("reconnect_attempt", this.#attempts);
      this.connect();
    }, delay * (1 + JITTER * (2 * Math.random() - 1)));
  }
}
export const io = (url = "/") => new Socket(url).connect();
