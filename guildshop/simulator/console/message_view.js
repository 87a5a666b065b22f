/** One message as it stands in a channel. */

import { h, icon, iconButton } from "./dom.js";
import { avatar, botTag } from "./avatars.js";
import { componentsView } from "./components.js";
import { attachmentsView, embedView } from "./embeds.js";
import { clockTime, longTime, messageTime, roleVars, userName } from "./format.js";
import { markdown, markdownBlock } from "./markdown.js";
import { useCommand } from "./interactions.js";
import { COMPONENTS_V2, EPHEMERAL, LOADING, state } from "./state.js";

const FOLLOW_MS = 7 * 60 * 1000;
const JOINED = 7;
const MESSAGE_COMMAND = 3;

/** Whether a message stands under the one before without its own head. */
export function follows(message, before) {
  if (!before || before.author?.id !== message.author?.id || replyLine(message)) return false;
  if (message.type === JOINED || before.type === JOINED) return false;
  if ((before.flags & EPHEMERAL) !== (message.flags & EPHEMERAL)) return false;
  const apart = new Date(message.timestamp) - new Date(before.timestamp);
  return apart >= 0 && apart < FOLLOW_MS && new Date(message.timestamp).toDateString() === new Date(before.timestamp).toDateString();
}

/** Draw a message; `compact` leaves avatar and name out. */
export function messageView(message, compact) {
  if (message.type === JOINED) return joinedLine(message);
  const ephemeral = Boolean(message.flags & EPHEMERAL);
  const name = state.nameOf(message.author?.id) ?? userName(message.author);
  return h(
    "article",
    {
      class: ["message", compact && "compact", ephemeral && "ephemeral", mentionsMe(message) && "mentions-me"],
      dataset: { messageId: message.id },
      "aria-label": `${name}, ${messageTime(message.timestamp)}${ephemeral ? ", only you can see this" : ""}`,
    },
    replyLine(message),
    h("div", { class: "gutter" }, compact ? h("time", { class: "gutter-time" }, clockTime(message.timestamp)) : avatar(message.author)),
    h("div", { class: "message-body" }, compact ? null : head(message, name), body(message), ephemeral && ephemeralLine(message)),
    messageActions(message),
  );
}

function joinedLine(message) {
  const name = state.nameOf(message.author?.id) ?? userName(message.author);
  return h(
    "article",
    { class: "message system", dataset: { messageId: message.id }, "aria-label": `${name} joined` },
    h("div", { class: "gutter" }, h("span", { class: "joined-mark", "aria-hidden": "true" }, "→")),
    h("div", { class: "message-body" }, h("strong", {}, name), " joined the server. ", h("time", { class: "time" }, messageTime(message.timestamp))),
  );
}

function head(message, name) {
  const author = message.author ?? {};
  const colour = state.colourOf(author.id);
  const known = state.guild?.members.has(author.id);
  const props = { class: ["author", colour && "toned"], vars: roleVars(colour) };
  const label = known ? h("button", { type: "button", ...props, dataset: { member: author.id } }, name) : h("span", props, name);
  return h(
    "header",
    { class: "message-head" },
    label,
    author.bot && botTag(),
    h("time", { class: "time", datetime: message.timestamp, title: longTime(message.timestamp) }, messageTime(message.timestamp)),
  );
}

function mentionsMe(message) {
  return (message.mentions ?? []).some((user) => user.id === state.me?.id) && message.author?.id !== state.me?.id;
}

/** "X used /order", or the start of the message that this one answers. */
function replyLine(message) {
  const used = message.interaction_metadata ?? message.interaction;
  if (used && used.type === 2 && used.user) {
    const name = message.interaction?.name ?? message.interaction_metadata?.name;
    const who = state.nameOf(used.user.id) ?? userName(used.user);
    return h(
      "div",
      { class: "reply-line" },
      icon("reply"),
      avatar(used.user, "tiny"),
      h("span", { class: ["reply-name", "toned"], vars: roleVars(state.colourOf(used.user.id)) }, who),
      " used ",
      h("span", { class: "command-name" }, name ? `/${name}` : "a command"),
    );
  }
  const original = message.referenced_message;
  if (!original || used) return null;
  const who = state.nameOf(original.author?.id) ?? userName(original.author);
  return h(
    "div",
    { class: "reply-line" },
    icon("reply"),
    avatar(original.author, "tiny"),
    h("span", { class: "reply-name" }, who),
    h("span", { class: "reply-text" }, markdown((original.content || "a message").slice(0, 140).split("\n")[0], { inline: true })),
  );
}

function body(message) {
  if (message.flags & LOADING) {
    const name = state.nameOf(message.author?.id) ?? userName(message.author);
    return h("div", { class: "thinking" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), `${name} is thinking…`);
  }
  const edited = message.edited_timestamp && h("span", { class: "edited", title: longTime(message.edited_timestamp) }, "(edited)");
  const isV2 = Boolean(message.flags & COMPONENTS_V2);
  return [
    !isV2 && message.content ? markdownBlock(message.content, "markdown content") : null,
    !isV2 && (message.embeds ?? []).map((embed) => embedView(embed, message.attachments)),
    !isV2 && attachmentsView(message),
    message.components?.length ? componentsView(message) : null,
    edited,
  ];
}

function ephemeralLine(message) {
  const dismiss = h("button", { type: "button", class: "text-button", onclick: () => state.dismiss(message) }, "Dismiss message");
  return h("div", { class: "ephemeral-line" }, icon("eye"), h("span", {}, "Only you can see this"), h("span", { "aria-hidden": "true" }, "·"), dismiss);
}

function messageActions(message) {
  const commands = state.usableCommands().filter((command) => command.type === MESSAGE_COMMAND);
  if (!commands.length || message.flags & EPHEMERAL) return null;
  const run = (command) => useCommand({ id: command.id, name: command.name, type: MESSAGE_COMMAND, target_id: message.id }, command.name);
  return h("div", { class: "message-actions" }, commands.map((command) => iconButton("bolt", command.name, () => run(command))));
}

/** What a screen reader is told of a new message. */
export function spokenText(message) {
  const name = state.nameOf(message.author?.id) ?? userName(message.author);
  const embed = message.embeds?.[0];
  const texts = [message.content, embed?.title, embed?.description, ...v2Texts(message.components ?? [])];
  const text = texts.filter(Boolean).join(". ").replace(/[*_~`|#>]/g, "").slice(0, 300);
  return `${name}: ${text || "sent something"}`;
}

function v2Texts(components) {
  return components.flatMap((component) => [component.type === 10 ? component.content : null, ...v2Texts(component.components ?? [])]);
}
