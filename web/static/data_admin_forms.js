// The forms of Piccolo Admin: what cannot be changed is locked, every input has a label, and two people who change one row
// at a time see what differs before the second one saves.
(() => {
  const { texts, after, before, answer, onOneRow } = guildshopAdmin;

  // Fields that no service changes are shown, but cannot be typed into.
  let locked = new Set();
  after.push(({ path, xhr }) => {
    if (!/^api\/tables\/[^/]+\/schema\/$/.test(path) || xhr.status !== 200) return;
    const extra = JSON.parse(xhr.responseText).extra ?? {};
    locked = new Set(extra.read_only_columns ?? []);
    document.documentElement.dataset.allowed = (extra.allowed_writes ?? []).join(" ");
  });
  const lock = () => {
    if (!onOneRow()) return;
    for (const field of document.querySelectorAll("form [name]")) {
      if (!locked.has(field.name)) continue;
      // A time is a hidden field beside the inputs that people see.
      const shown = field.type === "hidden" ? field.parentElement.querySelectorAll("input, select") : [field];
      for (const part of shown) {
        if ("readOnly" in part) part.readOnly = true;
        part.classList.add("guildshop-locked");
      }
    }
  };

  // Every input has a name that is read out.
  let count = 0;
  const label = () => {
    for (const one of document.querySelectorAll("form label")) {
      const controls = one.parentElement.querySelectorAll("input:not([type=hidden]):not(#editor), select, textarea:not(#editor)");
      const shown = [...controls].filter((control) => !control.closest(".overlay, #overlay .results, .input_wrapper"));
      const text = one.firstChild?.textContent.trim();
      const main = shown.find((control) => !/__(operator|match)$/.test(control.name) && control.options?.[0]?.value !== "Africa/Abidjan");
      for (const control of shown) {
        if (control === main) {
          control.id ||= `guildshop-field-${++count}`;
          if (one.htmlFor !== control.id) one.htmlFor = control.id;
        } else if (/__(operator|match)$/.test(control.name)) {
          name(control, texts.comparison.replace("{column}", text));
        } else if (control.options?.[0]?.value === "Africa/Abidjan") {
          name(control, texts.zone.replace("{column}", text));
        } else {
          name(control, text);
        }
      }
    }
    for (const [selector, text] of Object.entries(NAMES)) {
      for (const element of document.querySelectorAll(selector)) name(element, text);
    }
  };
  const name = (element, text) => {
    if (element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
  };
  const NAMES = {
    "thead input[type=checkbox]": texts.all,
    "tbody input[type=checkbox]": texts.row,
    "tbody td:last-child a.subtle[href='#'], [data-uitest=drop_down_button]": texts.more,
    "#pagination li:first-child a": texts.earlier,
    "#pagination li:last-child a": texts.later,
    "#pagination input": texts.page,
    "#page_size select": texts.rows,
    "#burger_menu a": texts.menu,
    "th a, select[name=ordering]": texts.sort,
    "select[name=column], select[name=property]": texts.column,
    "form label a.add[href$='/add/']": texts.add,
    "form label a.add:not([href$='/add/'])": texts.edit,
    "#overlay .close a, #message_popup .close a": texts.close,
  };

  // Custom forms: what has few values is chosen from a list, and what is for machines is not shown.
  const choose = () => {
    const { properties = {} } = guildshopAdmin.schema ?? {};
    for (const [field, { choices, hidden }] of Object.entries(properties)) {
      if (!choices && !hidden) continue;
      const input = document.querySelector(`form input[name="${CSS.escape(field)}"]`);
      if (hidden) input?.closest("form > div > div")?.setAttribute("hidden", "");
      if (!choices || !input || input.hidden) continue;
      const list = document.createElement("select");
      for (const [value, text] of Object.entries(choices)) list.add(new Option(text, value));
      list.value = input.value;
      input.hidden = true;
      input.type = "hidden";
      input.before(list);
      list.addEventListener("change", () => {
        input.value = list.value;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
    }
  };

  // The way back to the rest of the workspace.
  const lead = () => {
    const bar = document.querySelector("#nav > ul");
    if (!bar || bar.querySelector(".guildshop-back-link")) return;
    const item = document.createElement("li");
    item.className = "guildshop-back-link";
    item.append(Object.assign(document.createElement("a"), { href: "/admin/dashboard", textContent: texts.dashboard }));
    bar.prepend(item);
  };

  new MutationObserver(() => {
    lock();
    choose();
    label();
    lead();
  }).observe(document, { childList: true, subtree: true });

  // Two people, one row: before a form is sent, its row is asked for anew.
  let shown = null;
  after.push(({ method, path, xhr }) => {
    if (method !== "GET" || !/^api\/tables\/[^/]+\/[^/]+\/$/.test(path) || xhr.status !== 200) return;
    if (onOneRow() && !/\/(schema|new|ids|count|references)\/$/.test(path)) shown = { path, row: JSON.parse(xhr.responseText) };
  });
  before.push((request) => (request.method === "PATCH" && shown?.path === request.path && onOneRow() ? compared(request) : null));

  const plain = (value) => {
    if (value === null || value === undefined || value === "") return "";
    if (typeof value === "object") return JSON.stringify(value);
    const text = String(value).replace(/\r\n/g, "\n");
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return String(Math.floor(Date.parse(text) / 1000));
    if (/^[[{]/.test(text)) {
      try {
        return JSON.stringify(JSON.parse(text));
      } catch {
        return text;
      }
    }
    return text;
  };
  const same = (one, other) => plain(one) === plain(other);

  const compared = async ({ xhr, path, body }) => {
    let now;
    try {
      const found = await fetch(path, { cache: "no-store", headers: { Accept: "application/json" } });
      if (found.status === 401) {
        guildshopAdmin.ended(xhr);
        xhr.dispatchEvent(new ProgressEvent("loadend"));
        return null;
      }
      if (!found.ok) return body;
      now = await found.json();
    } catch {
      return body;
    }
    const mine = JSON.parse(body);
    const differing = Object.keys(mine).filter(
      (column) => !locked.has(column) && !same(now[column], shown.row[column]) && !same(now[column], mine[column]),
    );
    const kept = differing.length ? await ask(mine, now, differing) : differing;
    if (kept === null) {
      answer(xhr, 409, texts.differs);
      xhr.dispatchEvent(new ProgressEvent("loadend"));
      return null;
    }
    // What the form cannot change is sent as it is now: it may have changed by itself.
    const changed = Object.entries(mine).map(([column, value]) => {
      const theirs = locked.has(column) || (differing.includes(column) && !kept.includes(column));
      return [column, theirs && column in now ? now[column] : value];
    });
    return JSON.stringify(Object.fromEntries(changed));
  };

  // Shows what differs; returns which columns are to be as they are in the form, or null when the form is not sent.
  const ask = async (mine, now, differing) => {
    const words = await fetch(texts.meanwhile);
    if (!words.ok) return null;
    document.querySelector(".meanwhile")?.remove();
    const holder = document.createElement("template");
    holder.innerHTML = await words.text();
    const box = holder.content.firstElementChild;
    differing.forEach((column, place) => addRow(box, column, place, [now[column], mine[column]], !same(mine[column], shown.row[column])));
    const save = box.querySelector("button");
    const back = Object.assign(document.createElement("button"), { type: "button", className: "guildshop-back", textContent: texts.stay });
    save.after(back);
    document.querySelector("form").before(box);
    scrollTo(0, 0);
    box.focus();
    return new Promise((done) => {
      const end = (result) => {
        box.remove();
        done(result);
      };
      back.addEventListener("click", () => end(null));
      addEventListener("guildshop-moved", () => end(null), { once: true });
      save.addEventListener("click", () =>
        end(differing.filter((_column, place) => box.querySelector(`[name=choice-${place}]:checked`).value === "yours")),
      );
    });
  };
  const addRow = (box, column, place, values, keep) => {
    const row = box.querySelector("tbody").insertRow();
    const head = Object.assign(document.createElement("th"), { scope: "row", textContent: titleOf(column) });
    row.append(head);
    ["theirs", "yours"].forEach((whose, index) => {
      const choice = document.createElement("label");
      const radio = document.createElement("input");
      Object.assign(radio, { type: "radio", name: `choice-${place}`, value: whose, checked: keep === (whose === "yours") });
      choice.append(radio, ` ${readable(column, values[index])}`);
      row.insertCell().append(choice);
    });
  };
  const titleOf = (column) => guildshopAdmin.schema?.properties[column]?.title ?? column;
  const readable = (column, value) => {
    if (plain(value) === "") return "–";
    if (["true", "false"].includes(String(value))) return String(value) === "true" ? "✓" : "✗";
    const choices = Object.values(guildshopAdmin.schema?.properties[column]?.extra?.choices ?? {});
    return choices.find((one) => one.value === value)?.display_name ?? String(value);
  };
})();
