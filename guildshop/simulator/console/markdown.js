/** Discord's Markdown as DOM. Every piece of text becomes a text node, every address is checked. */

import { h, safeUrl } from "./dom.js";
import { longTime, roleVars, stampText } from "./format.js";
import { state } from "./state.js";

const MAX_DEPTH = 12;
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D|\p{Emoji_Modifier}|\p{Extended_Pictographic})*\s*){1,27}$/u;

/** Turn Markdown into a fragment; `inline` leaves blocks (headings, lists, quotes) out. */
export function markdown(text, { inline = false } = {}) {
  const fragment = document.createDocumentFragment();
  const source = String(text ?? "").slice(0, 12000);
  fragment.append(...(inline ? inlines(source, 0) : blocks(source, 0)));
  return fragment;
}

/** A whole message's text in its box; a few emoji alone are drawn large. */
export function markdownBlock(text, className = "markdown") {
  const large = ONLY_EMOJI.test(String(text ?? "").trim());
  return h("div", { class: [className, large && "jumbo"] }, markdown(text));
}

function blocks(text, depth) {
  if (depth > MAX_DEPTH) return [document.createTextNode(text)];
  const out = [];
  const lines = text.split("\n");
  let plain = [];
  const flush = () => {
    if (plain.length) out.push(h("span", { class: "md-text" }, inlines(plain.join("\n"), depth)));
    plain = [];
  };
  for (let at = 0; at < lines.length; ) {
    const block = blockAt(lines, at, depth);
    if (!block) {
      plain.push(lines[at]);
      at += 1;
      continue;
    }
    if (block.before) plain.push(block.before);
    flush();
    out.push(block.node);
    at = block.next;
    if (block.after) lines.splice(at, 0, block.after);
  }
  flush();
  return out;
}

function blockAt(lines, at, depth) {
  const line = lines[at];
  return fence(lines, at) ?? quote(lines, at, depth) ?? heading(line, at, depth) ?? list(lines, at, depth);
}

