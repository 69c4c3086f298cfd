// What the servers of the clients' own test suites answer to events: what is emitted, and what comes for it.

const bytes = Buffer.from("asdfasdf");

export const EVENTS = [
  { emits: [["hi"]], answers: [["hi"]] },
  { emits: [["false"]], answers: [["false", false]] },
  { emits: [["doge"]], answers: [["doge", bytes]] },
  { emits: [["getbin"]], answers: [["takebin", bytes]] },
  { emits: [["buffa", bytes]], answers: [["buffack"]] },
  { emits: [["jsonbuff", { hello: "lol", message: bytes, goodbye: "gotcha" }]], answers: [["jsonbuff-ack"]] },
  { emits: [["abuff1", bytes], ["abuff2", "please arrive second"]], answers: [["abuff2-ack"]] },
  { emits: [["blob", bytes]], answers: [["back", bytes]] },
  { emits: [["jsonblob", { hello: "lol", message: bytes, goodbye: "gotcha" }]], answers: [["jsonblob-ack"]] },
  { emits: [["blob1", bytes], ["blob2", "second"], ["blob3", bytes]], answers: [["blob3-ack"]] },
];

export const UTF8 = ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"];
