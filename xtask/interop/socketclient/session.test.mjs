// Our Socket.IO client against the official servers: each transport, both revisions, events, acknowledgements, namespaces.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RUNTIMES, SENT, SERVERS, WAYS, client, serve } from "../support/sockets.mjs";

for (const kind of SERVERS) {
  for (const runtime of RUNTIMES) {
    describe(`${kind.name}, client on ${runtime}`, () => {
      const { eio } = kind;
      const open = (ours, server, more = {}, nsp = "/") =>
        ours.do({ do: "open", url: server.url, nsp, options: { eio, reconnectionDelay: 50, reconnectionDelayMax: 200, ...more } });

      for (const transports of WAYS) {
        const way = transports.join(", then ");

        test(`echoes and acknowledgements, five attachments too, by ${way}`, async (context) => {
          const server = await serve(kind, context);
          const ours = client(runtime, context);
          open(ours, server, { transports });
          assert.ok((await ours.next({ is: "connect" })).id);
          for (const [n, args] of SENT.entries()) {
            ours.do({ do: "emit", event: "echo", args });
            ours.do({ do: "emit", event: "echo", args, ack: true, id: n });
            ours.do({ do: "emit", event: "ask", args });
          }
          await ours.until(() => ours.all({ event: "answer" }).length >= SENT.length, "last answer");
          await ours.until(() => ours.all({ is: "ack" }).length >= SENT.length, "last acknowledgement");
          assert.deepEqual(ours.all({ event: "echo", is: "event" }).map(({ args }) => args), SENT);
          // Each is told by whoever waits for it, in any order.
          for (const [n, args] of SENT.entries()) assert.deepEqual(ours.all({ is: "ack", id: n })[0].args, args);
          assert.deepEqual(ours.all({ event: "answer" }).map(({ args }) => args), SENT);
          ours.do({ do: "close" });
          assert.equal((await ours.next({ is: "disconnect" })).reason, "io client disconnect");
          assert.equal(await ours.ended, 0);
        });

        test(`namespaces share a connection, and are refused, by ${way}`, async (context) => {
          const server = await serve(kind, context);
          const ours = client(runtime, context);
          open(ours, server, { transports });
          open(ours, server, { transports }, "/second");
          open(ours, server, { transports, auth: { token: "t" } }, "/closed");
          open(ours, server, { transports }, "/none");
          await ours.next({ is: "connect", nsp: "/" });
          await ours.next({ is: "connect", nsp: "/second" });
          if (eio === 4) {
            const refused = await ours.next({ is: "connect_error", nsp: "/closed" });
            assert.equal(refused.message, "not you");
            assert.deepEqual(refused.data, { code: 7, token: "t" });
            assert.equal((await ours.next({ is: "connect_error", nsp: "/none" })).message, "Invalid namespace");
          } else {
            await ours.next({ is: "connect_error", nsp: "/closed" });
            await ours.next({ is: "connect_error", nsp: "/none" });
          }
          ours.do({ do: "emit", nsp: "/second", event: "echo", args: ["here"] });
          assert.deepEqual((await ours.next({ is: "event", nsp: "/second" })).args, ["here"]);
          assert.equal(server.io.engine.clientsCount, 1);
          ours.do({ do: "emit", nsp: "/second", event: "bye" });
          const left = await ours.next({ is: "disconnect", nsp: "/second" });
          assert.deepEqual([left.reason, left.active], ["io server disconnect", false]);
          ours.do({ do: "connect", nsp: "/second" });
          await ours.next({ is: "connect", nsp: "/second" }, 2);
          assert.equal(ours.all({ is: "disconnect", nsp: "/" }).length, 0);
        });

        test(`an acknowledgement that does not come in time, by ${way}`, async (context) => {
          const server = await serve(kind, context);
          const ours = client(runtime, context);
          open(ours, server, { transports });
          ours.do({ do: "emit", event: "silence", ack: true, timeout_ms: 150 });
          assert.match((await ours.next({ is: "ack_error" })).message, /in time/);
        });

        test(`a server that is killed and comes back gets what was emitted meanwhile, once and in order, by ${way}`, async (context) => {
          const server = await serve(kind, context);
          const ours = client(runtime, context);
          open(ours, server, { transports });
          await ours.next({ is: "connect" });
          ours.do({ do: "emit", event: "echo", args: [], ack: true });
          await ours.next({ is: "ack" });
          await server.stop();
          assert.equal((await ours.next({ is: "disconnect" })).active, true);
          for (let number = 0; number < 200; number += 1) ours.do({ do: "emit", event: "number", args: [number] });
          await ours.next({ is: "manager", event: "reconnect_error" });
          const again = await serve(kind, context, {}, server.port);
          await ours.next({ is: "connect" }, 2);
          await ours.until(() => again.got.length >= 200, "200th number");
          ours.do({ do: "emit", event: "echo", args: [], ack: true, id: "last" });
          await ours.next({ is: "ack", id: "last" });
          assert.deepEqual(again.got, Array.from({ length: 200 }, (_, number) => number));
        });
      }

      test("query and headers arrive, and credentials where the protocol has them", async (context) => {
        const server = await serve(kind, context);
        const ours = client(runtime, context);
        open(ours, server, { auth: { a: [1] }, query: { q: "&=ü" }, extraHeaders: { X: "yes" } });
        ours.do({ do: "emit", event: "auth" });
        const [auth, query, header] = (await ours.next({ is: "event", event: "auth" })).args;
        assert.deepEqual([query, header], ["&=ü", "yes"]);
        if (eio === 4) assert.deepEqual(auth, { a: [1] });
      });
    });
  }
}

