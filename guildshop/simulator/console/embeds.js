/** Embeds and attachments of a message. */

import { externalLink, h } from "./dom.js";
import { picture } from "./avatars.js";
import { fileCard } from "./components.js";
import { hexColour, messageTime } from "./format.js";
import { markdown, markdownBlock } from "./markdown.js";

/** One embed. */
export function embedView(embed, attachments) {
  const toned = embed.color !== null && embed.color !== undefined;
  const main = h(
    "div",
    { class: "embed-main" },
    embed.author && h("div", { class: "embed-author" }, embed.author.url ? externalLink(embed.author.url, embed.author.name) : embed.author.name),
    embed.title && h("div", { class: "embed-title", role: "heading", "aria-level": "4" }, title(embed)),
    embed.description && markdownBlock(embed.description, "markdown embed-description"),
    embed.fields?.length ? fieldGrid(embed.fields) : null,
  );
  return h(
    "article",
    { class: "embed", vars: toned ? { accent: hexColour(embed.color) } : {}, "aria-label": embed.title ?? "Embed" },
    h("div", { class: "embed-top" }, main, embed.thumbnail?.url && picture(embed.thumbnail.url, "", "embed-thumbnail")),
    embed.image?.url && picture(embed.image.url, altOf(embed.image, attachments), "embed-image"),
    footer(embed),
  );
}

/** What is said of an embed's picture: what was said of the file that it is. */
function altOf(image, attachments) {
  const file = (attachments ?? []).find((attachment) => attachment.url === image.url);
  return image.description ?? file?.description ?? "";
}

function title(embed) {
  const content = markdown(embed.title, { inline: true });
  return embed.url ? externalLink(embed.url, content) : content;
}

/** Inline fields stand three to a line, as many as follow one another. */
function fieldGrid(fields) {
  const rows = [];
  for (const field of fields) {
    const row = rows[rows.length - 1];
    if (field.inline && row?.inline && row.fields.length < 3) row.fields.push(field);
    else rows.push({ inline: Boolean(field.inline), fields: [field] });
  }
  return h("div", { class: "embed-fields" }, rows.map((row) => h("div", { class: ["embed-row", row.inline && `embed-row-${row.fields.length}`] }, row.fields.map(fieldView))));
}

function fieldView(field) {
  return h(
    "div",
    { class: "embed-field" },
    h("div", { class: "embed-field-name" }, markdown(field.name, { inline: true })),
    markdownBlock(field.value, "markdown embed-field-value"),
  );
}

function footer(embed) {
  const parts = [embed.footer?.text, embed.timestamp && messageTime(embed.timestamp)].filter(Boolean);
  return parts.length ? h("div", { class: "embed-footer" }, parts.join(" • ")) : null;
}

/** The files of a message, images shown; those that its embeds show already stand there alone. */
export function attachmentsView({ attachments, embeds }) {
  const shown = new Set((embeds ?? []).flatMap((embed) => [embed.image?.url, embed.thumbnail?.url, embed.author?.icon_url, embed.footer?.icon_url]));
  const loose = (attachments ?? []).filter((attachment) => !shown.has(attachment.url));
  return loose.length ? h("div", { class: "attachments" }, loose.map(attachmentView)) : null;
}

function attachmentView(attachment) {
  const type = attachment.content_type ?? "";
  if (type.startsWith("image/") && !type.includes("svg")) return picture(attachment.url, attachment.description ?? attachment.filename, "attachment-image");
  return fileCard(attachment.url, attachment.filename, attachment.size);
}