function fence(lines, at) {
  const open = lines[at].indexOf("```");
  if (open < 0) return null;
  const rest = [lines[at].slice(open + 3), ...lines.slice(at + 1)].join("\n");
  const close = rest.indexOf("```");
  if (close < 0) return null;
  let code = rest.slice(0, close);
  const language = /^([\w+#.-]+)\n/.exec(code);
  if (language) code = code.slice(language[0].length);
  const used = rest.slice(0, close + 3).split("\n").length;
  const after = rest.slice(close + 3).split("\n")[0];
  const node = h("pre", { class: "code-block", tabindex: "0", "aria-label": "Code" }, h("code", {}, code.replace(/^\n|\n$/g, "")));
  return { node, next: at + used, before: lines[at].slice(0, open), after };
}

function quote(lines, at, depth) {
  if (lines[at].startsWith(">>> ")) {
    const text = [lines[at].slice(4), ...lines.slice(at + 1)].join("\n");
    return { node: h("blockquote", {}, blocks(text, depth + 1)), next: lines.length };
  }
  let end = at;
  while (end < lines.length && /^>( |$)/.test(lines[end])) end += 1;
  if (end === at) return null;
  const text = lines.slice(at, end).map((line) => line.slice(2)).join("\n");
  return { node: h("blockquote", {}, blocks(text, depth + 1)), next: end };
}

function heading(line, at, depth) {
  const match = /^(#{1,3}|-#) +(\S.*)$/.exec(line);
  if (!match) return null;
  const content = inlines(match[2], depth);
  if (match[1] === "-#") return { node: h("small", { class: "subtext" }, content), next: at + 1 };
  const level = match[1].length;
  const node = h("div", { class: `md-heading md-h${level}`, role: "heading", "aria-level": String(level + 2) }, content);
  return { node, next: at + 1 };
}

function list(lines, at, depth) {
  const first = /^( *)([-*]|\d+\.) +(\S.*)$/.exec(lines[at]);
  if (!first) return null;
  const ordered = /\d/.test(first[2]);
  const node = h(ordered ? "ol" : "ul", { start: ordered ? String(parseInt(first[2], 10)) : null });
  let next = at;
  while (next < lines.length) {
    const item = /^( *)([-*]|\d+\.) +(\S.*)$/.exec(lines[next]);
    if (!item || item[1].length < first[1].length) break;
    if (item[1].length > first[1].length && node.lastChild && depth < MAX_DEPTH) {
      const nested = list(lines, next, depth + 1);
      node.lastChild.append(nested.node);
      next = nested.next;
      continue;
    }
    if (/\d/.test(item[2]) !== ordered) break;
    node.append(h("li", {}, inlines(item[3], depth)));
    next += 1;
  }
  return { node, next };
}

const wrap = (tag, props) => (match, depth) => h(tag, props, inlines(match[1], depth + 1));

/** What may begin at a position, in the order in which it is tried. */
const RULES = [
  { start: "\\", pattern: /\\([^A-Za-z0-9\s])/y, make: (match) => document.createTextNode(match[1]) },
  { start: "`", pattern: /(`+)([^]*?[^`])\1(?!`)/y, make: (match) => h("code", { class: "code" }, match[2].trim() || match[2]) },
  { start: "*", pattern: /\*\*\*(?=\S)([^]+?)\*\*\*/y, make: (match, depth) => h("strong", {}, h("em", {}, inlines(match[1], depth + 1))) },
  { start: "*", pattern: /\*\*(?=\S)([^]+?)\*\*(?!\*)/y, make: wrap("strong") },
  { start: "*", pattern: /\*(?=[^\s*])([^*]*(?:\*\*[^*]+\*\*[^*]*)*)\*(?!\*)/y, make: wrap("em") },
  { start: "_", pattern: /__(?=\S)([^]+?)__(?!_)/y, make: wrap("u") },
  { start: "_", pattern: /_(?=[^\s_])([^_]+)_(?!\w)/y, make: wrap("em"), wordBefore: false },
  { start: "~", pattern: /~~(?=\S)([^]+?)~~/y, make: wrap("s") },
  { start: "|", pattern: /\|\|([^]+?)\|\|/y, make: spoiler },
  { start: "[", pattern: /\[((?:[^[\]\\]|\\.)+)\]\(<?((?:https?:\/\/|\/)[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?: +"[^"]*")?\)/y, make: namedLink },
  { start: "<", pattern: /<@!?(\d{15,21})>/y, make: (match) => userMention(match[1]) },
  { start: "<", pattern: /<@&(\d{15,21})>/y, make: (match) => roleMention(match[1]) },
  { start: "<", pattern: /<#(\d{15,21})>/y, make: (match) => channelMention(match[1]) },
  { start: "<", pattern: /<\/([-_\p{L}\p{N} ]{1,100}):(\d{15,21})>/uy, make: (match) => commandMention(match[1]) },
  { start: "<", pattern: /<t:(-?\d{1,13})(?::([tTdDfFsSR]))?>/y, make: timestamp },
  { start: "<", pattern: /<a?:(\w{2,32}):\d{15,21}>/y, make: (match) => h("span", { class: "emoji-name", title: `:${match[1]}:` }, `:${match[1]}:`) },
  { start: "<", pattern: /<(https?:\/\/[^\s<>]+)>/y, make: (match) => link(match[1], match[1]) },
  { start: "h", pattern: /https?:\/\/[^\s<>"]*[^\s<>"'.,:;!?)\]]/y, make: (match) => link(match[0], match[0]), wordBefore: false },
  { start: "@", pattern: /@(everyone|here)\b/y, make: (match) => h("span", { class: "mention" }, `@${match[1]}`) },
];
const STARTS = new Set(RULES.map((rule) => rule.start));

function inlines(text, depth) {
  if (depth > MAX_DEPTH) return [document.createTextNode(text)];
  const out = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const found = STARTS.has(text[at]) ? ruleAt(text, at) : null;
    if (!found) {
      plain += text[at];
      at += 1;
      continue;
    }
    if (plain) out.push(document.createTextNode(plain));
    plain = "";
    out.push(found.rule.make(found.match, depth));
    at += found.match[0].length;
  }
  if (plain) out.push(document.createTextNode(plain));
  return out;
}

function ruleAt(text, at) {
  for (const rule of RULES) {
    if (rule.start !== text[at]) continue;
    if (rule.wordBefore === false && at > 0 && /\w/.test(text[at - 1])) continue;
    rule.pattern.lastIndex = at;
    const match = rule.pattern.exec(text);
    if (match) return { rule, match };
  }
  return null;
}

function spoiler(match, depth) {
  const button = h("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Spoiler, press to show", "aria-expanded": "false" });
  const inner = h("span", { class: "spoiler-text", "aria-hidden": "true" }, inlines(match[1], depth + 1));
  const show = () => {
    button.classList.add("shown");
    button.setAttribute("aria-expanded", "true");
    button.removeAttribute("aria-label");
    inner.removeAttribute("aria-hidden");
  };
  button.addEventListener("click", show);
  button.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    show();
  });
  button.append(inner);
  return button;
}

function link(url, text) {
  const href = safeUrl(url);
  if (!href) return document.createTextNode(text);
  return h("a", { href, class: "link", target: "_blank", rel: "noopener noreferrer" }, text);
}

function namedLink(match, depth) {
  const href = safeUrl(match[2]);
  const content = inlines(match[1], depth + 1);
  if (!href) return h("span", {}, content);
  return h("a", { href, class: "link", target: "_blank", rel: "noopener noreferrer", title: href }, content);
}

function userMention(id) {
  const name = state.nameOf(id) ?? "unknown-user";
  const guild = state.guild?.members.has(id);
  if (!guild) return h("span", { class: "mention", title: id }, `@${name}`);
  return h("button", { type: "button", class: "mention", dataset: { member: id } }, `@${name}`);
}

function roleMention(id) {
  const role = state.findRole(id);
  return h("span", { class: ["mention", role?.color ? "toned" : null], vars: roleVars(role?.color) }, `@${role?.name ?? "deleted-role"}`);
}

function channelMention(id) {
  const channel = state.findChannel(id);
  if (!channel) return h("span", { class: "mention" }, "# unknown");
  return h("button", { type: "button", class: "mention", dataset: { channel: id } }, `#${channel.name ?? "direct message"}`);
}

function commandMention(name) {
  return h("button", { type: "button", class: "mention", dataset: { command: name } }, `/${name}`);
}

function timestamp(match) {
  const seconds = Number(match[1]);
  const text = stampText(seconds, match[2]);
  if (text === null) return document.createTextNode(match[0]);
  const live = match[2] === "R" ? String(seconds) : null;
  const time = h("time", { class: "timestamp", datetime: new Date(seconds * 1000).toISOString(), title: longTime(seconds * 1000) }, text);
  if (live) time.dataset.relative = live;
  return time;
}

/** Keep "in 5 minutes" true; started once. */
export function keepTimesFresh() {
  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-relative]")) time.textContent = stampText(Number(time.dataset.relative), "R");
  }, 15000);
}
