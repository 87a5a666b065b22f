/** The members of the open server by role, and the card of one. */

import { api } from "./api.js";
import { fill, h, icon, iconButton, toast } from "./dom.js";
import { avatar, botTag } from "./avatars.js";
import { byId, roleVars, userName } from "./format.js";
import { useCommand } from "./interactions.js";
import { Popover } from "./listbox.js";
import { openBotDm } from "./sidebar.js";
import { state } from "./state.js";

const USER_COMMAND = 2;

/** Make the member list; a card opens for whoever is pressed. */
export function memberList() {
  const list = h("aside", { class: "members", "aria-label": "Members" });
  const draw = () => state.ready && fill(list, groups().map(group));
  state.on(["ready", "members", "guilds", "selection"], draw);
  return list;
}

function groups() {
  const { guild } = state;
  if (!guild) return [];
  const hoisted = [...guild.roles.values()].filter((role) => role.hoist).sort((a, b) => b.position - a.position || byId(a, b));
  const rest = { name: "Members", members: [] };
  const out = new Map(hoisted.map((role) => [role.id, { name: role.name, members: [] }]));
  for (const member of guild.members.values()) {
    const top = state.rolesOf(member.user.id, guild).find((role) => role.hoist);
    (top ? out.get(top.id) : rest).members.push(member);
  }
  return [...out.values(), rest].filter((entry) => entry.members.length);
}

function group(entry) {
  const names = (member) => state.nameOf(member.user.id);
  entry.members.sort((a, b) => names(a).localeCompare(names(b)));
  return h("section", { class: "member-group" }, h("h3", { class: "list-heading" }, `${entry.name} — ${entry.members.length}`), entry.members.map(memberRow));
}

function memberRow(member) {
  const { user } = member;
  const colour = state.colourOf(user.id);
  const label = state.personOf(user.id)?.label;
  const offline = user.bot && user.id === state.bot?.id && !state.online;
  return h(
    "button",
    { type: "button", class: ["member-row", offline && "offline"], dataset: { member: user.id }, "aria-haspopup": "dialog" },
    avatar(user),
    h("span", { class: ["row-name", colour && "toned"], vars: roleVars(colour) }, state.nameOf(user.id)),
    user.bot && botTag(),
    state.guild.owner_id === user.id && h("span", { class: "owner-mark", title: "Owner" }, icon("crown")),
    label && h("span", { class: "person-tag" }, user.id === state.me.id ? "You" : label),
  );
}

let card = null;

/** Open the card of a member beside what was pressed. */
export function openMemberCard(userId, anchor) {
  card?.close();
  const member = state.guild?.members.get(userId);
  if (!member) return;
  const content = h("div", { class: "member-card", role: "dialog", "aria-label": `Profile of ${state.nameOf(userId)}`, tabindex: "-1" });
  const draw = () => drawCard(content, userId);
  draw();
  state.addEventListener("members", draw);
  const popover = new Popover(anchor, content, () => {
    state.removeEventListener("members", draw);
    if (anchor.isConnected) anchor.focus({ preventScroll: true });
    if (card === popover) card = null;
  }, { width: 320 });
  card = popover;
  content.addEventListener("keydown", (event) => event.key === "Escape" && popover.close());
  content.focus();
}

function drawCard(content, userId) {
  const member = state.guild?.members.get(userId);
  if (!member) {
    card?.close();
    return;
  }
  const { user } = member;
  const isBot = user.id === state.bot?.id;
  const colour = state.colourOf(userId);
  fill(
    content,
    h("div", { class: ["card-band", `tint-band-${colour ? "role" : "plain"}`], vars: roleVars(colour) }, iconButton("close", "Close", () => card?.close())),
    h("div", { class: "card-top" }, avatar(user, "large")),
    h("div", { class: "card-main" }, h("h3", {}, state.nameOf(userId), " ", user.bot && botTag()), h("p", { class: "muted" }, `@${user.username}`), h("h4", {}, "Roles"), roleChips(member), cardActions(member, isBot)),
  );
}

function roleChips(member) {
  const mine = new Set(member.roles);
  const may = state.isAdministrator(state.me.id);
  const roles = [...state.guild.roles.values()].filter((role) => role.id !== state.guild.id && !role.managed).sort((a, b) => b.position - a.position);
  const shown = may ? roles : roles.filter((role) => mine.has(role.id));
  if (!shown.length) return h("p", { class: "muted" }, "None");
  return h("div", { class: "role-chips" }, shown.map((role) => roleChip(role, member, mine, may)));
}

function roleChip(role, member, mine, may) {
  const has = mine.has(role.id);
  const content = [h("span", { class: "role-dot", vars: roleVars(role.color) }), role.name];
  if (!may) return h("span", { class: "role-chip on" }, content);
  const toggle = async () => {
    const roles = has ? member.roles.filter((id) => id !== role.id) : [...member.roles, role.id];
    try {
      await api.setRoles(state.guildId, member.user.id, roles);
    } catch (error) {
      toast(error.message, "error");
    }
  };
  return h("button", { type: "button", class: ["role-chip", has && "on"], "aria-pressed": String(has), onclick: toggle }, content, has && icon("check"));
}

function cardActions(member, isBot) {
  const run = (command) => {
    card?.close();
    useCommand({ id: command.id, name: command.name, type: USER_COMMAND, target_id: member.user.id }, command.name);
  };
  const commands = state.usableCommands().filter((command) => command.type === USER_COMMAND);
  const message = () => {
    card?.close();
    openBotDm();
  };
  return h(
    "div",
    { class: "card-actions" },
    isBot && h("button", { type: "button", class: "button button-primary", onclick: message }, "Message"),
    !isBot && member.user.id !== state.me.id && h("p", { class: "muted" }, `Be ${state.personOf(member.user.id)?.label ?? "another person"} with the switch at the top; people here write to the bot only.`),
    commands.map((command) => h("button", { type: "button", class: "button button-secondary", onclick: () => run(command) }, command.name)),
  );
}
