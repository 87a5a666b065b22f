/** "You are": the switch between the people this page can be. */

import { api } from "./api.js";
import { fill, h, iconButton, toast } from "./dom.js";
import { avatar } from "./avatars.js";
import { matching } from "./choices.js";
import { userName } from "./format.js";
import { Listbox, Popover } from "./listbox.js";
import { state } from "./state.js";

/** The kinds of people that stand in the switch, in its order. */
const MAIN = ["Buyer", "Staff", "Owner", "Newcomer"];

/** Read who the address names: `#as=…` or `?as=…`, an ID or a label such as Buyer. */
export function personFromAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1)).get("as") ?? new URLSearchParams(location.search).get("as");
  if (!wanted) return null;
  return state.people.find((person) => person.user.id === wanted || person.label?.toLowerCase() === wanted.toLowerCase()) ?? null;
}

/** Write the person into the address, so that a tab stays who it is. */
export function rememberPerson(person) {
  const params = new URLSearchParams(location.hash.slice(1));
  params.set("as", person.user.id);
  history.replaceState(null, "", `#${params}`);
}

/** Who stands in the switch: the first of each kind, and whoever one is. */
function mainPeople() {
  const shown = MAIN.map((label) => state.people.find((person) => person.label === label)).filter(Boolean);
  const me = state.personOf(state.me?.id);
  if (me && !shown.includes(me)) shown.push(me);
  return shown.length ? shown : state.people.slice(0, 4);
}

function othersButton(become) {
  const button = iconButton("people", "Other people", () => open(), { class: "others", "aria-haspopup": "listbox" });
  let popover = null;
  const open = () => {
    if (popover) {
      popover.close();
      return;
    }
    const search = h("input", { class: "popover-search", type: "search", placeholder: "Search", "aria-label": "Search people", autocomplete: "off" });
    const pick = (option) => {
      popover.close();
      become(option.person);
    };
    const list = new Listbox({ label: "Other people", owner: search, onPick: pick });
    const choices = state.people.map((person) => ({
      person,
      value: person.user.id,
      label: userName(person.user),
      detail: person.hint,
      tag: person.label,
      lead: avatar(person.user, "small"),
      selected: person.user.id === state.me?.id,
    }));
    const draw = () => list.show(matching(choices, search.value));
    search.addEventListener("input", draw);
    search.addEventListener("keydown", (event) => {
      if (list.key(event)) return;
      if (event.key === "Enter") list.pick();
      if (event.key === "Escape") popover.close();
    });
    popover = new Popover(button, h("div", { class: "select-popover" }, search, list.element), () => {
      popover = null;
      button.focus();
    }, { width: 300 });
    draw();
    search.focus();
  };
  return button;
}

/** Make the switch; `become(person)` acts on a press. */
export function peopleSwitch(become) {
  const group = h("div", { class: "people-group", role: "radiogroup", "aria-label": "You are" });
  const others = othersButton(become);
  const element = h("div", { class: "people" }, h("span", { class: "people-title", "aria-hidden": "true" }, "You are"), group, others, iconButton("plus", "Add a person", () => addPerson(become)));
  const draw = () => {
    fill(group, mainPeople().map((person, index) => personButton(person, index, become)));
    others.hidden = state.people.length <= group.childElementCount;
    group.querySelector(".current")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  state.on(["people", "ready", "connection"], draw);
  group.addEventListener("keydown", (event) => moveFocus(event, group));
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || !/^Digit[1-9]$/.test(event.code)) return;
    const person = mainPeople()[Number(event.code.slice(5)) - 1];
    if (!person) return;
    event.preventDefault();
    become(person);
  });
  return element;
}

function personButton(person, index, become) {
  const current = person.user.id === state.me?.id;
  const name = userName(person.user);
  const label = person.label || name;
  return h(
    "button",
    {
      type: "button",
      role: "radio",
      class: ["person", current && "current"],
      "aria-checked": String(current),
      "aria-label": label,
      "aria-description": person.hint ?? null,
      "aria-keyshortcuts": index < 9 ? `Alt+${index + 1}` : null,
      title: `${name}${person.hint ? `: ${person.hint}` : ""} (Alt+${index + 1})`,
      tabindex: current || (!state.me && index === 0) ? "0" : "-1",
      onclick: () => become(person),
    },
    avatar(person.user, "small"),
    h("span", { class: "person-text" }, h("span", { class: "person-label" }, label), h("span", { class: "person-name" }, label === name ? `@${person.user.username}` : name)),
  );
}

function moveFocus(event, group) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...group.children];
  const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
  next?.focus();
}

function addPerson(become) {
  const input = h("input", { class: "field-input", id: "new-person", maxlength: "32", autocomplete: "off" });
  const error = h("p", { class: "form-error", role: "alert" });
  const form = h(
    "form",
    { class: "modal-form" },
    h("div", { class: "modal-body" }, h("div", { class: "field" }, h("label", { class: "field-label", for: "new-person" }, "Name"), input), error),
    h("footer", { class: "modal-footer" }, h("button", { type: "button", class: "button button-quiet", onclick: () => dialog.close() }, "Cancel"), h("button", { type: "submit", class: "button button-primary" }, "Add")),
  );
  const dialog = h("dialog", { class: "modal", "aria-label": "Add a person" }, h("header", { class: "modal-head" }, h("h2", {}, "Add a person"), iconButton("close", "Close", () => dialog.close())), h("p", { class: "modal-from" }, "A newcomer, in no server yet."), form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (name.length < 1) {
      fill(error, "A name has at least 1 character; write one.");
      input.focus();
      return;
    }
    try {
      const made = await api.createPerson(name);
      state.people = await api.people();
      state.emit("people");
      dialog.close();
      const id = made.user?.id ?? made.id;
      const person = state.people.find((other) => other.user.id === id);
      if (person) become(person);
    } catch (failure) {
      fill(error, failure.message);
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
}

/** Fetch who this page can be. */
export async function loadPeople() {
  try {
    state.people = await api.people();
    state.emit("people");
    return true;
  } catch (error) {
    toast(error.message, "error");
    return false;
  }
}
