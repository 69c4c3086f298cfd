// A small Socket.IO client: protocol v5 over Engine.IO v4, WebSocket only, namespace "/".
// Its interface is a subset of the official client's: io(), socket.id, .connected, .on, .off,
// .emit (with an optional acknowledgement callback last), .connect, .disconnect, .io.on,
// and the events connect, disconnect, connect_error and (on .io) reconnect_attempt.
// Not here, on purpose: polling, other namespaces, connection state recovery, Blob arguments.

const [OPEN, CLOSE, PING, PONG, MESSAGE] = "01234";
const [CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK] = "0123456";
const HEADER = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*),?)?(\d+)?/;
const DEFAULTS = { reconnectionDelay: 1000, reconnectionDelayMax: 5000, randomizationFactor: 0.5, timeout: 20000 };

/** Replaces every binary leaf by a placeholder and collects the leaves, in order. */
function detach(value, leaves) {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { _placeholder: true, num: leaves.push(value) - 1 };
  if (Array.isArray(value)) return value.map((item) => detach(item, leaves));
  if (value === null || typeof value !== "object" || value.toJSON) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, detach(item, leaves)]));
}

/** Puts the binary leaves back where their placeholders are. */
function attach(value, leaves) {
  if (value === null || typeof value !== "object") return value;
  if (value._placeholder === true) {
    if (!(value.num in leaves)) throw new Error("no such attachment");
    return leaves[value.num];
  }
  if (Array.isArray(value)) return value.map((item) => attach(item, leaves));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, attach(item, leaves)]));
}

class Emitter {
  #handlers = new Map();
  on(event, handler) {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
    return this;
  }
  off(event, handler) {
    this.#handlers.set(event, (this.#handlers.get(event) ?? []).filter((other) => other !== handler));
    return this;
  }
  fire(event, ...args) {
    for (const handler of this.#handlers.get(event) ?? []) handler(...args);
  }
}

class Socket extends Emitter {
  id = undefined;
  connected = false;
  io = new Emitter();
  #url; #options; #transport; #timer; #beat = 0; #attempts = 0;
  #acks = new Map(); #nextAck = 0; #waiting = []; #partial = null;

  constructor(url, options) {
    super();
    this.#url = new URL(options.path ?? "/socket.io/", url ?? location.href);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    this.#url.search = "?EIO=4&transport=websocket";
    this.#options = { ...DEFAULTS, ...options };
  }

  connect() {
    if (this.#transport) return this;
    clearTimeout(this.#timer);
    const transport = (this.#transport = new WebSocket(this.#url));
    transport.binaryType = "arraybuffer";
    transport.onclose = () => this.#lost(transport, "transport close");
    transport.onmessage = ({ data }) => {
      if (transport !== this.#transport) return;
      try { this.#receive(data); } catch (error) { this.#lost(transport, "parse error"); console.error(error); }
    };
    this.#expect(this.#options.timeout, "timeout");
    return this;
  }

  disconnect() {
    if (this.connected) this.#transport.send(MESSAGE + DISCONNECT);
    this.#lost(this.#transport, "io client disconnect", false);
    return this;
  }

  emit(event, ...args) {
    let id = "";
    if (typeof args.at(-1) === "function") this.#acks.set((id = this.#nextAck++), args.pop());
    if (this.connected) this.#send(EVENT, BINARY_EVENT, id, [event, ...args]);
    else this.#waiting.push([id, [event, ...args]]);
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
    if (typeof data !== "string") return this.#attachment(data);
    if (data[0] === OPEN) {
      const { pingInterval, pingTimeout } = JSON.parse(data.slice(1));
      this.#beat = pingInterval + pingTimeout;
      this.#transport.send(MESSAGE + CONNECT + (this.#options.auth ? JSON.stringify(this.#options.auth) : ""));
    } else if (data[0] === PING) this.#transport.send(PONG);
    else if (data[0] === CLOSE) this.#lost(this.#transport, "transport close");
    else if (data[0] === MESSAGE) this.#packet(data.slice(1));
  }

  #packet(text) {
    const [head, type, count, namespace = "/", id] = HEADER.exec(text) ?? [];
    if (!head || this.#partial) throw new Error("unexpected packet");
    const body = text.length > head.length ? JSON.parse(text.slice(head.length)) : undefined;
    const packet = { type, id, namespace, body, leaves: [], missing: Number(count ?? 0) };
    if (packet.missing) this.#partial = packet; else this.#dispatch(packet);
  }

  #attachment(data) {
    if (!this.#partial) throw new Error("unexpected attachment");
    if (this.#partial.leaves.push(data) < this.#partial.missing) return;
    const packet = this.#partial;
    this.#partial = null;
    this.#dispatch({ ...packet, body: attach(packet.body, packet.leaves) });
  }

  #dispatch({ type, id, namespace, body }) {
    if (namespace !== "/") return;
    if (type === CONNECT) this.#joined(body.sid);
    else if (type === DISCONNECT) this.#lost(this.#transport, "io server disconnect", false);
    else if (type === CONNECT_ERROR) this.#lost(this.#transport, body.message, false);
    else if (type === EVENT || type === BINARY_EVENT) this.fire(...body, ...(id ? [this.#answer(id)] : []));
    else if (type === ACK || type === BINARY_ACK) {
      const callback = this.#acks.get(Number(id));
      this.#acks.delete(Number(id));
      callback?.(...body);
    }
  }

  /** The function a handler calls, at most once, to acknowledge the event with this id. */
  #answer(id) {
    let transport = this.#transport;
    return (...args) => {
      if (transport && transport === this.#transport) this.#send(ACK, BINARY_ACK, id, args);
      transport = null;
    };
  }

  #joined(sid) {
    Object.assign(this, { id: sid, connected: true });
    this.#attempts = 0;
    for (const [id, args] of this.#waiting.splice(0)) this.#send(EVENT, BINARY_EVENT, id, args);
    this.fire("connect");
  }

  /** (Re)starts the one deadline a connection has: first for opening, then for the heartbeat. */
  #expect(delay, reason) {
    const transport = this.#transport;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lost(transport, reason), delay);
  }

  #lost(transport, reason, again = true) {
    if (transport !== this.#transport) return;
    clearTimeout(this.#timer);
    const was = this.connected;
    this.#transport = this.#partial = null;
    Object.assign(this, { id: undefined, connected: false });
    this.#beat = 0;
    transport?.close();
    const unsent = new Set(this.#waiting.map(([id]) => id));
    for (const id of this.#acks.keys()) if (!unsent.has(id)) this.#acks.delete(id);
    if (again) this.#retry();
    if (was) this.fire("disconnect", reason);
    else if (reason !== "io client disconnect") this.fire("connect_error", new Error(reason));
  }

  /** Waits twice as long after each failure, give or take, so that a crowd does not return at once. */
  #retry() {
    const { reconnectionDelay, reconnectionDelayMax, randomizationFactor: spread } = this.#options;
    const delay = reconnectionDelay * 2 ** this.#attempts++ * (1 + spread * (2 * Math.random() - 1));
    this.#timer = setTimeout(() => {
      this.io.fire("reconnect_attempt", this.#attempts);
      this.connect();
    }, Math.min(delay, reconnectionDelayMax));
  }
}

export function io(url, options = {}) {
  const socket = new Socket(url, options);
  return options.autoConnect === false ? socket : socket.connect();
}
