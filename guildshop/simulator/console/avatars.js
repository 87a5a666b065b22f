/** Faces of people, servers and emoji. */

import { h, safeUrl } from "./dom.js";
import { initials, tint, userName } from "./format.js";
import { state } from "./state.js";

/** A person's picture, or initials on a colour that stays theirs. */
export function avatar(user, size = "medium") {
  const name = userName(user);
  if (user?.id && user.id === state.bot?.id) {
    return h("img", { class: ["avatar", `avatar-${size}`, "avatar-bot"], src: "/console/static/icon.svg", alt: "" });
  }
  const classes = ["avatar", `avatar-${size}`, `tint-${tint(user?.id ?? "0")}`];
  if (user?.bot) classes.push("avatar-bot");
  return h("span", { class: classes, "aria-hidden": "true" }, initials(name));
}

/** A server's initials. */
export function guildBadge(guild) {
  return h("span", { class: ["guild-badge", `tint-${tint(guild.id)}`], "aria-hidden": "true" }, initials(guild.name));
}

/** The mark beside an application's name. */
export function botTag() {
  return h("span", { class: "bot-tag" }, "App");
}

/** An emoji of a component: the character, or a custom emoji's name. */
export function emoji(data) {
  if (!data) return null;
  if (data.id) return h("span", { class: "emoji-name", "aria-hidden": "true" }, `:${data.name}:`);
  return h("span", { class: "emoji", "aria-hidden": "true" }, data.name);
}

/** What selects and options list of a person. */
export function personOption(member) {
  const user = member.user ?? member;
  return { value: user.id, label: state.nameOf(user.id) ?? userName(user), detail: `@${user.username}`, lead: avatar(user, "small") };
}

/** An image of a message; when it cannot be loaded, its description stands there instead. */
export function picture(url, description, className = "picture") {
  const href = safeUrl(url);
  const missing = () => h("span", { class: [className, "picture-missing"] }, description || "The image cannot be loaded");
  if (!href) return missing();
  const image = h("img", { class: className, src: href, alt: description || "", loading: "lazy", decoding: "async" });
  const link = h("a", { href, target: "_blank", rel: "noopener noreferrer", class: "picture-link", "aria-label": description ? null : "Open the image" }, image);
  image.addEventListener("error", () => link.replaceWith(missing()));
  return link;
}
