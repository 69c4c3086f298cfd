// The chat page: what the user does and what the server says, brought together.
//
// The protocol, as Socket.IO events in the namespace "/". Acknowledgements carry one object, which
// has an `error` (a sentence for the user) if the request was refused.
//
//   page to server                     acknowledged with
//   join {name, room, key}             {ok, name, room, members: [name], history: [message]}
//   message text                       {ok, at}
//   picture name mime bytes            {ok, at}
//   leave                              {ok}
//   typing boolean                     (nothing)
//
//   server to the others in a room
//   message {author, text, at}         picture {author, name, mime, bytes, at}
//   typing {name, typing}              members [name]              system {text, at}
//
// `at` is in milliseconds since 1970 and grows with every message of a room, so it also names a message.
// `key` is a secret of this page: with it a page that lost its connection takes its name back while the
// server still believes the old connection alive. `history` holds the latest texts, the own ones too.
// Limits: names and rooms 1 to 32 characters after trimming, texts 1 to 2,000, pictures 512 KiB of image/*.

import { $, addMessage, addPicture, addSystem, clearMessages, drop, mark, notice, openPeople, setMembers, setStatus, setTyping, showRoom, toEnd } from "./view.js";
import { isPicture, prepare } from "./pictures.js";

const TEXT_LIMIT = 2000; // characters
const TYPING_SENT = 3000, TYPING_IDLE = 4000, TYPING_SHOWN = 8000; // milliseconds

/** The embedded client, or the official one where the server has it. */
async function connect() {
  if (document.documentElement.dataset.client !== "official") return (await import("./client.js")).io();
  await new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: "/socket.io/socket.io.js", onload: resolve, onerror: reject });
    document.head.append(script);
  });
  return window.io();
}

const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
let socket = null; // once the client is loaded
let seat = null; // {name, room}: where the user wants to be
let inside = false; // whether this connection has joined `seat`
let lastAt = 0; // the latest message known
let unread = 0;
let sending = []; // [{text, after | picture, element}], shown, not yet acknowledged; after: `lastAt` then

// Connection

function listen() {
  socket.on("connect", () => {
    setStatus("connected", "Connected");
    if (seat) join();
  });
  socket.on("disconnect", (reason) => {
    outside();
    setStatus("disconnected", "Connection lost");
    for (const entry of sending) if (entry.picture) fail(entry);
    if (reason === "io server disconnect") setTimeout(() => socket.connect(), 1000 + 2000 * Math.random());
  });
  socket.on("connect_error", () => setStatus("connecting", "No answer, trying again…"));
  socket.io.on("reconnect_attempt", () => setStatus("connecting", "Reconnecting…"));
  socket.on("message", (message) => received(message.at, () => addMessage(message), message.author));
  socket.on("picture", (picture) => {
    if (isPicture(picture.mime)) received(picture.at, () => addPicture(picture), picture.author);
  });
  socket.on("system", (news) => addSystem(news));
  socket.on("members", (names) => setMembers(names, seat?.name));
  socket.on("typing", ({ name, typing }) => hears(name, typing));
}

function outside() {
  inside = false;
  typists.forEach((_, name) => hears(name, false));
  typingSince = 0;
  refresh();
}

/** What can be done now: sending needs a room and a connection; the text stays in its field until then. */
function refresh() {
  const length = [...$("text").value.trim()].length;
  $("send").disabled = !inside || length > TEXT_LIMIT;
  $("file").disabled = !inside;
  $("file").parentElement.classList.toggle("off", !inside);
  $("text").placeholder = inside ? "Message" : "Message (kept until you are connected)";
  $("counter").textContent = length > TEXT_LIMIT - 200 ? `${length} / ${TEXT_LIMIT}` : "";
  $("counter").classList.toggle("over", length > TEXT_LIMIT);
}

// Rooms

function join() {
  const wanted = seat;
  socket.emit("join", { ...wanted, key }, (answer) => {
    if (seat !== wanted) return;
    $("join").disabled = false;
    if (answer.error) return refused(answer.error);
    const again = !$("chat").hidden;
    seat = { name: answer.name, room: answer.room };
    inside = true;
    if (!again) entered();
    setMembers(answer.members, seat.name);
    catchUp(answer.history);
    refresh();
    toEnd();
  });
}

function entered() {
  showRoom(seat.room);
  refresh();
  history.replaceState(null, "", "#" + encodeURIComponent(seat.room));
  remember(seat.name);
  $("text").focus();
}

/** Back to the form; what was not sent goes back into its field. */
function refused(error) {
  $("text").value = [...sending.flatMap(({ text }) => text ?? []), $("text").value].filter(Boolean).join("\n");
  vacate();
  $("join-error").textContent = error;
  for (const id of ["name", "room"]) $(id).setAttribute("aria-invalid", String(new RegExp(id, "i").test(error)));
  $("name").focus();
}

/** Shows what was said meanwhile, and sends what the server has not received. */
function catchUp(history) {
  const known = lastAt;
  const stored = new Set();
  for (const entry of sending.filter(({ text }) => text !== undefined)) {
    const copy = history.find((message) => isCopy(message, entry) && !stored.has(message));
    stored.add(copy);
    if (copy) sent(entry, copy.at);
    else deliver(entry);
  }
  for (const message of history) {
    lastAt = Math.max(lastAt, message.at);
    if (message.at > known && !stored.has(message)) addMessage({ ...message, mine: message.author === seat.name });
  }
}

/** Whether the message is this entry, which the server took although its acknowledgement was lost. */
const isCopy = ({ author, text, at }, entry) => author === seat.name && text === entry.text && at > entry.after;

