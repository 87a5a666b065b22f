/** Select menus of messages and modals: string, user, role, mentionable and channel. */

import { fill, h, icon } from "./dom.js";
import { emoji } from "./avatars.js";
import { channelChoices, matching, peopleChoices, roleChoices } from "./choices.js";
import { Listbox, Popover } from "./listbox.js";

const PLACEHOLDERS = { 3: "Make a selection", 5: "Select a user", 6: "Select a role", 7: "Select a user or role", 8: "Select a channel" };

function choicesOf(component) {
  switch (component.type) {
    case 5:
      return peopleChoices();
    case 6:
      return roleChoices();
    case 7:
      return [...peopleChoices(), ...roleChoices()];
    case 8:
      return channelChoices(component.channel_types);
    default:
      return (component.options ?? []).map((option) => ({
        value: option.value,
        label: option.label,
        detail: option.description,
        lead: emoji(option.emoji),
      }));
  }
}

function defaultsOf(component) {
  if (component.type === 3) return (component.options ?? []).filter((option) => option.default).map((option) => option.value);
  return (component.default_values ?? []).map((value) => value.id);
}

/** One select; `onCommit(values)` when a choice is final. `element` is what to place. */
export class Select {
  constructor(component, { onCommit = () => {}, disabled = false, busy = false, label = null, inModal = false }) {
    this.component = component;
    this.onCommit = onCommit;
    this.inModal = inModal;
    this.min = component.min_values ?? (component.required === false ? 0 : 1);
    this.max = component.max_values ?? 1;
    this.values = defaultsOf(component);
    this.placeholder = component.placeholder || PLACEHOLDERS[component.type];
    this.text = h("span", { class: "select-text" });
    this.button = h(
      "button",
      {
        type: "button",
        class: ["select", busy && "busy"],
        role: "combobox",
        "aria-haspopup": "listbox",
        "aria-expanded": "false",
        "aria-label": label ?? this.placeholder,
        "aria-busy": busy ? "true" : null,
        disabled: disabled || component.disabled,
        dataset: { customId: component.custom_id },
        onclick: () => (this.popover ? this.popover.close() : this.open()),
        onkeydown: (event) => this.key(event),
      },
      this.text,
      icon("chevron"),
    );
    this.element = this.button;
    this.showValues();
  }

  get multi() {
    return this.max > 1;
  }

  showValues() {
    const labels = choicesOf(this.component).filter((choice) => this.values.includes(choice.value)).map((choice) => choice.label);
    fill(this.text, labels.length ? labels.join(", ") : this.placeholder);
    this.text.classList.toggle("placeholder", !labels.length);
  }

  open() {
    const choices = choicesOf(this.component);
    this.before = [...this.values];
    const searchable = choices.length > 8 || this.component.type !== 3;
    this.search = h("input", { class: "popover-search", type: "search", placeholder: "Search", "aria-label": `Search: ${this.placeholder}`, autocomplete: "off" });
    const owner = searchable ? this.search : this.button;
    this.list = new Listbox({ label: this.placeholder, owner, multi: this.multi, onPick: (option) => this.pick(option) });
    const box = h("div", { class: "select-popover" }, searchable && this.search, this.list.element, (this.multi || this.min === 0) && this.footer());
    this.search.addEventListener("input", () => this.redraw());
    this.search.addEventListener("keydown", (event) => this.key(event));
    this.button.setAttribute("aria-expanded", "true");
    this.popover = new Popover(this.button, box, () => this.closed());
    this.redraw();
    if (searchable) this.search.focus();
  }

  footer() {
    const wanted = this.max === this.min ? `Choose ${this.max}` : `Choose ${this.min} to ${this.max}`;
    const done = h("button", { type: "button", class: "button button-primary small", onclick: () => this.popover.close() }, "Done");
    const clear = h("button", { type: "button", class: "button button-quiet small", onclick: () => this.clear() }, "Clear");
    return h("div", { class: "popover-footer" }, h("span", {}, wanted), this.min === 0 && clear, this.multi && done);
  }

  redraw(active = 0) {
    const choices = matching(choicesOf(this.component), this.search.value);
    this.list.show(choices.map((choice) => ({ ...choice, selected: this.values.includes(choice.value) })), { active });
  }

  clear() {
    this.values = [];
    this.popover.close();
  }

  pick(option) {
    if (!this.multi) {
      this.values = [option.value];
      this.picked = true;
      this.popover.close();
      return;
    }
    if (this.values.includes(option.value)) this.values = this.values.filter((value) => value !== option.value);
    else if (this.values.length < this.max) this.values = [...this.values, option.value];
    this.redraw(this.list.active);
  }

  key(event) {
    if (!this.popover) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        this.open();
      }
      return;
    }
    if (this.list.key(event)) return;
    if (event.key === "Enter" || (event.key === " " && event.target === this.button)) {
      event.preventDefault();
      this.list.pick();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.values = this.before;
      this.popover.close();
    } else if (event.key === "Tab") {
      this.popover.close();
    }
  }

  closed() {
    this.popover = null;
    this.button.setAttribute("aria-expanded", "false");
    this.button.removeAttribute("aria-activedescendant");
    if (this.button.isConnected) this.button.focus({ preventScroll: true });
    const changed = this.picked || this.values.join() !== this.before.join();
    this.picked = false;
    if (!changed) return;
    if (!this.inModal && this.values.length < this.min) {
      this.values = this.before;
      this.showValues();
      return;
    }
    this.showValues();
    this.onCommit(this.values);
  }
}
