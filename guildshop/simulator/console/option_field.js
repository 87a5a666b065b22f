/** One option of a command: its input, its choices, its checks. */

import { api } from "./api.js";
import { fill, h, icon, iconButton, toast, uniqueId } from "./dom.js";
import { channelChoices, matching, peopleChoices, roleChoices } from "./choices.js";
import { autocomplete } from "./interactions.js";
import { Listbox } from "./listbox.js";

const STRING = 3;
const INTEGER = 4;
const BOOLEAN = 5;
const USER = 6;
const CHANNEL = 7;
const ROLE = 8;
const MENTIONABLE = 9;
const NUMBER = 10;
const ATTACHMENT = 11;
const DEBOUNCE_MS = 180;

const KINDS = { 3: "text", 4: "whole number", 5: "True or False", 6: "person", 7: "channel", 8: "role", 9: "person or role", 10: "number", 11: "file" };

/** An option's chip. */
export class OptionField {
  constructor(option, hooks) {
    this.option = option;
    this.hooks = hooks;
    this.chosen = null;
    this.uploading = false;
    this.asked = 0;
    this.waiting = false;
    this.pickNext = false;
    if (option.type === ATTACHMENT) this.makeFileInput();
    else this.makeTextInput();
    this.element = h(
      "span",
      { class: ["chip", option.required && "required"] },
      h("label", { class: "chip-name", for: this.input.id }, option.name),
      this.control,
      hooks.onRemove && iconButton("close", `Remove ${option.name}`, hooks.onRemove, { class: "chip-remove" }),
    );
    this.element.addEventListener("click", (event) => event.target === this.element && this.focus());
  }

  get listed() {
    return this.option.autocomplete || this.option.choices?.length || [BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE].includes(this.option.type);
  }

  get rawText() {
    return this.input.value;
  }

  get filled() {
    return this.option.type === ATTACHMENT ? Boolean(this.chosen) : this.chosen !== null || this.rawText.trim() !== "";
  }

  /** What is sent: the chosen value, or the text as the option's type wants it. */
  get value() {
    if (this.chosen !== null) return this.chosen.value;
    const text = this.rawText.trim();
    return this.option.type === INTEGER || this.option.type === NUMBER ? Number(text) : text;
  }

  makeTextInput() {
    const { option } = this;
    const described = `${option.description} (${KINDS[option.type] ?? "text"}${option.required ? ", required" : ""})`;
    this.input = h("input", {
      id: uniqueId("option"),
      class: "chip-input",
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      inputmode: option.type === INTEGER ? "numeric" : option.type === NUMBER ? "decimal" : null,
      "aria-label": option.name,
      "aria-description": described,
      "aria-required": option.required ? "true" : null,
      size: "6",
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
      onfocus: () => {
        this.hooks.onDescribe(described);
        this.offer();
      },
      onblur: () => this.hide(),
    });
    if (this.listed) {
      this.input.setAttribute("role", "combobox");
      this.input.setAttribute("aria-expanded", "false");
      this.input.setAttribute("aria-autocomplete", "list");
      this.list = new Listbox({ label: `Choices of ${option.name}`, owner: this.input, onPick: (choice) => this.choose(choice) });
    }
    this.control = this.input;
  }

  makeFileInput() {
    const { option } = this;
    this.input = h("input", { id: uniqueId("option"), type: "file", class: "visually-hidden", "aria-label": option.name, "aria-description": option.description });
    this.input.addEventListener("change", () => this.upload(this.input.files[0]));
    this.input.addEventListener("focus", () => this.hooks.onDescribe(option.description));
    this.fileName = h("span", { class: "chip-file" }, "Choose a file");
    this.control = h("span", { class: "chip-upload", onclick: () => this.input.click() }, this.input, icon("clip"), this.fileName);
  }

  async upload(file) {
    if (!file) return;
    this.uploading = true;
    fill(this.fileName, `Uploading ${file.name}…`);
    try {
      const attachment = await api.upload(file);
      this.chosen = { value: attachment.id, label: attachment.filename };
      fill(this.fileName, attachment.filename);
      this.hooks.onChosen();
    } catch (error) {
      fill(this.fileName, "Choose a file");
      toast(error.message, "error");
    } finally {
      this.uploading = false;
    }
  }

  focus() {
    this.input.focus();
  }

  preset(value) {
    this.input.value = String(value);
    this.resize();
  }

  typed() {
    this.chosen = null;
    this.pickNext = false;
    this.resize();
    this.markInvalid(false);
    this.offer();
  }

  resize() {
    this.input.size = Math.max(6, Math.min(this.input.value.length + 1, 40));
  }

