/** Send interactions and follow each until the bot has answered or failed. */

import { api } from "./api.js";
import { state } from "./state.js";

export const COMMAND = 2;
export const COMPONENT = 3;
export const AUTOCOMPLETE = 4;
export const MODAL_SUBMIT = 5;

const FAILED = "This interaction failed";
/** The simulator itself gives up after 3 s; this only covers a lost connection. */
const GIVE_UP_MS = 20000;

const pending = new Map();
const failures = new Map();
let onModal = () => {};
let sequence = 0;

/** Set what opens a modal: `open(data, origin)`. */
export function whenModalOpens(open) {
  onModal = open;
}

/** The pressed component of a message that waits for its answer, or null. */
export function pendingOf(messageId) {
  for (const entry of pending.values()) if (entry.messageId === messageId) return entry;
  return null;
}

/** What went wrong with the last press on a message, or null. */
export function failureOf(messageId) {
  return failures.get(messageId) ?? null;
}

/** Commands sent from a channel that still wait or have failed. */
export function notesOf(channelId) {
  return [...notes.values()].filter((note) => note.channelId === channelId);
}

const notes = new Map();

/** Hide the note of a failed command. */
export function dropNote(nonce) {
  const note = notes.get(nonce);
  notes.delete(nonce);
  if (note) redraw(note.channelId);
}

function redraw(channelId) {
  state.emit("messages", { channelId });
}

function makeNonce() {
  sequence += 1;
  return `${Date.now()}${String(sequence).padStart(4, "0")}`;
}

function start(type, data, origin, extra) {
  const nonce = makeNonce();
  const channelId = origin.channelId ?? state.channelId;
  const guild = state.guildOfChannel(channelId);
  const entry = { nonce, channelId, guildId: guild?.id ?? null, ...origin };
  entry.promise = new Promise((resolve) => {
    entry.settle = (reason) => {
      if (!pending.delete(nonce)) return;
      clearTimeout(entry.timer);
      resolve(reason);
    };
  });
  entry.timer = setTimeout(() => entry.settle("The application did not respond"), GIVE_UP_MS);
  pending.set(nonce, entry);
  const body = { nonce, guild_id: entry.guildId, channel_id: channelId, type, data, ...extra };
  api.interact(body).catch((error) => entry.settle(error.message));
  return entry;
}

/** Use a command; a note in the channel follows it. */
export async function useCommand(data, label) {
  const entry = start(COMMAND, data, { kind: "command", label });
  notes.set(entry.nonce, { nonce: entry.nonce, channelId: entry.channelId, label, reason: null });
  redraw(entry.channelId);
  const reason = await entry.promise;
  if (reason) notes.get(entry.nonce).reason = reason;
  else notes.delete(entry.nonce);
  redraw(entry.channelId);
  return reason;
}

/** Press a button or choose in a select of a message. */
export async function useComponent(message, data) {
  failures.delete(message.id);
  const origin = { kind: "component", messageId: message.id, customId: data.custom_id, channelId: message.channel_id };
  const entry = start(COMPONENT, data, origin, { message_id: message.id });
  redraw(message.channel_id);
  const reason = await entry.promise;
  if (reason) failures.set(message.id, reason === "The application did not respond" ? FAILED : `${FAILED}: ${reason}`);
  redraw(message.channel_id);
  return reason;
}

/** Submit a modal; answers null, or the sentence to show in it. */
export function submitModal(modal, components) {
  const data = { custom_id: modal.custom_id, components };
  const origin = { kind: "modal", channelId: modal.channel_id ?? state.channelId };
  const extra = { modal_id: modal.id };
  if (modal.message_id) extra.message_id = modal.message_id;
  return start(MODAL_SUBMIT, data, origin, extra).promise;
}

/** Ask the bot for choices; answers a list, empty when it gives none. */
export async function autocomplete(data) {
  const guild = state.guildOfChannel(state.channelId);
  const body = { nonce: makeNonce(), guild_id: guild?.id ?? null, channel_id: state.channelId, type: AUTOCOMPLETE, data };
  const answer = await api.interact(body);
  return answer?.choices ?? [];
}

/** Take in the frames about interactions. */
export function interactionFrame(name, data) {
  const entry = pending.get(data.nonce);
  if (!entry) return;
  if (name === "INTERACTION_FAILURE") {
    entry.settle(data.reason || FAILED);
    return;
  }
  entry.settle(null);
  if (name === "INTERACTION_MODAL") onModal(data, entry);
}

/** Forget everything that waits; another person takes over. */
export function forgetInteractions() {
  for (const entry of [...pending.values()]) entry.settle(null);
  failures.clear();
  notes.clear();
}
