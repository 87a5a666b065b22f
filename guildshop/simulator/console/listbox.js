/** A list of choices steered from an input: arrow keys, Enter, pointer; announced by `aria-activedescendant`. */

import { fill, h, icon, uniqueId } from "./dom.js";

/** Options are `{value, label, detail?, tag?, lead?, selected?, group?}`; `onPick(option)` on a choice. */
export class Listbox {
  constructor({ label, owner, multi = false, onPick, className = "" }) {
    this.owner = owner;
    this.multi = multi;
    this.onPick = onPick;
    this.options = [];
    this.active = -1;
    this.element = h("div", { class: ["listbox", className], role: "listbox", id: uniqueId("list"), "aria-label": label });
    if (multi) this.element.setAttribute("aria-multiselectable", "true");
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    owner.setAttribute("aria-controls", this.element.id);
  }

  /** Show these options; the first is active unless `active` says otherwise. */
  show(options, { active = 0, empty = "Nothing found", header = null } = {}) {
    this.options = options;
    this.nodes = options.map((option, index) => this.draw(option, index));
    const groups = [];
    let last = null;
    options.forEach((option, index) => {
      if (option.group && option.group !== last) groups.push(h("div", { class: "listbox-group", role: "presentation" }, option.group));
      last = option.group;
      groups.push(this.nodes[index]);
    });
    const note = options.length ? null : h("div", { class: "listbox-empty", role: "option", "aria-disabled": "true", "aria-selected": "false" }, empty);
    fill(this.element, header && h("div", { class: "listbox-header", role: "presentation" }, header), groups, note);
    this.setActive(options.length ? Math.min(active, options.length - 1) : -1);
  }

  draw(option, index) {
    const node = h(
      "div",
      {
        class: ["option", option.selected && "chosen"],
        role: "option",
        id: `${this.element.id}-${index}`,
        "aria-selected": String(Boolean(option.selected)),
        "aria-disabled": option.disabled ? "true" : null,
        onclick: () => this.pick(index),
        onmousemove: () => this.active !== index && this.setActive(index, false),
      },
      this.multi && h("span", { class: "tick" }, option.selected && icon("check")),
      option.lead,
      h("span", { class: "option-text" }, h("span", { class: "option-label" }, option.label), option.detail && h("span", { class: "option-detail" }, option.detail)),
      option.tag && h("span", { class: "option-tag" }, option.tag),
    );
    return node;
  }

  setActive(index, scroll = true) {
    this.nodes?.[this.active]?.classList.remove("active");
    this.active = index;
    const node = this.nodes?.[index];
    if (!node) {
      this.owner.removeAttribute("aria-activedescendant");
      return;
    }
    node.classList.add("active");
    this.owner.setAttribute("aria-activedescendant", node.id);
    if (scroll) node.scrollIntoView({ block: "nearest" });
  }

  move(step) {
    if (!this.options.length) return;
    this.setActive((this.active + step + this.options.length) % this.options.length);
  }

  pick(index = this.active) {
    const option = this.options[index];
    if (option && !option.disabled) this.onPick(option, index);
    return Boolean(option);
  }

  /** Take arrow keys; true when the key was one of ours. */
  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5 }[event.key];
    if (!step) return false;
    event.preventDefault();
    this.move(step);
    return true;
  }
}

/** Place a floating box below (or above) its anchor, within the window; closes by `onClose`. */
export class Popover {
  constructor(anchor, content, onClose, { width = null } = {}) {
    this.anchor = anchor;
    this.content = content;
    this.onClose = onClose;
    content.classList.add("popover");
    (anchor.closest("dialog") ?? document.body).append(content);
    this.place(width);
    this.outside = (event) => {
      if (!content.contains(event.target) && !anchor.contains(event.target)) this.close();
    };
    this.scrolled = (event) => {
      if (!content.contains(event.target)) this.place(width);
    };
    document.addEventListener("pointerdown", this.outside, true);
    window.addEventListener("resize", this.scrolled);
    document.addEventListener("scroll", this.scrolled, true);
  }

  place(width) {
    const box = this.anchor.getBoundingClientRect();
    const wide = Math.min(width ?? Math.max(box.width, 220), innerWidth - 16);
    const below = innerHeight - box.bottom - 12;
    const above = box.top - 12;
    const up = below < 220 && above > below;
    const style = this.content.style;
    style.setProperty("width", `${wide}px`);
    style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - wide - 8))}px`);
    style.setProperty("max-height", `${Math.min(up ? above : below, 420)}px`);
    style.setProperty("top", up ? "auto" : `${box.bottom + 4}px`);
    style.setProperty("bottom", up ? `${innerHeight - box.top + 4}px` : "auto");
  }

  close() {
    if (!this.content) return;
    document.removeEventListener("pointerdown", this.outside, true);
    window.removeEventListener("resize", this.scrolled);
    document.removeEventListener("scroll", this.scrolled, true);
    this.content.remove();
    this.content = null;
    this.onClose?.();
  }
}
