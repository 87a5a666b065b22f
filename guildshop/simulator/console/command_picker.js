/** The list of commands that `/` opens. */

import { h } from "./dom.js";
import { avatar } from "./avatars.js";
import { Listbox } from "./listbox.js";
import { state } from "./state.js";

const CHAT_INPUT = 1;
const SUBCOMMAND = 1;
const GROUP = 2;

/** Every command that can be used here, a subcommand each its own: `{command, path, name, options}`. */
export function commandEntries() {
  const commands = state.usableCommands().filter((command) => (command.type ?? CHAT_INPUT) === CHAT_INPUT);
  return commands.flatMap((command) => flatten(command, command, [])).sort((a, b) => a.name.localeCompare(b.name));
}

function flatten(command, node, path) {
  const inner = (node.options ?? []).filter((option) => option.type === SUBCOMMAND || option.type === GROUP);
  if (inner.length) return inner.flatMap((option) => flatten(command, option, [...path, option]));
  const name = [command.name, ...path.map((option) => option.name)].join(" ");
  return [{ command, path, name, description: node.description, options: node.options ?? [], plugin: command.plugin ?? state.application?.name ?? "" }];
}

function score(entry, needle) {
  if (entry.name === needle) return 0;
  if (entry.name.startsWith(needle)) return 1;
  if (entry.name.includes(needle)) return 2;
  return needle.length > 2 && entry.description.toLowerCase().includes(needle) ? 3 : 4;
}

/** The list above the message box. */
export class CommandPicker {
  constructor(input, onPick) {
    this.input = input;
    this.open = false;
    this.list = new Listbox({ label: "Commands", owner: input, onPick: (option) => onPick(option.entry) });
    this.element = h("div", { class: "composer-popup", hidden: true }, this.list.element);
  }

  show(text) {
    const needle = text.trimStart().toLowerCase().trimEnd();
    const found = commandEntries().filter((entry) => score(entry, needle) < 4);
    found.sort((a, b) => score(a, needle) - score(b, needle) || a.name.localeCompare(b.name));
    const options = found.map((entry) => ({
      entry,
      value: entry.name,
      label: h("span", {}, h("span", { class: "option-slash" }, `/${entry.name}`), signature(entry)),
      detail: entry.description,
      tag: entry.plugin,
      lead: state.bot ? avatar(state.bot, "small") : null,
    }));
    const empty = state.usableCommands().length ? "No command of that name is open to you" : "No commands here: the bot has registered none, or this is a direct message";
    this.list.show(options, { empty, header: needle ? `Commands matching /${needle}` : "Commands" });
    this.open = true;
    this.element.hidden = false;
  }

  hide() {
    this.open = false;
    this.element.hidden = true;
    this.input.removeAttribute("aria-activedescendant");
  }

  pick() {
    return this.list.pick();
  }
}

function signature(entry) {
  const names = entry.options.map((option) => h("span", { class: ["option-param", option.required && "required"] }, option.name));
  return names.length ? h("span", { class: "option-params" }, names) : null;
}
