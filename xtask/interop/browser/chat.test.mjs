// Two people in two browser windows meet in the demo's chat, with the page's own client and with the official one.

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { DESKTOP, PHONE, browserForSuite, hash, visit } from "../support/chat.mjs";
import { officialClientFolder } from "../support/peers.mjs";
import { picture } from "../support/png.mjs";
import { demoForSuite } from "../support/server.mjs";

const CLIENTS = { embedded: [], official: ["--client-dir", officialClientFolder] };

for (const [client, args] of Object.entries(CLIENTS)) {
  describe(`the chat with the ${client} client`, () => {
    const server = demoForSuite(...args);
    const browser = browserForSuite();
    const shot = (name) => join(process.env.SIOX_SCREENSHOTS, `${client}-${name}.png`);

    /** Two people in a room of their own; gone after the test, which fails if their pages had faults. */
    async function two(context, room, device = DESKTOP) {
      const people = [await visit(browser, server), await visit(browser, server, device)];
      context.after(async () => {
        const faults = people.flatMap(({ faults }) => faults);
        await Promise.all(people.map((person) => person.leaves()));
        assert.deepEqual(faults, [], "the pages had no faults");
      });
      await people[0].joins("Ada", room);
      await people[1].joins("Grace", room);
      return people;
    }

    test("the page loads the client that was asked for", async () => {
      const person = await visit(browser, server);
      assert.equal(await person.client(), client);
      await person.leaves();
    });

    test("both see each other in the room", async (context) => {
      const [ada, grace] = await two(context, "meeting");
      for (const person of [ada, grace]) {
        await person.seesMember("Ada");
        await person.seesMember("Grace");
        assert.equal(await person.members(), 2);
      }
      await ada.seesSystem("Grace");
    });

    test("a message arrives at the other, once, and is one's own", async (context) => {
      const [ada, grace] = await two(context, "talking");
      await ada.says("Hello, Grace! <b>&amp; привет 👋</b>");
      await grace.seesMessage("Hello, Grace! <b>&amp; привет 👋</b>", "Ada");
      await ada.seesMessage("Hello, Grace!");
      await grace.says("Hello, Ada!");
      await ada.seesMessage("Hello, Ada!", "Grace");
      for (const person of [ada, grace]) {
        assert.equal(await person.messages("Hello, Grace!"), 1);
        assert.equal(await person.messages("Hello, Ada!"), 1);
      }
    });

    test("the other sees that one is typing, until the message is sent", async (context) => {
      const [ada, grace] = await two(context, "typing");
      await ada.types("thinking aloud");
      await grace.seesTyping("Ada");
      await ada.page.click("#send");
      await grace.seesMessage("thinking aloud", "Ada");
      await grace.seesNobodyTyping();
    });

    test("a picture arrives byte for byte", async (context) => {
      const [ada, grace] = await two(context, "pictures");
      const bytes = picture(64, 48);
      await ada.sends(bytes);
      assert.equal(await grace.seesPicture(), hash(bytes));
    });

    test("rooms keep apart", async (context) => {
      const [ada] = await two(context, "here");
      const other = await visit(browser, server);
      await other.joins("Edsger", "there");
      await ada.says("only here");
      await ada.seesMessage("only here");
      await other.says("only there");
      await other.seesMessage("only there");
      assert.equal(await other.members(), 1);
      assert.equal(await other.messages("only here"), 0);
      assert.equal(await ada.messages("only there"), 0);
      await other.leaves();
    });

    test("who leaves is missed", async (context) => {
      const [ada] = await two(context, "leaving");
      const third = await visit(browser, server);
      await third.joins("Barbara", "leaving");
      await ada.seesMember("Barbara");
      await third.settles();
      await third.leaves();
      await ada.seesNoMember("Barbara");
      await ada.seesSystem("Barbara");
      assert.equal(await ada.messages("Barbara"), 2, "one line for the coming, one for the going");
      assert.equal(await ada.members(), 2);
    });

    test("it looks right on a desktop in light and on a phone in the dark", async (context) => {
      const [ada, grace] = await two(context, "screenshots", PHONE);
      await ada.says("Shall we look at the numbers together?");
      await grace.seesMessage("Shall we look at the numbers together?", "Ada");
      await grace.says("Yes, here is the picture I made of them.");
      await ada.seesMessage("Yes, here is the picture", "Grace");
      await grace.sends(picture(96, 64));
      await ada.seesPicture();
      await grace.seesPicture();
      await ada.types("Lovely, ");
      await grace.seesTyping("Ada");
      await ada.shoots(shot("desktop-light"));
      await grace.shoots(shot("phone-dark"));
      const sideways = await grace.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      assert.equal(sideways, false, "nothing sticks out of the phone's screen");
    });
  });
}
