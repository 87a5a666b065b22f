// Two people, one row: before a form that names its row's version is sent, its page is asked for anew. Where somebody
// else saved meanwhile, both texts are shown field by field, and whoever came second chooses. Without this file, or if
// somebody is faster still, the server refuses the form and says so.
const passed = new WeakSet();
const checking = new WeakSet();

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const version = form.querySelector("input[name=version]");
  if (event.defaultPrevented || form.method !== "post" || !version?.value || passed.delete(form)) return;
  event.preventDefault();
  if (checking.has(form)) return;
  checking.add(form);
  const theirs = await present(form);
  checking.delete(form);
  if (theirs && theirs.querySelector("input[name=version]").value !== version.value) {
    const differences = compare(form, theirs);
    if (differences.length > 0) return ask(form, theirs, differences, event.submitter);
    version.value = theirs.querySelector("input[name=version]").value;
  }
  send(form, event.submitter);
});

function send(form, submitter) {
  passed.add(form);
  form.requestSubmit(submitter);
  passed.delete(form);
}

// Returns the same form as it is on the server now, or null where there is none any more.
async function present(form) {
  try {
    const answer = await fetch(location.href, { cache: "no-store", headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return alike(page, form)[alike(document, form).indexOf(form)] ?? null;
  } catch {
    return null;
  }
}

function alike(page, form) {
  const key = form.querySelector("input[name=id]")?.value;
  return [...page.querySelectorAll("form")].filter(
    (one) =>
      one.getAttribute("action") === form.getAttribute("action") &&
      one.querySelector("input[name=version]") &&
      one.querySelector("input[name=id]")?.value === key,
  );
}

function fields(form) {
  const found = new Map();
  for (const one of form.elements) {
    if (!one.name || ["hidden", "submit", "button", "file", "password"].includes(one.type) || one.tagName === "BUTTON") continue;
    if (one.type === "radio" && !one.checked && found.has(one.name)) continue;
    found.set(one.name, one);
  }
  return found;
}

function read(field) {
  if (!field) return "";
  if (field.type === "checkbox") return field.checked ? field.value : "";
  if (field.type === "radio") return field.checked ? field.value : "";
  return field.value.replace(/\r\n/g, "\n").trim();
}

function atFirst(field) {
  if (!field) return "";
  if (field.type === "checkbox" || field.type === "radio") return field.defaultChecked ? field.value : "";
  if (field.tagName === "SELECT") return ([...field.options].find((one) => one.defaultSelected) ?? field.options[0])?.value ?? "";
  return field.defaultValue.replace(/\r\n/g, "\n").trim();
}

function compare(form, theirs) {
  const [mine, other] = [fields(form), fields(theirs)];
  // What is shown after a refusal is what was typed, so nobody knows any more how it was at first.
  const again = document.body.hasAttribute("data-again");
  const found = [];
  for (const name of new Set([...mine.keys(), ...other.keys()])) {
    const [ours, since] = [read(mine.get(name)), read(other.get(name))];
    if (ours === since) continue;
    const before = again ? null : atFirst(mine.get(name));
    if (before === since) continue; // only we changed it
    found.push({ name, field: mine.get(name), other: other.get(name), theirs: since, keep: ours !== before });
  }
  return found;
}

async function ask(form, theirs, differences, submitter) {
  document.querySelector(".meanwhile")?.remove();
  const words = await fetch(document.body.dataset.meanwhile);
  if (!words.ok) return send(form, submitter);
  const holder = document.createElement("template");
  holder.innerHTML = await words.text();
  const box = holder.content.firstElementChild;
  const body = box.querySelector("tbody");
  differences.forEach((one, place) => {
    const row = body.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = label(one.field ?? one.other);
    row.append(head);
    for (const [whose, field] of [["theirs", one.other], ["yours", one.field]]) {
      const cell = row.insertCell();
      const choice = document.createElement("label");
      const radio = document.createElement("input");
      Object.assign(radio, { type: "radio", name: `choice-${place}`, value: whose, checked: one.keep === (whose === "yours") });
      choice.append(radio, ` ${shown(field)}`);
      cell.append(choice);
    }
  });
  box.querySelector("button").addEventListener("click", () => {
    differences.forEach((one, place) => {
      if (box.querySelector(`[name=choice-${place}]:checked`).value === "theirs") take(form, one);
    });
    form.querySelector("input[name=version]").value = theirs.querySelector("input[name=version]").value;
    box.remove();
    send(form, submitter);
  });
  form.before(box);
  box.focus();
}

function label(field) {
  const found = field.labels?.[0]?.cloneNode(true);
  found?.querySelector(".required")?.remove();
  const own = field.ownerDocument.querySelector(`label[for="${CSS.escape(field.id)}"]`);
  return (found ?? own)?.textContent.trim() || field.getAttribute("aria-label") || field.name;
}

function shown(field) {
  if (field?.type === "checkbox") return field.checked ? "✓" : "✗";
  if (field?.tagName === "SELECT") return field.selectedOptions[0]?.textContent.trim() || "–";
  return read(field) || "–";
}

function take(form, one) {
  if (!one.field) {
    const added = Object.assign(document.createElement("input"), { type: "hidden", name: one.name, value: one.theirs });
    return form.append(added);
  }
  if (one.field.type === "radio") {
    const same = [...form.elements].filter((field) => field.name === one.name);
    for (const field of same) field.checked = field.value === one.theirs;
  } else if (one.field.type === "checkbox") one.field.checked = one.theirs !== "";
  else one.field.value = one.theirs;
}
