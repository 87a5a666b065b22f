// The keyboard of the workspace. Never in a field, never with Ctrl, Alt or Meta, and each person may switch it off.
const SWITCH = "guildshop-shortcuts";
const FIELD = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
const opener = document.querySelector("[data-show-shortcuts]");
const box = document.querySelector("[data-hits]");
let going = false;
let sheet = null;

opener.hidden = false;
opener.addEventListener("click", show);

addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  const typing = event.target.closest?.(FIELD);
  if (event.key === "Escape") {
    going = false;
    if (typing || event.target.closest?.("[data-row], tr")) event.target.blur();
    return;
  }
  if (typing || !isOn()) return;
  if (going) {
    if (event.key === "Shift") return;
    going = false;
    const page = [...document.querySelectorAll("[data-shortcut]")].find((one) => one.dataset.shortcut === event.key);
    if (page) {
      event.preventDefault();
      page.click();
    }
    return;
  }
  const action = { g: go, "/": find, "?": show, j: () => step(1), k: () => step(-1) }[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
});

function go() {
  going = true;
}

function find() {
  box.focus();
  box.select();
}

function step(by) {
  const links = [...document.querySelectorAll("main tbody tr, main [data-row]")]
    .map((row) => row.querySelector("a[href]"))
    .filter((link) => link?.checkVisibility());
  if (links.length === 0) return;
  const row = document.activeElement.closest("tbody tr, [data-row]");
  const before = links.findIndex((link) => row?.contains(link));
  const next = before < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(before + by, 0), links.length - 1);
  links[next].focus();
}

function show() {
  sheet ??= made();
  sheet.querySelector("#use-shortcuts").checked = isOn();
  sheet.showModal();
}

function made() {
  document.body.append(document.querySelector("#shortcuts").content.cloneNode(true));
  const dialog = document.querySelector("dialog.help-sheet");
  dialog.querySelector("#use-shortcuts").addEventListener("change", (event) => {
    if (event.target.checked) localStorage.removeItem(SWITCH);
    else localStorage.setItem(SWITCH, "off");
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}

function isOn() {
  return localStorage.getItem(SWITCH) !== "off";
}