for (const runtime of RUNTIMES) {
  describe(`socket.io 4, what only revision 5 has, client on ${runtime}`, () => {
    for (const transports of WAYS) {
      test(`a connection that is cut is recovered, with what was missed, by ${transports.join(", then ")}`, async (context) => {
        const server = await serve(SERVERS[0], context, { connectionStateRecovery: {} });
        const ours = client(runtime, context);
        ours.do({ do: "open", url: server.url, options: { transports, reconnectionDelay: 100, reconnectionDelayMax: 200 } });
        const { id } = await ours.next({ is: "connect" });
        ours.do({ do: "emit", event: "echo", args: ["before"] });
        await ours.next({ is: "event", event: "echo" });
        for (const socket of server.io.sockets.sockets.values()) socket.conn.close();
        await ours.next({ is: "disconnect" });
        for (let number = 0; number < 50; number += 1) server.io.emit("missed", number);
        const back = await ours.next({ is: "connect" }, 2);
        assert.deepEqual([back.recovered, back.id], [true, id]);
        await ours.until(() => ours.all({ event: "missed" }).length >= 50, "what was missed");
        assert.deepEqual(ours.all({ event: "missed" }).map(({ args }) => args[0]), Array.from({ length: 50 }, (_, number) => number));
      });
    }

    test("with retries an event is sent again until it is acknowledged, in order", async (context) => {
      const server = await serve(SERVERS[0], context);
      const ours = client(runtime, context);
      const seen = [];
      server.io.of("/").on("connection", (socket) =>
        socket.on("job", (number, done) => {
          seen.push(number);
          // Every third is heard only when it comes again.
          if (number % 3 || seen.filter((n) => n === number).length > 1) done();
        }),
      );
      ours.do({ do: "open", url: server.url, options: { retries: 5, ackTimeout: 100 } });
      await ours.next({ is: "connect" });
      for (let number = 0; number < 9; number += 1) ours.do({ do: "emit", event: "job", args: [number], ack: true, id: number });
      await ours.next({ is: "ack", id: 8 });
      assert.deepEqual(seen, [0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8]);
    });
  });
}
