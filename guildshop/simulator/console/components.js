/** Components V1 and V2 of a message as working controls. */

import { externalLink, h, icon, safeUrl } from "./dom.js";
import { emoji, picture } from "./avatars.js";
import { hexColour, fileSize } from "./format.js";
import { failureOf, pendingOf, useComponent } from "./interactions.js";
import { markdownBlock } from "./markdown.js";
import { Select } from "./selects.js";

const BUTTON_CLASSES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "primary" };

/** All components of a message, with the sentence of a failed press below them. */
export function componentsView(message) {
  const context = { message, waiting: pendingOf(message.id) };
  const failure = failureOf(message.id);
  return h(
    "div",
    { class: "components" },
    (message.components ?? []).map((component) => draw(component, context)),
    failure && h("p", { class: "interaction-failed", role: "alert" }, failure),
  );
}

const DRAW = {
  1: (row, context) => h("div", { class: "action-row" }, (row.components ?? []).map((component) => draw(component, context))),
  2: button,
  3: select,
  5: select,
  6: select,
  7: select,
  8: select,
  9: section,
  10: (text) => markdownBlock(text.content),
  11: (thumbnail) => media(thumbnail, "thumbnail"),
  12: (gallery) => h("div", { class: ["gallery", `gallery-${Math.min(gallery.items?.length ?? 0, 4)}`] }, (gallery.items ?? []).map((item) => media(item, "gallery-item"))),
  13: file,
  14: (separator) => h("hr", { class: ["separator", separator.spacing === 2 && "separator-wide", separator.divider === false && "separator-bare"] }),
  17: container,
};

function draw(component, context) {
  const make = DRAW[component.type];
  if (!make) return h("p", { class: "unsupported" }, `A component of type ${component.type}, which this console does not draw.`);
  return make(component, context);
}

function button(component, { message, waiting }) {
  const content = [emoji(component.emoji), component.label && h("span", {}, component.label)];
  const classes = ["button", `button-${BUTTON_CLASSES[component.style] ?? "secondary"}`];
  if (component.style === 5) {
    const href = safeUrl(component.url);
    if (component.disabled || !href) return h("span", { class: [...classes, "disabled"], "aria-disabled": "true" }, content, icon("external"));
    return h("a", { class: classes, href, target: "_blank", rel: "noopener noreferrer" }, content, icon("external"));
  }
  const busy = waiting?.customId === component.custom_id;
  return h(
    "button",
    {
      type: "button",
      class: [...classes, busy && "busy"],
      disabled: component.disabled,
      "aria-disabled": waiting ? "true" : null,
      "aria-busy": busy ? "true" : null,
      "aria-label": component.label ? null : (component.emoji?.name ?? "Button"),
      dataset: { customId: component.custom_id ?? "" },
      onclick: () => {
        if (!pendingOf(message.id)) useComponent(message, { component_type: 2, custom_id: component.custom_id });
      },
    },
    content,
  );
}

function select(component, { message, waiting }) {
  const busy = waiting?.customId === component.custom_id;
  const onCommit = (values) => useComponent(message, { component_type: component.type, custom_id: component.custom_id, values });
  const menu = new Select(component, { onCommit, disabled: Boolean(waiting), busy });
  return h("div", { class: "select-wrap" }, menu.element);
}

function section(component, context) {
  return h(
    "div",
    { class: "section" },
    h("div", { class: "section-text" }, (component.components ?? []).map((child) => draw(child, context))),
    component.accessory && h("div", { class: "section-accessory" }, draw(component.accessory, context)),
  );
}

function container(component, context) {
  const toned = component.accent_color !== null && component.accent_color !== undefined;
  const children = (component.components ?? []).map((child) => draw(child, context));
  const box = h("div", { class: ["container", toned && "accented"], vars: toned ? { accent: hexColour(component.accent_color) } : {} }, children);
  return component.spoiler ? hidden(box) : box;
}

function media(item, className) {
  const image = picture(item.media?.url ?? item.media?.proxy_url, item.description ?? "", className);
  return item.spoiler ? hidden(image) : image;
}

function hidden(node) {
  const cover = h("button", { type: "button", class: "media-cover" }, "Spoiler: show");
  const box = h("div", { class: "media-hidden" }, node, cover);
  node.setAttribute("inert", "");
  cover.addEventListener("click", () => {
    node.removeAttribute("inert");
    box.replaceWith(node);
  });
  return box;
}

function file(component) {
  const url = component.file?.url ?? "";
  const name = component.name ?? decodeURIComponent(url.split("?")[0].split("/").pop() || "file");
  return fileCard(url, name, component.size);
}

/** A file to download. */
export function fileCard(url, name, size) {
  return h(
    "div",
    { class: "file-card" },
    icon("file"),
    h("div", { class: "file-text" }, externalLink(url, name), size !== undefined && size !== null && h("span", { class: "file-size" }, fileSize(size))),
  );
}
