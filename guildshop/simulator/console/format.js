/** Names, colours, times and sizes as a person reads them. */

const EPOCH = 1420070400000n;
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const fullDate = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const STAMPS = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};

/** Milliseconds since 1970 at which a snowflake was made. */
export function snowflakeTime(id) {
  return Number((BigInt(id) >> 22n) + EPOCH);
}

/** Compare snowflakes by age. */
export function byId(a, b) {
  return a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The time of a message: today only the clock, else the date too. */
export function messageTime(iso) {
  const date = new Date(iso);
  return date.toDateString() === new Date().toDateString() ? `Today at ${clock.format(date)}` : dateTime.format(date);
}

/** The clock alone, for messages that follow another. */
export function clockTime(iso) {
  return clock.format(new Date(iso));
}

/** The whole date, for tooltips. */
export function longTime(value) {
  return fullDate.format(new Date(value));
}

/** Text of `<t:unix:style>`; null when it is no date. */
export function stampText(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return null;
  if (style === "R") return relativeText(date);
  return new Intl.DateTimeFormat(undefined, STAMPS[style] ?? STAMPS.f).format(date);
}

function relativeText(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const units = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size || unit === "second") return relative.format(Math.round(seconds / size), unit);
  }
  return "";
}

/** A file's size in the unit that reads best. */
export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** What a user is called where no server nickname is known. */
export function userName(user) {
  return user?.global_name || user?.username || "Unknown";
}

/** One or two letters for an avatar or a server. */
export function initials(name) {
  const words = String(name).trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => [...word][0]).join("").toUpperCase() || "?";
}

/** Which of eight avatar colours an ID has. */
export function tint(id) {
  let sum = 0;
  for (const digit of String(id)) sum = (sum * 31 + digit.charCodeAt(0)) % 997;
  return sum % 8;
}

function luminance([r, g, b]) {
  const part = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
}

function readable(number, background, target) {
  const from = [(number >> 16) & 255, (number >> 8) & 255, number & 255];
  const ground = luminance(background);
  for (let step = 0; step <= 20; step += 1) {
    const mixed = from.map((v) => Math.round(v + ((target - v) * step) / 20));
    const light = luminance(mixed);
    const contrast = (Math.max(light, ground) + 0.05) / (Math.min(light, ground) + 0.05);
    if (contrast >= 4.6) return `rgb(${mixed.join(" ")})`;
  }
  return null;
}

/** A role's colour, moved towards white or black until it can be read on our dark and light panes. */
export function roleVars(number) {
  if (!number) return {};
  return {
    "tone-dark": readable(number, [58, 63, 75], 255),
    "tone-light": readable(number, [226, 230, 236], 0),
    "tone-raw": hexColour(number),
  };
}

/** `#rrggbb` of Discord's colour number. */
export function hexColour(number) {
  return `#${Number(number).toString(16).padStart(6, "0").slice(-6)}`;
}
