// Comfort only: every form works without this file.
const root = document.documentElement;
root.classList.add("has-scripts");

for (const toggle of document.querySelectorAll("[data-theme-toggle]")) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("guildshop-theme", root.dataset.theme);
    localStorage.setItem("darkMode", String(!dark));
  });
}

for (const choice of document.querySelectorAll("[data-submit-on-change]")) {
  choice.addEventListener("change", () => choice.form.requestSubmit());
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });
}

// A message goes with the next thing that is done once it has been there for a while; an error stays until it is
// dismissed. Put into its live region anew, it is read out: what is there from the start is not.
const READ_BY_THEN = 5000;
const toasts = document.querySelector(".toasts");
if (toasts) {
  for (const button of toasts.querySelectorAll("[data-dismiss]")) {
    button.hidden = false;
    button.addEventListener("click", () => button.parentElement.remove());
  }
  setTimeout(() => {
    for (const region of toasts.children) region.replaceChildren(...region.children);
  });
  const since = performance.now();
  const leave = (event) => {
    if (performance.now() - since < READ_BY_THEN || event.target.closest?.(".toasts")) return;
    for (const one of toasts.querySelectorAll(".flash:not(.error)")) one.remove();
  };
  addEventListener("pointerdown", leave);
  addEventListener("keydown", leave);
}

// Somebody was signed out in the middle of a form and has signed in again: put what they typed where it was.
const kept = JSON.parse(sessionStorage.getItem("guildshop-kept"));
sessionStorage.removeItem("guildshop-kept");
if (kept?.page === location.href) {
  const fits = (form) => kept.fields.filter(([name]) => form.elements.namedItem(name)).length;
  const [form] = [...document.querySelectorAll("form[method=post]")]
    .filter((one) => new URL(one.getAttribute("action") || location.href, location.href).pathname === new URL(kept.action).pathname)
    .sort((one, other) => fits(other) - fits(one));
  if (form) fillIn(form);
}

function fillIn(form) {
  const typed = new Map(kept.fields);
  for (const field of form.elements) {
    if (!field.name || field.name === "csrftoken" || ["submit", "button", "file", "password"].includes(field.type)) continue;
    if (field.type === "checkbox" || field.type === "radio") {
      field.checked = kept.fields.some(([name, value]) => name === field.name && value === field.value);
    } else if (typed.has(field.name)) field.value = typed.get(field.name);
  }
  // What the form was made from is not known any more: all that differs from what is saved is for its user to choose.
  if (typed.has("version")) document.body.dataset.again = "";
  for (let outer = form; outer; outer = outer.parentElement) if (outer.tagName === "DETAILS") outer.open = true;
  form.querySelector("details")?.setAttribute("open", "");
  const told = document.createElement("div");
  told.className = "flash info";
  told.textContent = kept.told;
  const region = document.createElement("div");
  region.setAttribute("role", "status");
  document.querySelector("main").prepend(region);
  region.append(told);
  form.scrollIntoView({ block: "nearest" });
}

// One press, one request.
addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const pressed = event.submitter;
  setTimeout(() => {
    for (const button of event.target.querySelectorAll("button")) button.disabled = true;
    pressed?.setAttribute("aria-busy", "true");
  });
  setTimeout(showWork, LONG, Date.now(), document.body.dataset.working);
});

// A file that is asked for leaves the page as it is: say that it is being prepared until the server begins to send it,
// which it tells by a cookie with the name that we gave.
const SHORT = 400;
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href*='.csv']");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const address = new URL(link.href, location.href);
  if (!address.pathname.endsWith(".csv") || address.origin !== location.origin) return;
  event.preventDefault();
  const name = Math.random().toString(36).slice(2);
  address.searchParams.set("ready", name);
  location.assign(address);
  const here = () => document.cookie.split("; ").includes(`guildshop_ready=${name}`);
  setTimeout(() => { if (!here()) showWork(Date.now() - SHORT, document.body.dataset.preparing, here); }, SHORT);
});

// What takes longer says that it goes on, and since when.
const LONG = 2000;
function showWork(since, working, over) {
  if (!working || document.querySelector(".working")) return;
  const told = document.createElement("div");
  told.className = "flash info working";
  told.setAttribute("role", "status");
  const [bar, text, seconds] = [document.createElement("progress"), document.createElement("p"), document.createElement("span")];
  bar.setAttribute("aria-label", working);
  text.append(working);
  seconds.setAttribute("aria-hidden", "true");
  told.append(bar, text, seconds);
  document.body.append(told);
  const tick = () => { seconds.textContent = `${Math.round((Date.now() - since) / 1000)} s`; };
  tick();
  const ticking = setInterval(() => {
    if (over?.()) {
      clearInterval(ticking);
      told.remove();
    } else tick();
  }, over ? SHORT : 1000);
}
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("form[method=post] button")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
  document.querySelector(".working")?.remove();
});
