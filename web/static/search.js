// Shows what the box in the header finds while somebody types. Without this file it leads to the page of results.
const PAUSE = 150;
const box = document.querySelector("[data-hits]");
const panel = document.querySelector("[data-search-panel]");
const said = document.querySelector("[data-search-said]");
let waiting = 0;
let asking = null;

box.setAttribute("role", "combobox");
box.setAttribute("aria-autocomplete", "list");
close();

box.addEventListener("input", () => {
  clearTimeout(waiting);
  asking?.abort();
  waiting = setTimeout(ask, PAUSE);
});

box.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (panel.hidden) return;
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    const chosen = panel.querySelector("[aria-selected=true]");
    if (panel.hidden || !chosen) return;
    event.preventDefault();
    chosen.click();
  } else if (event.key === "Escape" && !panel.hidden) {
    // The first Esc closes the list and keeps what was typed, the next one leaves the field.
    event.preventDefault();
    event.stopPropagation();
    close();
  }
});

// A press on a result must not take the focus from the box, or the list would close under it.
panel.addEventListener("mousedown", (event) => event.preventDefault());
box.addEventListener("blur", close);
box.form.addEventListener("submit", () => {
  clearTimeout(waiting);
  asking?.abort();
});

async function ask() {
  const text = box.value.trim();
  if (!text) return close();
  const address = new URL(box.dataset.hits, location.href);
  address.searchParams.set("q", text);
  const mine = new AbortController();
  asking = mine;
  try {
    const answer = await fetch(address, { cache: "no-store", redirect: "error", signal: mine.signal });
    if (!answer.ok) return close();
    const hits = await answer.text();
    if (mine.signal.aborted || document.activeElement !== box) return;
    panel.innerHTML = hits;
    panel.hidden = false;
    const list = panel.querySelector("[role=listbox]");
    box.setAttribute("aria-expanded", String(list !== null));
    if (list) box.setAttribute("aria-controls", list.id);
    said.textContent = panel.querySelector("[data-said]")?.textContent ?? "";
  } catch {
    // Overtaken by the next letter, signed out, or offline: Enter still leads to the page of results.
    if (!mine.signal.aborted) close();
  }
}

function move(by) {
  const options = [...panel.querySelectorAll("[role=option]")];
  if (options.length === 0) return;
  const before = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = before < 0 && by < 0 ? options.length - 1 : (before + by + options.length) % options.length;
  options.forEach((option, place) => option.setAttribute("aria-selected", String(place === next)));
  box.setAttribute("aria-activedescendant", options[next].id);
  options[next].scrollIntoView({ block: "nearest" });
}

function close() {
  clearTimeout(waiting);
  asking?.abort();
  panel.hidden = true;
  panel.replaceChildren();
  said.textContent = "";
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
  box.removeAttribute("aria-controls");
}