  choices() {
    switch (this.option.type) {
      case BOOLEAN:
        return [{ value: true, label: "True" }, { value: false, label: "False" }];
      case USER:
        return peopleChoices();
      case ROLE:
        return roleChoices();
      case MENTIONABLE:
        return [...peopleChoices(), ...roleChoices()];
      case CHANNEL:
        return channelChoices(this.option.channel_types);
      default:
        return (this.option.choices ?? []).map((choice) => ({ value: choice.value, label: choice.name }));
    }
  }

  /** Show what may be chosen for the present text. */
  offer() {
    if (!this.listed || document.activeElement !== this.input) return;
    if (this.option.autocomplete) {
      this.asked += 1;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(this.asked), DEBOUNCE_MS);
      this.waiting = true;
      this.open([], "Asking the bot…");
      return;
    }
    this.open(matching(this.choices(), this.chosen ? "" : this.rawText));
  }

  async ask(turn) {
    this.element.classList.add("loading");
    let choices = [];
    let empty = "The bot offers nothing for this";
    try {
      const answer = await autocomplete(this.hooks.collect(this));
      choices = answer.map((choice) => ({ value: choice.value, label: choice.name }));
    } catch (error) {
      empty = error.message;
    }
    if (turn !== this.asked) return;
    this.element.classList.remove("loading");
    this.offered = choices;
    this.waiting = false;
    if (document.activeElement !== this.input || this.chosen) return;
    this.open(choices, empty);
    if (this.pickNext) this.list.pick();
    this.pickNext = false;
  }

  open(choices, empty) {
    this.hooks.popup.hidden = false;
    fill(this.hooks.popup, this.list.element);
    this.list.show(choices, { header: `${this.option.name}: ${this.option.description}`, empty });
    this.input.setAttribute("aria-expanded", "true");
  }

  get isOpen() {
    return this.input.getAttribute("aria-expanded") === "true";
  }

  hide() {
    if (!this.list) return;
    clearTimeout(this.timer);
    this.hooks.popup.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  choose(choice) {
    this.asked += 1;
    clearTimeout(this.timer);
    this.waiting = false;
    this.element.classList.remove("loading");
    this.chosen = choice;
    this.input.value = choice.label;
    this.resize();
    this.hide();
    this.hooks.onChosen();
  }

  key(event) {
    if (event.key === "Backspace" && !this.rawText && this.hooks.onRemove) {
      event.preventDefault();
      this.hooks.onRemove();
      return;
    }
    if (!this.list || !this.isOpen) return;
    if (this.list.key(event)) return;
    if (event.key === "Enter" || event.key === "Tab") {
      if (event.shiftKey || (event.key === "Tab" && !this.rawText && !this.option.required)) return;
      // Choices for this very text are under way: the key waits for them instead of taking stale ones.
      if (this.waiting && this.rawText && event.key === "Enter") this.pickNext = true;
      if (this.list.pick() || this.pickNext) event.preventDefault();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.hide();
    }
  }

  /** Choose what the text names exactly, where only listed values are allowed. */
  settle() {
    if (this.chosen || !this.listed) return;
    const known = this.option.autocomplete ? (this.offered ?? []) : this.choices();
    const text = this.rawText.trim().toLowerCase();
    this.chosen = known.find((choice) => choice.label.toLowerCase() === text || String(choice.value).toLowerCase() === text) ?? null;
  }

  markInvalid(invalid) {
    this.element.classList.toggle("invalid", invalid);
    if (invalid) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  /** What is wrong with this option, in one sentence, or null. */
  problem() {
    const { option } = this;
    if (!this.filled) return option.required ? `"${option.name}" is required: ${option.description}.`.replace("..", ".") : `"${option.name}" is empty: fill it in, or remove it.`;
    this.settle();
    if (this.chosen) return null;
    if (this.listed && !option.autocomplete) return `"${this.rawText}" is none of the choices of "${option.name}": pick one from the list.`;
    if (option.type === INTEGER || option.type === NUMBER) return this.numberProblem();
    return option.type === STRING ? this.textProblem() : null;
  }

  numberProblem() {
    const { name, type, min_value: min, max_value: max } = this.option;
    const text = this.rawText.trim();
    const pattern = type === INTEGER ? /^[-+]?\d{1,16}$/ : /^[-+]?\d+([.]\d+)?$/;
    if (!pattern.test(text)) return `"${name}" must be a ${type === INTEGER ? "whole number" : "number"}; "${text}" is none.`;
    const value = Number(text);
    if (min !== undefined && min !== null && value < min) return `"${name}" must be at least ${min}; ${text} is less.`;
    if (max !== undefined && max !== null && value > max) return `"${name}" must be at most ${max}; ${text} is more.`;
    return null;
  }

  textProblem() {
    const { name, min_length: min, max_length: max } = this.option;
    const length = [...this.rawText.trim()].length;
    if (min && length < min) return `"${name}" needs at least ${min} characters; it has ${length}.`;
    if (length > (max ?? 6000)) return `"${name}" may have at most ${max ?? 6000} characters; it has ${length}.`;
    return null;
  }
}
