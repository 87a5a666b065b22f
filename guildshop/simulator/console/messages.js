/** The pane with a channel's messages: history, live changes, scrolling. */

import { api } from "./api.js";
import { fill, h, icon, iconButton, toast } from "./dom.js";
import { dropNote, failureOf, notesOf, pendingOf } from "./interactions.js";
import { follows, messageView, spokenText } from "./message_view.js";
import { joinCards } from "./sidebar.js";
import { state } from "./state.js";

const NEAR_END = 120;
const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });

/** Make the pane; it redraws itself. */
export function messagePane() {
  const scroller = h("div", { class: "messages", tabindex: "0", role: "region", "aria-label": "Messages" });
  const jump = h("button", { type: "button", class: "jump", hidden: true }, "Jump to the newest ↓");
  const pane = h("div", { class: "message-pane" }, scroller, jump);
  const view = { scroller, jump, nodes: new Map(), channelId: null, atEnd: true };
  scroller.addEventListener("scroll", () => noteScroll(view));
  jump.addEventListener("click", () => toEnd(view));
  new ResizeObserver(() => view.atEnd && toEnd(view)).observe(scroller);
  scroller.addEventListener("load", () => view.atEnd && toEnd(view), true);
  state.on(["selection", "ready"], () => open(view));
  state.on("messages", (event) => changed(view, event.detail));
  state.on(["members", "commands"], () => redraw(view, true));
  return pane;
}

function noteScroll(view) {
  const { scroller } = view;
  view.atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
  view.jump.hidden = view.atEnd;
  if (scroller.scrollTop < 60) loadOlder(view);
}

function toEnd(view) {
  view.scroller.scrollTop = view.scroller.scrollHeight;
  view.atEnd = true;
  view.jump.hidden = true;
}

async function open(view) {
  view.channelId = state.channelId;
  view.nodes.clear();
  view.atEnd = true;
  redraw(view);
  if (!view.channelId || state.messages.get(view.channelId)?.loaded) return;
  await loadPage(view.channelId, null);
}

async function loadPage(channelId, before) {
  const { me } = state;
  try {
    const page = await api.messages(channelId, before);
    if (state.me === me) state.mergeHistory(channelId, page, page.length < 50);
  } catch (error) {
    toast(error.message, "error");
  }
}

async function loadOlder(view) {
  const held = state.messages.get(view.channelId);
  if (!held?.loaded || held.complete || view.loading || !held.list.length) return;
  view.loading = true;
  const { scroller } = view;
  const fromEnd = scroller.scrollHeight - scroller.scrollTop;
  await loadPage(view.channelId, held.list[0].id);
  scroller.scrollTop = scroller.scrollHeight - fromEnd;
  view.loading = false;
}

function changed(view, detail) {
  if (detail?.isNew && detail.message.author?.id !== state.me?.id) announce(detail.message);
  if (detail?.isNew && asked(detail.message)) view.atEnd = true;
  if (!detail || detail.channelId === view.channelId) redraw(view);
}

/** Whether it is mine, or the answer to my command: what one asked for is brought into view, as Discord does. */
function asked(message) {
  return [message.author?.id, message.interaction_metadata?.user?.id].includes(state.me?.id);
}

function announce(message) {
  const region = document.getElementById("announcer");
  region.append(h("p", {}, spokenText(message)));
  while (region.childElementCount > 5) region.firstElementChild.remove();
}

/** Draw what changed; messages that did not change keep their nodes, and the focus its place. */
function redraw(view, all = false) {
  if (!state.ready) return;
  const focus = focusedComponent(view);
  const rows = [beginning(view)];
  const kept = new Map();
  let before = null;
  for (const message of state.list(view.channelId)) {
    if (state.dismissed.has(message.id)) continue;
    if (newDay(before, message)) rows.push(dayLine(message));
    const compact = follows(message, before);
    rows.push(rowFor(view, kept, message, compact, all));
    before = message;
  }
  view.nodes = kept;
  rows.push(...notesOf(view.channelId).map(noteRow));
  replaceRows(view.scroller, rows.filter(Boolean));
  restoreFocus(view, focus);
  if (view.atEnd) toEnd(view);
}

function rowFor(view, kept, message, compact, all) {
  const drawn = view.nodes.get(message.id);
  const pressed = `${pendingOf(message.id)?.nonce}/${failureOf(message.id)}`;
  const reuse = !all && drawn && drawn.message === message && drawn.compact === compact && drawn.pressed === pressed;
  const node = reuse ? drawn.node : messageView(message, compact);
  kept.set(message.id, { node, message, compact, pressed });
  return node;
}

/** Change only the children that differ, so that unchanged rows keep selection and state. */
function replaceRows(scroller, rows) {
  const wanted = new Set(rows);
  for (const child of [...scroller.children]) if (!wanted.has(child)) child.remove();
  rows.forEach((row, index) => {
    if (scroller.children[index] !== row) scroller.insertBefore(row, scroller.children[index] ?? null);
  });
}

function focusedComponent(view) {
  const focused = document.activeElement;
  const message = view.scroller.contains(focused) ? focused.closest("[data-message-id]") : null;
  return message && focused.dataset.customId ? [message.dataset.messageId, focused.dataset.customId] : null;
}

function restoreFocus(view, focus) {
  if (!focus) return;
  const node = view.nodes.get(focus[0])?.node;
  const match = [...(node?.querySelectorAll("[data-custom-id]") ?? [])].find((control) => control.dataset.customId === focus[1]);
  match?.focus({ preventScroll: true });
}

function newDay(before, message) {
  return !before || new Date(before.timestamp).toDateString() !== new Date(message.timestamp).toDateString();
}

function dayLine(message) {
  return h("div", { class: "day-line", role: "separator" }, h("span", {}, dayFormat.format(new Date(message.timestamp))));
}

function beginning(view) {
  const held = state.messages.get(view.channelId);
  const { channel } = state;
  if (!channel) return nowhere();
  if (!held?.loaded) return h("p", { class: "pane-note" }, "Loading messages…");
  if (!held.complete) return null;
  const isDm = channel.type === 1;
  const name = isDm ? (state.nameOf(channel.recipients?.[0]?.id) ?? "this person") : `#${channel.name}`;
  const text = isDm ? `This is the beginning of your direct messages with ${name}.` : channel.topic || `This is the start of ${name}.`;
  return h("div", { class: "beginning" }, h("span", { class: "beginning-mark" }, icon(isDm ? "at" : "hash")), h("h2", {}, isDm ? name : `Welcome to ${name}`), h("p", {}, text));
}

function nowhere() {
  return h("div", { class: "beginning" }, h("span", { class: "beginning-mark" }, icon("people")), h("h2", {}, "You are in no server yet"), h("p", {}, "Join one, and its channels appear."), joinCards());
}

function noteRow(note) {
  const head = h("span", { class: "command-name" }, `/${note.label}`);
  if (!note.reason) return h("div", { class: "command-note", role: "status" }, h("span", { class: "spinner", "aria-hidden": "true" }), "Sending ", head, "…");
  return h("div", { class: "command-note failed", role: "alert" }, h("span", {}, head, ` failed: ${note.reason}`), iconButton("close", "Dismiss", () => dropNote(note.nonce)));
}
