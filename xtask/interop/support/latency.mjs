// A distance between client and server: on this machine an upgrade is over before a message can cross it.

import { createServer, connect } from "node:net";
import { once } from "node:events";

/**
 * A TCP relay to `server` that passes polling requests at once, and every byte of a WebSocket connection `delay`
 * milliseconds late in either direction. Answers something to connect to, with a `stop`.
 */
export async function slowUpgrades(server, delay) {
  const { hostname, port } = new URL(server.url);
  const sockets = new Set();
  const relay = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      sockets.add(socket.on("error", () => {}));
    }
    near.once("data", (head) => {
      const late = head.includes("transport=websocket") ? delay : 0;
      pass(near, far, late);
      pass(far, near, late);
      near.emit("data", head);
    });
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    relay.close();
  };
  return { url: `http://127.0.0.1:${relay.address().port}`, stop };
}

function pass(from, to, delay) {
  const later = delay ? (step) => setTimeout(step, delay) : (step) => step();
  from.on("data", (bytes) => later(() => to.write(bytes)));
  from.on("end", () => later(() => to.end()));
  from.on("close", () => later(() => to.destroy()));
}
