// What the page shows: messages, members, the status, notices. It knows nothing of the connection.
// Text of users only ever enters the document as text (textContent), never as markup.

const KEPT = 500; // messages in the page; older ones are dropped, and their pictures freed
const GROUPED = 5 * 60_000; // milliseconds within which messages of one author share a heading
const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]']/g;

export const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** A new element with properties and children; strings become text nodes. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A stable hue, in degrees, for a name. */
function hue(name) {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 9973;
  return Math.round(hash * 137.5) % 360;
}

function initials(name) {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? [...words[0]][0] + [...words.at(-1)][0] : [...name].slice(0, 2).join("");
  return letters.toUpperCase();
}

function avatar(name) {
  const element = make("span", { className: "avatar" }, initials(name));
  element.setAttribute("aria-hidden", "true");
  element.style.setProperty("--hue", hue(name));
  return element;
}

/** The text as nodes, with web addresses as links. */
function linked(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    nodes.push(text.slice(end, match.index));
    nodes.push(make("a", { href: match[0], target: "_blank", rel: "noopener noreferrer" }, match[0]));
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}

// The list of messages

function meta(author, at, mine) {
  const name = make("bdi", { className: "author" }, mine ? "You" : author);
  name.style.setProperty("--hue", hue(author));
  return make("div", { className: "meta" }, name, make("time", { dateTime: new Date(at).toISOString() }, clock.format(at)));
}

function item(author, at, mine, bubble) {
  const element = make("li", { className: mine ? "arrived last mine" : "arrived last" }, avatar(author), meta(author, at, mine), bubble);
  Object.assign(element.dataset, { author, at });
  return element;
}

/** Messages that follow one of the same author share its heading and the avatar of the last. */
function group(element) {
  const before = element.previousElementSibling;
  const same = before && !before.matches(".system") && before.dataset.author === element.dataset.author
    && before.classList.contains("mine") === element.classList.contains("mine");
  if (!same) return;
  before.classList.remove("last");
  element.classList.toggle("grouped", element.dataset.at - before.dataset.at < GROUPED);
}

const nearEnd = () => $("scroller").scrollHeight - $("scroller").scrollTop - $("scroller").clientHeight < 120;

export function toEnd() {
  $("scroller").scrollTop = $("scroller").scrollHeight;
  $("newest").hidden = true;
}

function append(element, follow) {
  const stay = !follow && !nearEnd();
  $("messages").append(element);
  group(element);
  while ($("messages").childElementCount > KEPT) drop($("messages").firstElementChild);
  if (stay) $("newest").hidden = false;
  else toEnd();
  return element;
}

export function drop(element) {
  const picture = element.querySelector(".picture");
  if (picture) URL.revokeObjectURL(picture.src);
  element.remove();
}

export function clearMessages() {
  for (const element of [...$("messages").children]) drop(element);
  $("newest").hidden = true;
}

export function addMessage({ author, text, at, mine = false }) {
  const bubble = make("p", { className: "bubble text", dir: "auto" }, ...linked(text));
  return append(item(author, at, mine, bubble), mine);
}

export function addPicture({ author, name, mime, bytes, at, mine = false }) {
  const image = make("img", { className: "picture", alt: name, src: URL.createObjectURL(new Blob([bytes], { type: mime })) });
  image.addEventListener("load", () => follow && toEnd());
  const frame = make("button", { className: "frame", type: "button", title: "Show the picture" }, image);
  frame.addEventListener("click", () => show(image));
  const bubble = make("div", { className: "bubble framed" }, frame, make("bdi", { className: "caption" }, name));
  const follow = mine || nearEnd();
  return append(item(author, at, mine, bubble), mine);
}

export function addSystem({ text }) {
  return append(make("li", { className: "system arrived" }, text), false);
}

/** Marks a message as on its way (`pending`), as sent (``), or as `failed` with a way to try again. */
export function mark(element, state, retry) {
  element.classList.toggle("pending", state === "pending");
  element.classList.toggle("failed", state === "failed");
  element.querySelector(".failure")?.remove();
  if (state !== "failed") return;
  const button = make("button", { className: "failure", type: "button" }, "Not sent. Try again");
  button.addEventListener("click", retry);
  element.append(button);
}

function show(image) {
  Object.assign($("viewed"), { src: image.src, alt: image.alt });
  $("viewer").showModal();
}

// Around the messages

export function setMembers(names, me) {
  $("members").replaceChildren(...names.map((name) => {
    const entry = make("li", {}, avatar(name), make("bdi", { className: "name" }, name));
    if (name === me) entry.append(make("span", { className: "you" }, "you"));
    return entry;
  }));
  $("count").textContent = names.length;
  $("subtitle").textContent = names.length === 1 ? "Only you are here" : `${names.length} people are here`;
}

export function setTyping(names) {
  const [first, second] = names;
  $("typing").textContent = names.length === 0 ? ""
    : names.length === 1 ? `${first} is typing…`
    : names.length === 2 ? `${first} and ${second} are typing…`
    : "Several people are typing…";
}

export function setStatus(state, text) {
  if ($("status").dataset.state !== state) $("status").dataset.state = state;
  if ($("status").textContent !== text) $("status").textContent = text;
}

let fading;
/** Tells the user something; a `calm` notice is not a failure. */
export function notice(text, calm = false) {
  clearTimeout(fading);
  $("notice").classList.toggle("calm", calm);
  $("notice").textContent = text;
  $("notice").hidden = text === "";
  if (text) fading = setTimeout(() => notice(""), 8000);
}

/** Shows the room with this name, or the form to join one if there is none. */
export function showRoom(room) {
  const inside = room !== null;
  document.body.classList.toggle("joined", inside);
  for (const id of ["chat", "people", "leave"]) $(id).hidden = !inside;
  $("welcome").hidden = inside;
  $("title").textContent = inside ? room : "siox chat";
  if (!inside) $("subtitle").textContent = "A chat over Socket.IO";
  openPeople(false);
}

export function openPeople(open) {
  $("people-panel").classList.toggle("open", open);
  $("people").setAttribute("aria-expanded", String(open));
}
