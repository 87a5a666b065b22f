/** Puts the page together and connects it as one person. */

import { api, LiveSocket } from "./api.js";
import { channelIcon } from "./choices.js";
import { Composer } from "./composer.js";
import { append, externalLink, fill, h, icon, iconButton } from "./dom.js";
import { avatar } from "./avatars.js";
import { FaultsDrawer } from "./faults.js";
import { HelpCard } from "./help.js";
import { forgetInteractions, interactionFrame, whenModalOpens } from "./interactions.js";
import { keepTimesFresh } from "./markdown.js";
import { memberList, openMemberCard } from "./members.js";
import { messagePane } from "./messages.js";
import { closeModals, openModal } from "./modals.js";
import { loadPeople, peopleSwitch, personFromAddress, rememberPerson } from "./people.js";
import { sidebar } from "./sidebar.js";
import { state } from "./state.js";

const RETRY_MS = 2000;

let socket = null;
let current = null;

/** Become a person: a new connection, everything of the one before forgotten. */
function become(person) {
  if (current === person.user.id && socket) return;
  current = person.user.id;
  socket?.close();
  forgetInteractions();
  closeModals();
  state.clear();
  api.actAs(person.user.id);
  rememberPerson(person);
  socket = new LiveSocket(person.user.id, onFrame, (connected) => {
    state.connected = connected;
    state.emit("connection");
  });
}

function onFrame(name, data) {
  if (name.startsWith("INTERACTION_")) interactionFrame(name, data);
  else state.apply(name, data);
}

function headLink(link) {
  const made = externalLink(link.url, icon("external"), h("span", {}, link.label));
  made.setAttribute("aria-label", link.label);
  return made;
}

function header(toggles, help, faults) {
  const title = h("h1", { class: "channel-title" });
  const topic = h("p", { class: "channel-topic" });
  const links = h("div", { class: "head-links" });
  const draw = () => {
    const { channel } = state;
    const isDm = channel?.type === 1;
    const user = channel?.recipients?.[0];
    fill(title, channel && (isDm ? avatar(user, "small") : channelIcon(channel)), h("span", {}, channel ? (isDm ? (state.nameOf(user?.id) ?? "Direct messages") : channel.name) : "Guildshop simulator"));
    fill(topic, channel?.topic ?? "");
    fill(links, state.links.map(headLink));
    const unread = [...state.unread.values()].reduce((sum, count) => sum + count, 0);
    const me = state.personOf(state.me?.id)?.label ?? "";
    document.title = `${unread ? `(${unread}) ` : ""}${channel?.name ? `#${channel.name}` : "Guildshop simulator"}${me ? ` · ${me}` : ""}`;
  };
  state.on(["ready", "selection", "channels"], draw);
  const faultsButton = h("button", { type: "button", class: "head-button", "aria-label": "Faults", "aria-expanded": "false", onclick: () => faults.toggle() }, icon("bolt"), h("span", {}, "Faults"));
  faults.opener = faultsButton;
  return h(
    "header",
    { class: "channel-head" },
    iconButton("menu", "Channels", toggles.channels, { class: "only-narrow" }),
    h("div", { class: "channel-names" }, title, topic),
    links,
    iconButton("help", "What to try", () => help.toggle()),
    faultsButton,
    iconButton("people", "Member list", toggles.members),
  );
}

function banner() {
  const text = h("div", { class: "banner", role: "alert", hidden: true });
  state.on(["connection", "ready"], () => {
    text.hidden = state.connected;
    fill(text, state.connected ? "" : "The connection to the simulator is lost. Trying again…");
  });
  return text;
}

function build() {
  const app = document.getElementById("app");
  const toggles = {
    channels: () => app.classList.toggle("show-channels"),
    members: () => {
      app.classList.toggle("show-members");
      app.classList.toggle("hide-members");
    },
  };
  const closeDrawers = () => app.classList.remove("show-channels", "show-members");
  const composer = new Composer();
  const help = new HelpCard((name) => composer.startCommand(name));
  const faults = new FaultsDrawer();
  const { rail, list } = sidebar(closeDrawers);
  const scrim = h("div", { class: "scrim", onclick: closeDrawers });
  const main = h("main", { class: "main" }, header(toggles, help, faults), banner(), help.element, messagePane(), composer.element);
  const top = h("div", { class: "topbar", role: "banner" }, h("span", { class: "brand" }, h("img", { src: "/console/static/icon.svg", alt: "" }), h("span", {}, "Guildshop simulator")), peopleSwitch(become));
  fill(app, top, h("div", { class: "columns" }, rail, list, main, memberList(), faults.element, scrim));
  document.addEventListener("click", (event) => pressed(event, composer, closeDrawers));
  document.addEventListener("keydown", (event) => shortcuts(event, composer, closeDrawers));
  // The address's fragment says who one is, so the link must not replace it.
  document.querySelector(".skip-link").addEventListener("click", (event) => {
    event.preventDefault();
    if (composer.form) composer.form.focus();
    else composer.input.focus();
  });
  window.addEventListener("hashchange", () => {
    const person = personFromAddress();
    if (person) become(person);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && state.channelId && state.unread.delete(state.channelId)) state.emit("channels");
  });
}

/** Mentions and names act wherever they stand. */
function pressed(event, composer, closeDrawers) {
  const target = event.target.closest("[data-member], [data-channel], [data-command]");
  if (!target) return;
  const { member, channel, command } = target.dataset;
  if (member) openMemberCard(member, target);
  if (channel) state.select(state.guildOfChannel(channel)?.id ?? null, channel);
  if (command) composer.startCommand(command);
  if (channel || command) closeDrawers();
}

function shortcuts(event, composer, closeDrawers) {
  const typing = event.target.matches("input, textarea, select") || event.target.closest("dialog");
  if (event.key === "Escape") closeDrawers();
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    if (composer.form) composer.form.focus();
    else composer.beginSlash();
  }
}

async function start() {
  build();
  keepTimesFresh();
  whenModalOpens(openModal);
  state.on("reset", () => {
    const person = state.personOf(current);
    current = null;
    if (person) become(person);
  });
  while (!(await loadPeople())) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  const first = personFromAddress() ?? state.people.find((person) => person.label === "Buyer") ?? state.people[0];
  if (first) become(first);
  else append(document.getElementById("app"), h("p", {}, "The simulator knows no people."));
}

start();
