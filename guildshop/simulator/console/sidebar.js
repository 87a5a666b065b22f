/** The server rail, the channels and the direct messages. */

import { api } from "./api.js";
import { fill, h, icon, toast } from "./dom.js";
import { avatar, botTag, guildBadge } from "./avatars.js";
import { channelIcon } from "./choices.js";
import { byId, userName } from "./format.js";
import { holdsMessages, isThread, state } from "./state.js";

const CATEGORY = 4;

/** Make rail and channel list; `onOpen` is called when something was opened. */
export function sidebar(onOpen) {
  const rail = h("nav", { class: "rail", "aria-label": "Servers" });
  const list = h("nav", { class: "channels", "aria-label": "Channels and direct messages" });
  const draw = () => {
    if (!state.ready) return;
    drawRail(rail, onOpen);
    drawList(list, onOpen);
  };
  state.on(["ready", "guilds", "channels", "selection", "members"], draw);
  return { rail, list };
}

function unreadIn(channels) {
  return channels.reduce((sum, channel) => sum + (state.unread.get(channel.id) ?? 0), 0);
}

function drawRail(rail, onOpen) {
  const servers = [...state.guilds.values()].map((guild) => {
    const current = guild.id === state.guildId;
    const unread = unreadIn([...guild.channels.values()]);
    const open = () => {
      state.guildId = guild.id;
      state.select(guild.id, state.firstChannel());
      onOpen();
    };
    return h("button", { type: "button", class: ["rail-item", current && "current"], "aria-current": current ? "true" : null, "aria-label": `Server ${guild.name}${unread ? `, ${unread} unread` : ""}`, title: guild.name, onclick: open }, guildBadge(guild), unread > 0 && !current && h("span", { class: "badge", "aria-hidden": "true" }, unread));
  });
  fill(rail, servers);
}

function drawList(list, onOpen) {
  const { guild } = state;
  const head = h("div", { class: "server-head" }, h("h2", {}, guild?.name ?? "No server"), guild && h("span", { class: "server-size" }, `${guild.members.size} members`));
  fill(list, head, h("div", { class: "channel-scroll" }, guild ? channelGroups(guild, onOpen) : state.channelId && joinCards(), directMessages(onOpen)), ownFooter());
}

function ordered(channels) {
  return channels.sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || byId(a, b));
}

function channelGroups(guild, onOpen) {
  const channels = [...guild.channels.values()];
  const categories = ordered(channels.filter((channel) => channel.type === CATEGORY));
  const inside = (parent) => ordered(channels.filter((channel) => holdsMessages(channel) && !isThread(channel) && (channel.parent_id ?? null) === parent));
  const known = new Set(categories.map((category) => category.id));
  const loose = ordered(channels.filter((channel) => holdsMessages(channel) && !isThread(channel) && !known.has(channel.parent_id)));
  const rows = (list) => list.map((channel) => [channelRow(channel, onOpen), threadRows(channel, channels, onOpen)]);
  return [
    rows(loose),
    categories.map((category) => {
      const own = inside(category.id);
      return own.length ? [h("h3", { class: "list-heading" }, category.name), rows(own)] : null;
    }),
  ];
}

function threadRows(parent, channels, onOpen) {
  return channels
    .filter((channel) => isThread(channel) && channel.parent_id === parent.id && !channel.thread_metadata?.archived)
    .sort(byId)
    .map((thread) => channelRow(thread, onOpen, "thread-row"));
}

function channelRow(channel, onOpen, extra = "") {
  const current = channel.id === state.channelId;
  const unread = state.unread.get(channel.id) ?? 0;
  const open = () => {
    state.select(channel.guild_id, channel.id);
    onOpen();
  };
  return h(
    "button",
    { type: "button", class: ["channel-row", extra, current && "current", unread && "unread"], "aria-current": current ? "page" : null, "aria-label": `${channel.name}${unread ? `, ${unread} unread` : ""}`, onclick: open },
    channelIcon(channel),
    h("span", { class: "row-name" }, channel.name),
    unread > 0 && h("span", { class: "badge", "aria-hidden": "true" }, unread),
  );
}

function directMessages(onOpen) {
  const rows = [...state.dms.values()].map((channel) => dmRow(channel, onOpen));
  const { bot } = state;
  const hasBot = bot && [...state.dms.values()].some((channel) => channel.recipients?.some((user) => user.id === bot.id));
  const start = bot && !hasBot && h("button", { type: "button", class: "channel-row", onclick: () => openBotDm(onOpen) }, avatar(bot, "small"), h("span", { class: "row-name" }, `Message ${userName(bot)}`));
  return [h("h3", { class: "list-heading" }, "Direct messages"), rows, start];
}

function dmRow(channel, onOpen) {
  const user = channel.recipients?.find((other) => other.id !== state.me.id) ?? channel.recipients?.[0];
  const current = channel.id === state.channelId;
  const unread = state.unread.get(channel.id) ?? 0;
  const name = state.nameOf(user?.id) ?? userName(user);
  const open = () => {
    state.select(null, channel.id);
    onOpen();
  };
  return h(
    "button",
    { type: "button", class: ["channel-row", current && "current", unread && "unread"], "aria-current": current ? "page" : null, "aria-label": `Direct messages with ${name}${unread ? `, ${unread} unread` : ""}`, onclick: open },
    avatar(user, "small"),
    h("span", { class: "row-name" }, name),
    user?.bot && botTag(),
    unread > 0 && h("span", { class: "badge", "aria-hidden": "true" }, unread),
  );
}

/** Open the direct messages with the bot, making them when there are none. */
export async function openBotDm(onOpen) {
  try {
    const channel = await api.openDm();
    state.keepDm(channel);
    state.select(null, channel.id);
    onOpen?.();
  } catch (error) {
    toast(error.message, "error");
  }
}

/** The servers that this person might join. */
export function joinCards() {
  const known = new Map((state.joinable ?? []).map((guild) => [guild.id, guild.name]));
  for (const person of state.people) for (const id of person.guild_ids ?? []) if (!known.has(id)) known.set(id, null);
  return h("div", { class: "join-list" }, [...known].map(([id, name]) => joinCard(id, name)));
}

function joinCard(id, name) {
  const join = async (event) => {
    event.target.disabled = true;
    try {
      await api.member("join", state.me.id, id);
    } catch (error) {
      toast(error.message, "error");
      event.target.disabled = false;
    }
  };
  return h("div", { class: "join-card" }, h("p", {}, name ? `You are not in ${name} yet.` : "You are not in the server yet."), h("button", { type: "button", class: "button button-success", onclick: join }, name ? `Join ${name}` : "Join the server"));
}

function ownFooter() {
  const { me, guild } = state;
  const leave = async () => {
    try {
      await api.member("leave", me.id, guild.id);
    } catch (error) {
      toast(error.message, "error");
    }
  };
  const mayLeave = guild && guild.owner_id !== me.id;
  return h(
    "div",
    { class: "own-footer" },
    avatar(me),
    h("div", { class: "own-text" }, h("strong", {}, state.nameOf(me.id) ?? userName(me)), h("span", {}, `@${me.username}`)),
    mayLeave && h("button", { type: "button", class: "text-button", onclick: leave, "aria-label": `Leave ${guild.name}` }, "Leave"),
    guild?.owner_id === me.id && h("span", { class: "owner-mark", title: "You own this server" }, icon("crown")),
  );
}
