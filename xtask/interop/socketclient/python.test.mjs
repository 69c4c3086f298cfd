// Our Socket.IO client against python-socketio's server: each transport, events, acknowledgements both ways, namespaces.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { servePython } from "../support/python.mjs";
import { RUNTIMES, SENT, WAYS, client } from "../support/sockets.mjs";

for (const runtime of RUNTIMES) {
  describe(`python-socketio's server, client on ${runtime}`, () => {
    const open = (ours, server, more = {}, nsp = "/") =>
      ours.do({ do: "open", url: server.url, nsp, options: { reconnectionDelay: 50, reconnectionDelayMax: 200, ...more } });

    for (const transports of WAYS) {
      const way = transports.join(", then ");

      test(`events and acknowledgements both ways, five attachments too, by ${way}`, async (context) => {
        const server = await servePython(context);
        const ours = client(runtime, context);
        open(ours, server, { transports });
        assert.ok((await ours.next({ is: "connect" })).id);
        for (const [n, args] of SENT.entries()) {
          ours.do({ do: "emit", event: "echo", args });
          ours.do({ do: "emit", event: "give", args, ack: true, id: n });
          ours.do({ do: "emit", event: "ask", args });
        }
        await ours.until(() => ours.all({ event: "answer" }).length >= SENT.length, "last answer");
        await ours.until(() => ours.all({ is: "ack" }).length >= SENT.length, "last acknowledgement");
        await ours.until(() => ours.all({ event: "echo" }).length >= SENT.length, "last echo");
        // It handles each event in a task of its own: an answer may overtake another.
        for (const [n, args] of SENT.entries()) assert.deepEqual(ours.all({ is: "ack", id: n })[0].args, args);
        for (const event of ["echo", "answer"]) {
          assert.deepEqual(sorted(ours.all({ event, is: "event" })), sorted(SENT.map((args) => ({ args }))));
        }
        ours.do({ do: "close" });
        assert.equal((await ours.next({ is: "disconnect" })).reason, "io client disconnect");
        assert.equal(await ours.ended, 0);
      });

      test(`namespaces share a connection, and are refused with data, by ${way}`, async (context) => {
        const server = await servePython(context);
        const ours = client(runtime, context);
        open(ours, server, { transports });
        open(ours, server, { transports }, "/second");
        open(ours, server, { transports, auth: { token: "t" } }, "/closed");
        open(ours, server, { transports }, "/none");
        await ours.next({ is: "connect", nsp: "/" });
        await ours.next({ is: "connect", nsp: "/second" });
        const refused = await ours.next({ is: "connect_error", nsp: "/closed" });
        assert.deepEqual([refused.message, refused.data, refused.active], ["not you", { code: 7, token: "t" }, false]);
        assert.equal((await ours.next({ is: "connect_error", nsp: "/none" })).active, false);
        ours.do({ do: "emit", nsp: "/second", event: "echo", args: ["here"] });
        assert.deepEqual((await ours.next({ is: "event", nsp: "/second" })).args, ["here"]);
        assert.equal(ours.all({ is: "manager", event: "open" }).length, 1);
        ours.do({ do: "emit", nsp: "/second", event: "bye" });
        const left = await ours.next({ is: "disconnect", nsp: "/second" });
        assert.deepEqual([left.reason, left.active], ["io server disconnect", false]);
        ours.do({ do: "connect", nsp: "/second" });
        await ours.next({ is: "connect", nsp: "/second" }, 2);
        assert.equal(ours.all({ is: "disconnect", nsp: "/" }).length, 0);
      });

      test(`an acknowledgement that does not come in time, by ${way}`, async (context) => {
        const server = await servePython(context);
        const ours = client(runtime, context);
        open(ours, server, { transports });
        ours.do({ do: "emit", event: "silence", ack: true, timeout_ms: 150 });
        assert.match((await ours.next({ is: "ack_error" })).message, /in time/);
      });

      test(`a server that is killed and comes back gets what was emitted meanwhile, once and in order, by ${way}`, async (context) => {
        const server = await servePython(context);
        const ours = client(runtime, context);
        open(ours, server, { transports });
        await ours.next({ is: "connect" });
        ours.do({ do: "emit", event: "give", args: [], ack: true });
        await ours.next({ is: "ack" });
        await server.kill();
        assert.equal((await ours.next({ is: "disconnect" })).active, true);
        for (let number = 0; number < 200; number += 1) ours.do({ do: "emit", event: "number", args: [number] });
        await ours.next({ is: "manager", event: "reconnect_error" });
        await servePython(context, server.port);
        await ours.next({ is: "connect" }, 2);
        const numbers = await all(ours, 200);
        assert.deepEqual(numbers, Array.from({ length: 200 }, (_, number) => number));
      });
    }

    test("credentials, query and headers arrive", async (context) => {
      const server = await servePython(context);
      const ours = client(runtime, context);
      open(ours, server, { auth: { a: [1] }, query: { q: "&=ü" }, extraHeaders: { X: "yes" } });
      ours.do({ do: "emit", event: "auth", ack: true });
      const [auth, query, header] = (await ours.next({ is: "ack" })).args;
      assert.deepEqual([auth, new URLSearchParams(query).get("q"), header], [{ a: [1] }, "&=ü", "yes"]);
    });
  });
}

/** The arguments of events, in an order that is always the same. */
function sorted(events) {
  return events.map(({ args }) => JSON.stringify(args)).sort();
}

/** What the server got as numbers, once they are `count` or more. */
async function all(ours, count) {
  for (let asked = 0; ; asked += 1) {
    ours.do({ do: "emit", event: "numbers", ack: true, id: `numbers ${asked}` });
    const [numbers] = (await ours.next({ is: "ack", id: `numbers ${asked}` })).args;
    if (numbers.length >= count) return numbers;
  }
}