function leave() {
  if (inside) socket.emit("leave", () => {});
  vacate();
  $("name").focus();
}

function vacate() {
  seat = null;
  lastAt = 0;
  sending = [];
  outside();
  clearMessages();
  notice("");
  showRoom(null);
}

// Sending

function deliver(entry) {
  const answered = (answer) => {
    if (!sending.includes(entry)) return;
    if (answer.error) rejected(entry, answer.error);
    else sent(entry, answer.at);
  };
  mark(entry.element, "pending");
  if (entry.picture) socket.emit("picture", entry.picture.name, entry.picture.mime, entry.picture.bytes, answered);
  else socket.emit("message", entry.text, answered);
}

function sent(entry, at) {
  lastAt = Math.max(lastAt, at);
  sending = sending.filter((other) => other !== entry);
  mark(entry.element, "");
}

/** The server's word is final: the message goes, and its text returns to the field if that is empty. */
function rejected(entry, error) {
  sent(entry, 0);
  drop(entry.element);
  if (entry.text && !$("text").value) $("text").value = entry.text;
  notice(error);
  refresh();
}

function fail(entry) {
  mark(entry.element, "failed", () => {
    if (inside) deliver(entry);
    else notice("There is no connection yet.");
  });
}

function sendText() {
  const text = $("text").value.trim();
  if (!text || $("send").disabled) return;
  $("text").value = "";
  notice("");
  tell(false);
  refresh();
  resize();
  const entry = { text, after: lastAt, element: addMessage({ author: seat.name, text, at: Date.now(), mine: true }) };
  sending.push(entry);
  deliver(entry);
}

async function sendPicture(file) {
  try {
    const picture = await prepare(file);
    if (!inside) throw new Error("There is no connection yet: the picture was not sent.");
    notice(picture.shrunk ? "The picture was made smaller, to fit into 512 KiB." : "", true);
    const entry = { picture, element: addPicture({ ...picture, author: seat.name, at: Date.now(), mine: true }) };
    sending.push(entry);
    deliver(entry);
  } catch (error) {
    notice(error.message);
  }
}

// Receiving

function received(at, add, author) {
  lastAt = Math.max(lastAt, at);
  hears(author, false);
  add();
  if (document.hidden) title(unread + 1);
}

function title(count) {
  unread = count;
  document.title = count ? `(${count}) siox chat` : "siox chat";
}

// Typing: said when it begins and every few seconds, believed for a little longer

const typists = new Map(); // name → the timer that forgets it
let typingSince = 0;
let idle;

function tell(typing) {
  clearTimeout(idle);
  if (typing) idle = setTimeout(tell, TYPING_IDLE, false);
  const due = typing ? Date.now() - typingSince > TYPING_SENT : typingSince > 0;
  if (!inside || !due) return;
  typingSince = typing ? Date.now() : 0;
  socket.emit("typing", typing);
}

function hears(name, typing) {
  clearTimeout(typists.get(name));
  typists.delete(name);
  if (typing) typists.set(name, setTimeout(hears, TYPING_SHOWN, name, false));
  setTyping([...typists.keys()]);
}

// The controls

function resize() {
  $("text").style.height = "auto";
  $("text").style.height = `${$("text").scrollHeight + 2}px`;
}

/** The name for the next visit; a browser may forbid keeping it. */
function remember(name) {
  try { localStorage.setItem("siox-name", name); } catch { /* kept for this visit only */ }
}

function recall() {
  try { return localStorage.getItem("siox-name") ?? ""; } catch { return ""; }
}

function controls() {
  $("join-form").addEventListener("submit", (event) => {
    event.preventDefault();
    $("join-error").textContent = "";
    seat = { name: $("name").value, room: $("room").value };
    $("join").disabled = true;
    if (socket?.connected) join();
  });
  $("send-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sendText();
    $("text").focus();
  });
  $("text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    sendText();
  });
  $("text").addEventListener("input", () => {
    tell($("text").value !== "");
    refresh();
    resize();
  });
  $("file").addEventListener("change", () => {
    for (const file of $("file").files) sendPicture(file);
    $("file").value = "";
  });
  $("leave").addEventListener("click", leave);
  $("people").addEventListener("click", () => openPeople($("people").getAttribute("aria-expanded") !== "true"));
  $("newest").addEventListener("click", toEnd);
  $("scroller").addEventListener("scroll", () => {
    const { scrollHeight, scrollTop, clientHeight } = $("scroller");
    if (scrollHeight - scrollTop - clientHeight < 40) $("newest").hidden = true;
  });
  $("chat").addEventListener("keydown", (event) => event.key === "Escape" && openPeople(false));
  $("scroller").addEventListener("click", () => openPeople(false));
  $("viewer").addEventListener("click", () => $("viewer").close());
  document.addEventListener("visibilitychange", () => document.hidden || title(0));
}

/** Pictures may also be pasted into the page or dropped on the conversation. */
function transfers() {
  const area = document.querySelector(".conversation");
  const files = (data) => [...(data?.files ?? [])].slice(0, 4);
  document.addEventListener("paste", (event) => inside && files(event.clipboardData).forEach(sendPicture));
  for (const name of ["dragover", "dragleave", "drop"]) {
    area.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      area.classList.toggle("dropping", name === "dragover");
      if (name === "drop") files(event.dataTransfer).forEach(sendPicture);
    });
  }
}

$("name").value = recall();
try { $("room").value = decodeURIComponent(location.hash.slice(1)) || "lobby"; } catch { $("room").value = "lobby"; }
controls();
transfers();
refresh();
$($("name").value ? "room" : "name").focus();
try {
  socket = await connect();
  listen();
} catch {
  setStatus("disconnected", "The client module could not be loaded");
}
