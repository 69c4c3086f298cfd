// The demo's chat page, driven in Chromium: one object a person, with what a person does and sees.

import { createHash } from "node:crypto";
import { after, before } from "node:test";
import { within } from "./clients.mjs";
import { chromium } from "./peers.mjs";

const PATIENCE = 60_000;

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** A browser for the tests of the surrounding `describe`. */
export function browserForSuite() {
  const holder = {};
  before(async () => {
    holder.browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
  });
  after(() => holder.browser?.close());
  return holder;
}

/** How the page is looked at. */
export const DESKTOP = { viewport: { width: 1280, height: 800 }, colorScheme: "light" };
export const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: "dark", deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** Opens the page as a person of their own, with nothing shared with the others. */
export async function visit({ browser }, server, device = DESKTOP) {
  const context = await browser.newContext(device);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (why) => faults.push(String(why)));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("requestfailed", (request) => !request.url().startsWith(server.url) && faults.push(`asked for ${request.url()}`));
  const settled = onWebSocket(page);
  await page.addInitScript(keepBlobs);
  await page.goto(server.url);
  return person(page, context, faults, settled);
}

/** In the page, before its own scripts: keeps what blob URLs stand for. The page itself may not fetch them again. */
function keepBlobs() {
  const make = URL.createObjectURL;
  window.blobs = new Map();
  URL.createObjectURL = (blob) => {
    const url = make.call(URL, blob);
    window.blobs.set(url, blob);
    return url;
  };
}

/** Resolves when the page's session lives on its WebSocket: the upgrade is done, or it was opened there. */
function onWebSocket(page) {
  return new Promise((resolve) => {
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => /^(5$|40)/.test(payload) && resolve());
    });
  });
}

function person(page, context, faults, settled) {
  const sees = (selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor({ state: "visible" });
  const state = (wanted) => page.waitForFunction((wanted) => document.querySelector("#status")?.dataset.state === wanted, wanted);
  return {
    page,
    /** What went wrong in the page: uncaught errors, errors on the console, requests to elsewhere. */
    faults,
    client: () => page.evaluate(() => document.documentElement.dataset.client),
    joins: async (name, room) => {
      await page.fill("#name", name);
      await page.fill("#room", room);
      await page.click("#join");
      await state("connected");
      // On a small screen the list is folded away.
      await page.locator("#members li").filter({ hasText: name }).first().waitFor({ state: "attached" });
    },
    types: (text) => page.locator("#text").pressSequentially(text, { delay: 20 }),
    says: async (text) => {
      await page.fill("#text", text);
      await page.click("#send");
    },
    sends: (bytes) => page.setInputFiles("#file", { name: "picture.png", mimeType: "image/png", buffer: bytes }),
    seesMember: (name) => sees("#members li", name),
    seesMessage: (text, author) => sees(author ? `#messages li[data-author="${author}"]` : "#messages li.mine", text),
    seesSystem: (text) => sees("#messages li.system", text),
    seesTyping: (name) => sees("#typing", name),
    seesNoMember: (name) => page.locator("#members li").filter({ hasText: name }).waitFor({ state: "detached" }),
    seesNobodyTyping: () => page.waitForFunction(() => document.querySelector("#typing").textContent.trim() === ""),
    members: () => page.locator("#members li").count(),
    messages: (text) => page.locator("#messages li").filter({ hasText: text }).count(),
    /** The hash of the bytes that the newest picture shows, once it has been drawn. */
    seesPicture: () => pictureHash(page),
    shoots: (path) => page.screenshot({ path }),
    /** From here on, closing the window is seen by the server at once. */
    settles: () => within(settled, "the session on its WebSocket"),
    leaves: () => context.close(),
  };
}

async function pictureHash(page) {
  const picture = page.locator("#messages li img.picture").last();
  await picture.waitFor({ state: "visible" });
  const handle = await picture.elementHandle();
  await page.waitForFunction((image) => image.complete && image.naturalWidth > 0, handle);
  const encoded = await handle.evaluate(async (image) => {
    const bytes = new Uint8Array(await window.blobs.get(image.src).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  });
  return hash(Buffer.from(encoded, "base64"));
}

export function hash(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
