/** Lists of people, roles and channels to choose from. */

import { h, icon } from "./dom.js";
import { personOption } from "./avatars.js";
import { byId, roleVars } from "./format.js";
import { state } from "./state.js";

const CHANNEL_ICONS = { 0: "hash", 2: "speaker", 4: "chevron", 5: "megaphone", 10: "thread", 11: "thread", 12: "thread", 13: "speaker", 15: "people" };

/** The icon of a kind of channel. */
export function channelIcon(channel) {
  return icon(CHANNEL_ICONS[channel.type] ?? "hash");
}

/** Everybody who may be chosen: the server's members, or who takes part in a direct message. */
export function peopleChoices() {
  const guild = state.guildOfChannel(state.channelId);
  if (guild) return [...guild.members.values()].map(personOption).sort((a, b) => a.label.localeCompare(b.label));
  return [state.me, ...(state.channel?.recipients ?? [])].filter(Boolean).map(personOption);
}

/** The roles of the open server, highest first. */
export function roleChoices() {
  const roles = [...(state.guild?.roles.values() ?? [])].sort((a, b) => b.position - a.position || byId(a, b));
  return roles.map((role) => ({ value: role.id, label: role.name, lead: h("span", { class: "role-dot", vars: roleVars(role.color) }) }));
}

/** The channels of the open server, of the given types when there are any. */
export function channelChoices(types) {
  const channels = [...(state.guild?.channels.values() ?? [])].filter((channel) => !types?.length || types.includes(channel.type));
  return channels.sort((a, b) => (a.position ?? 0) - (b.position ?? 0)).map((channel) => ({ value: channel.id, label: channel.name, lead: channelIcon(channel) }));
}

/** Choices whose label or detail holds the text, best first. */
export function matching(choices, text) {
  const needle = text.trim().toLowerCase().replace(/^[@#]/, "");
  if (!needle) return choices;
  const rank = (choice) => {
    const label = choice.label.toLowerCase();
    if (label.startsWith(needle)) return 0;
    if (label.includes(needle)) return 1;
    return (choice.detail ?? "").toLowerCase().includes(needle) ? 2 : 3;
  };
  return choices.filter((choice) => rank(choice) < 3).sort((a, b) => rank(a) - rank(b));
}
