// Our Socket.IO client on its way to the official server: through an HTTP proxy, over TLS with a private root, and both.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { until } from "../support/clients.mjs";
import { RUNTIMES, SENT, SERVERS, WAYS, client, serve } from "../support/sockets.mjs";
import { certificates } from "../support/tls.mjs";
import { tunnelProxy } from "../support/tunnel.mjs";

const [KIND] = SERVERS;

for (const runtime of RUNTIMES) {
  describe(`${KIND.name}, client on ${runtime}`, () => {
    const open = (ours, server, options) =>
      ours.do({ do: "open", url: server.url, options: { reconnectionDelay: 50, reconnectionDelayMax: 200, ...options } });

    /** Events that go there and back, and acknowledgements both ways. */
    async function talks(ours) {
      for (const [n, args] of SENT.entries()) {
        ours.do({ do: "emit", event: "echo", args, ack: true, id: n });
        ours.do({ do: "emit", event: "ask", args });
      }
      await ours.until(() => ours.all({ event: "answer" }).length >= SENT.length, "last answer");
      for (const [n, args] of SENT.entries()) assert.deepEqual((await ours.next({ is: "ack", id: n })).args, args);
      assert.deepEqual(ours.all({ event: "answer" }).map(({ args }) => args), SENT);
    }

    for (const transports of WAYS) {
      const way = transports.join(", then ");

      test(`through a proxy, by ${way}`, async (context) => {
        const server = await serve(KIND, context);
        const proxy = await tunnelProxy(context, "me:s3cret");
        const ours = client(runtime, context);
        open(ours, server, { transports, proxy: proxy.url });
        await ours.next({ is: "connect" });
        await talks(ours);
        assert.ok(proxy.tunnels.length);
        assert.deepEqual([...new Set(proxy.tunnels)], [`127.0.0.1:${server.port}`]);
        // What was cut on the way is made anew. A poll that was not under way yet is just asked for by another connection.
        const before = proxy.tunnels.length;
        proxy.cut();
        if (way === "websocket") {
          await ours.next({ is: "disconnect" });
          await ours.next({ is: "connect" }, 2);
        }
        await ours.until(() => proxy.tunnels.length > before, "another tunnel");
        // What was on its way in a POST when that was cut is lost with its session.
        const acked = () => ours.all({ is: "ack" }).find(({ id }) => String(id).startsWith("again"));
        for (let n = 0; n < 60 && !acked(); n += 1) {
          ours.do({ do: "emit", event: "echo", args: ["again"], ack: true, id: `again ${n}` });
          await until(acked, "an answer", 1000).catch(() => {});
        }
        assert.deepEqual(acked()?.args, ["again"]);
      });

      test(`over TLS with a private root and a client's certificate, by ${way}`, async (context) => {
        const { root, server: own, client: theirs } = certificates(context);
        const server = await serve(KIND, context, {}, 0, { ...own, ca: readFileSync(root), requestCert: true });
        const ours = client(runtime, context);
        open(ours, server, { transports, ca: root, cert: theirs.certFile, key: theirs.keyFile });
        await ours.next({ is: "connect" });
        await talks(ours);
      });

      test(`over TLS through a proxy, by ${way}`, async (context) => {
        const { root, server: own } = certificates(context);
        const server = await serve(KIND, context, {}, 0, own);
        const proxy = await tunnelProxy(context);
        const ours = client(runtime, context);
        open(ours, server, { transports, ca: root, proxy: proxy.url });
        await ours.next({ is: "connect" });
        await talks(ours);
        assert.ok(proxy.tunnels.length);
      });
    }

    test("a proxy that wants to know who we are refuses", async (context) => {
      const server = await serve(KIND, context);
      const proxy = await tunnelProxy(context, "me:s3cret");
      const ours = client(runtime, context);
      open(ours, server, { proxy: proxy.bare, reconnection: false });
      assert.match((await ours.next({ is: "connect_error" })).message, /407/);
      assert.deepEqual(proxy.tunnels, []);
    });

    test("a server whose root we do not know is not talked to", async (context) => {
      const { root } = certificates(context);
      const server = await serve(KIND, context, {}, 0, certificates(context).server);
      const ours = client(runtime, context);
      open(ours, server, { ca: root, reconnection: false });
      await ours.next({ is: "connect_error" });
      assert.equal(server.io.engine.clientsCount, 0);
    });
  });
}
