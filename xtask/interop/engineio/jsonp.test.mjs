// JSONP, as the official client of v3 does it in a browser: polls are scripts, what it sends are forms in hidden frames.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { browserForSuite } from "../support/chat.mjs";
import { engineV3File } from "../support/peers.mjs";
import { RUNTIMES, sutForFile } from "../support/server.mjs";

// A backslash before a line feed is not among them: this client sends both as it sends a backslash before an n.
const TEXTS = [
  "hello",
  "",
  "€ привет \u{1F600} \u2028 \u2029",
  "two\nlines\n\nand a\ttab",
  "C:\\new\\table \\n \\\\n \\\\\\n\\",
  "\"quoted\" 'quoted' </script><!-- &amp; 100% a=b&d=c+d %41",
  "1:1",
  "x".repeat(50_000),
];

const BINARY = [[0, 1, 2, 254, 255], [], Array.from({ length: 3000 }, (_, n) => n % 256)];

/** In the page: `connect` opens a client that keeps what comes (an empty text is undefined to it), `received` waits for enough of it. */
function setUp() {
  window.connect = () =>
    new Promise((resolve, reject) => {
      const socket = window.eio({ path: "/engine.io/", transports: ["polling"], forceJSONP: true });
      socket.got = [];
      socket.on("message", (data = "") => socket.got.push(typeof data === "string" ? data : [...new Uint8Array(data)]));
      socket.closing = new Promise((closed) => socket.once("close", closed));
      socket.once("open", () => resolve(socket));
      socket.once("error", reject);
    });
  window.received = async (socket, count) => {
    const failed = socket.closing.then((reason) => Promise.reject(new Error(`closed: ${reason}`)));
    const enough = new Promise((resolve) => {
      const look = () => socket.got.length >= count && resolve(socket.got);
      socket.on("message", look);
      look();
    });
    return Promise.race([enough, failed]);
  };
}

describe("the official client of v3 by JSONP", () => {
  const browser = browserForSuite();

  for (const runtime of RUNTIMES) describe(`on ${runtime}`, () => {
    const server = sutForFile("eio-interop", "--runtime", runtime);
    const faults = [];
    let page;

    before(async () => {
      page = await browser.browser.newPage();
      page.setDefaultTimeout(60_000);
      page.on("pageerror", (why) => faults.push(String(why)));
      // The page is of the server's own origin.
      const script = await readFile(engineV3File, "utf8");
      await page.route("**/page", (route) => route.fulfill({ contentType: "text/html", body: `<!doctype html><script>${script}</script>` }));
      await page.goto(`${server.url}/page`);
      await page.evaluate(setUp);
    });
    after(async () => {
      await page?.close();
      assert.deepEqual(faults, [], "the page had no faults");
    });

    /** What comes back of `messages`, sent one after the other or all at once; arrays are bytes. */
    const echoed = (messages, atOnce) =>
      page.evaluate(async ([messages, atOnce]) => {
        const socket = await window.connect();
        for (const [index, message] of messages.entries()) {
          socket.send(typeof message === "string" ? message : new Uint8Array(message).buffer);
          if (!atOnce) await window.received(socket, index + 1);
        }
        const got = await window.received(socket, messages.length);
        socket.close();
        return got;
      }, [messages, atOnce]);

    test("it is JSONP", async () => {
      const asked = page.waitForRequest((request) => request.resourceType() === "script" && /[?&]j=\d/.test(request.url()));
      const sent = page.waitForRequest((request) => request.method() === "POST");
      await echoed(["hello"], false);
      await asked;
      assert.match((await sent).headers()["content-type"], /^application\/x-www-form-urlencoded/);
    });

    for (const atOnce of [false, true]) {
      const how = atOnce ? "all at once" : "one by one";
      test(`text comes back as it was, ${how}`, async () => {
        const got = await echoed(TEXTS, atOnce);
        assert.deepEqual(got, TEXTS);
      });

      test(`bytes come back as they were, ${how}`, async () => {
        const got = await echoed([...BINARY, "text", ...BINARY], atOnce);
        assert.deepEqual(got, [...BINARY, "text", ...BINARY]);
      });
    }

    test("the server closes, behind what it has sent", async () => {
      const seen = await page.evaluate(async () => {
        const socket = await window.connect();
        socket.send("last words");
        socket.send("close");
        return [await socket.closing, socket.got];
      });
      assert.deepEqual(seen, ["transport close", ["last words"]]);
    });

    test("the client closes, and the server knows why", async () => {
      const reason = await page.evaluate(async () => {
        const [asks, socket] = [await window.connect(), await window.connect()];
        const { id } = socket;
        socket.close();
        await socket.closing;
        for (let tries = 1; tries <= 100; tries += 1) {
          asks.send(`ended ${id}`);
          const answer = (await window.received(asks, tries)).at(-1);
          if (answer !== "") return answer;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return "not at all";
      });
      assert.equal(reason, "transport close");
    });
  });
});
