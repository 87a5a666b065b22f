/** Build DOM from data. Text only ever becomes text nodes: nothing here parses HTML. */

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  hash: "M9 4 7 20M17 4l-2 16M4.5 9h16M3.5 15h16",
  at: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.6 7.2",
  menu: "M4 7h16M4 12h16M4 17h16",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 9c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.5m2 3.5c2.2.8 3.5 2.8 3.5 5.5",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6l1-7Z",
  close: "m6 6 12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  send: "M4 12 20 4l-5 16-4-7-7-1Z",
  external: "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
  clip: "m20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.5 3.5 0 0 1 5 5l-8.5 8.5a2 2 0 0 1-3-3L14 7",
  file: "M6 3h8l5 5v12a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1Zm8 0v5h5",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Zm9.5 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm-2.5-11.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.7v.1",
  chevron: "m7 10 5 5 5-5",
  check: "m5 12.5 4.5 4.5L19 7.5",
  reply: "M4 20v-4a6 6 0 0 1 6-6h10m-4-4 4 4-4 4",
  slash: "M16 4 8 20",
  speaker: "M4 9.5v5h3.5L12 19V5L7.5 9.5H4Zm12-1a5 5 0 0 1 0 7",
  megaphone: "M4 10v4h3l9 5V5l-9 5H4Zm15 .5a2.5 2.5 0 0 1 0 3",
  thread: "M6 4v9a3 3 0 0 0 3 3h9m-3.5-3.5L18 16l-3.5 3.5",
  refresh: "M4.5 12a7.5 7.5 0 0 1 13-5.1L20 9.5M20 4v5.5h-5.5M19.5 12a7.5 7.5 0 0 1-13 5.1L4 14.5M4 20v-5.5h5.5",
  crown: "m4 8 4 4 4-7 4 7 4-4-1.5 10h-13L4 8Z",
  lock: "M6 11h12v9H6v-9Zm2.5 0V8a3.5 3.5 0 0 1 7 0v3",
};

/** Make an element; props starting with "on" are listeners, `null` and `false` leave a prop out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = Array.isArray(value) ? value.filter(Boolean).join(" ") : value;
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "vars") setVars(element, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Append nodes, texts and nested lists of them. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** Replace everything inside an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

/** Set CSS custom properties by the object model, which a strict policy permits. */
export function setVars(element, vars) {
  for (const [name, value] of Object.entries(vars)) {
    if (value !== null && value !== undefined) element.style.setProperty(`--${name}`, value);
  }
}

/** Draw one of our line icons; it is decoration, its button carries the label. */
export function icon(name, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.help);
  svg.append(path);
  return svg;
}

/** Make an icon-only button with its accessible name. */
export function iconButton(name, label, onclick, extra = {}) {
  const { class: className, ...rest } = extra;
  return h("button", { type: "button", class: ["icon-button", className], "aria-label": label, title: label, onclick, ...rest }, icon(name));
}

let counter = 0;

/** Give an ID that is unique on this page. */
export function uniqueId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Say whether a link may be followed: http and https only. */
export function safeUrl(url) {
  try {
    const parsed = new URL(url, location.href);
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.href : null;
  } catch {
    return null;
  }
}

/** Make a link to elsewhere, or plain text when its address may not be followed. */
export function externalLink(url, ...children) {
  const href = safeUrl(url);
  if (!href) return h("span", {}, ...children);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", class: "link" }, ...children);
}

/** Show a short notice at the bottom of the page. */
export function toast(text, kind = "info") {
  const note = h("div", { class: ["toast", `toast-${kind}`] }, text);
  document.getElementById("alerts").append(note);
  setTimeout(() => note.remove(), 7000);
}
