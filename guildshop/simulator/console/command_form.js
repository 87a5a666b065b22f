/** A chosen command with its options as inline inputs. */

import { fill, h, icon, iconButton } from "./dom.js";
import { OptionField } from "./option_field.js";
import { useCommand } from "./interactions.js";

/** Shows one command until it is sent or cancelled. */
export class CommandForm {
  constructor(entry, values, onClose) {
    this.entry = entry;
    this.onClose = onClose;
    this.fields = [];
    this.chips = h("div", { class: "chips" });
    this.optional = h("div", { class: "optional-options" });
    this.error = h("p", { class: "form-error", role: "alert" });
    this.hint = h("p", { class: "form-hint" }, entry.description);
    this.sendButton = h("button", { type: "button", class: "icon-button send-button ready", "aria-label": `Send /${entry.name}`, title: "Send", onclick: () => this.submit() }, icon("send"));
    this.row = h("div", { class: "composer-row command-row" }, h("span", { class: "command-chip" }, `/${entry.name}`), this.chips, iconButton("close", "Cancel the command", () => onClose()), this.sendButton);
    this.popup = h("div", { class: "option-popup" });
    this.element = h("div", { class: "command-form", role: "group", "aria-label": `Command /${entry.name}`, onkeydown: (event) => this.key(event) }, this.popup, h("div", { class: "form-top" }, this.hint, this.optional), this.row, this.error);
    const wanted = entry.options.filter((option) => option.required || values[option.name] !== undefined);
    wanted.forEach((option) => this.addField(option, values[option.name]));
    this.drawOptional();
  }

  addField(option, value) {
    const field = new OptionField(option, {
      popup: this.popup,
      collect: (focused) => this.data(focused),
      onDescribe: (text) => fill(this.hint, text ?? this.entry.description),
      onChosen: () => this.advance(field),
      onRemove: option.required ? null : () => this.removeField(field),
    });
    if (value !== undefined) field.preset(value);
    this.fields.push(field);
    this.chips.append(field.element);
    return field;
  }

  removeField(field) {
    this.fields = this.fields.filter((other) => other !== field);
    field.element.remove();
    this.drawOptional();
    this.focus();
  }

  drawOptional() {
    const used = new Set(this.fields.map((field) => field.option.name));
    const rest = this.entry.options.filter((option) => !used.has(option.name));
    const add = (option) => {
      const field = this.addField(option);
      this.drawOptional();
      field.focus();
    };
    fill(this.optional, rest.map((option) => h("button", { type: "button", class: "option-add", title: option.description, "aria-label": `Add ${option.name}`, onclick: () => add(option) }, icon("plus"), option.name)));
  }

  focus() {
    const empty = this.fields.find((field) => !field.filled);
    if (empty) empty.focus();
    else this.sendButton.focus();
  }

  advance(field) {
    this.showError(null);
    const next = this.fields.slice(this.fields.indexOf(field) + 1).find((other) => !other.filled);
    if (next) next.focus();
    else if (this.fields.every((other) => other.filled)) this.sendButton.focus();
  }

  key(event) {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.onClose();
    } else if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      this.submit();
    }
  }

  /** The interaction's data; `focused` marks the option that autocompletion is for, when others may be half typed. */
  data(focused = null) {
    const fields = this.fields.filter((field) => field === focused || (field.filled && !(focused && field.problem())));
    let options = fields.map((field) => ({
      name: field.option.name,
      type: field.option.type,
      value: field === focused ? field.rawText : field.value,
      ...(field === focused ? { focused: true } : {}),
    }));
    for (const step of [...this.entry.path].reverse()) options = [{ name: step.name, type: step.type, options }];
    return { id: this.entry.command.id, name: this.entry.command.name, type: 1, options };
  }

  showError(text, field = null) {
    fill(this.error, text ?? "");
    this.fields.forEach((other) => other.markInvalid(other === field));
    field?.focus();
  }

  submit() {
    for (const field of this.fields) {
      const problem = field.problem();
      if (problem) {
        this.showError(problem, field);
        return;
      }
    }
    if (this.fields.some((field) => field.uploading)) {
      this.showError("A file is still being uploaded; wait a moment and send again.");
      return;
    }
    const data = this.data();
    this.onClose();
    useCommand(data, this.entry.name);
  }
}
