/** The drawer in which things are made to go wrong, and in which the bot's requests are seen. */

import { api } from "./api.js";
import { fill, h, icon, iconButton, toast, uniqueId } from "./dom.js";
import { avatar } from "./avatars.js";
import { userName } from "./format.js";
import { state } from "./state.js";

const POLL_MS = 1200;
const KEEP = 200;

/** Make the drawer; `toggle()` on the result opens and closes it. */
export class FaultsDrawer {
  constructor() {
    this.requests = [];
    this.since = null;
    this.switches = h("div", { class: "drawer-section" });
    this.status = h("p", { class: "bot-state", role: "status" });
    this.count = h("span", { class: "muted" });
    this.table = h("tbody");
    this.element = h(
      "aside",
      { class: "drawer", "aria-label": "Faults", hidden: true, tabindex: "-1" },
      h("header", { class: "drawer-head" }, h("h2", {}, "Faults"), iconButton("close", "Close faults", () => this.toggle(false))),
      h("div", { class: "drawer-scroll" }, this.status, this.switches, this.requestSection(), this.resetSection()),
    );
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle(false));
    state.on(["ready", "faults", "people"], () => this.drawSwitches());
    state.on(["ready", "bot"], () => this.drawStatus());
  }

  /** Open or close the drawer. */
  toggle(open = this.element.hidden) {
    this.element.hidden = !open;
    this.opener?.setAttribute("aria-expanded", String(open));
    if (open) {
      this.drawSwitches();
      this.element.focus();
      this.poll();
    } else {
      clearTimeout(this.timer);
      this.opener?.focus();
    }
  }

  drawStatus() {
    fill(this.status, h("span", { class: ["state-dot", state.online ? "on" : "off"], "aria-hidden": "true" }), state.online ? "The bot is online" : "The bot is offline");
  }

  async set(change) {
    try {
      const faults = await api.setFaults(change);
      if (faults && typeof faults === "object" && "slow_ms" in faults) state.faults = faults;
      else state.faults = { ...state.faults, ...change };
    } catch (error) {
      toast(error.message, "error");
    }
    state.emit("faults");
  }

  drawSwitches() {
    if (this.element.hidden) return;
    const focused = document.activeElement?.dataset.fault;
    const { faults } = state;
    fill(
      this.switches,
      h("h3", {}, "Direct messages closed"),
      h("p", { class: "muted" }, "The bot's direct messages to these people are refused (50007)."),
      h("div", { class: "switch-list" }, state.people.map((person) => this.closedSwitch(person))),
      h("h3", {}, "Answers of the API"),
      this.burst("rate_limit", "429: too many requests", faults.rate_limit, (count, pattern) => ({ count, path_pattern: pattern, retry_after: 1 })),
      this.burst("fail_503", "503: unavailable", faults.fail_next?.status === 503 ? faults.fail_next : null, (count, pattern) => ({ status: 503, count, path_pattern: pattern })),
      this.burst("fail_500", "500: internal error", faults.fail_next?.status === 500 ? faults.fail_next : null, (count, pattern) => ({ status: 500, count, path_pattern: pattern })),
      this.slow(faults.slow_ms ?? 0),
      h("h3", {}, "Interactions and roles"),
      this.flag("late_answer", "Late answer", "Every answer comes too late: the interaction is unknown (10062)."),
      this.flag("role_too_high", "Role too high", "The bot's role moves below all others (50013)."),
      h("h3", {}, "Gateway"),
      h("button", { type: "button", class: "button button-secondary", dataset: { fault: "drop_gateway" }, onclick: () => this.set({ drop_gateway: true }) }, icon("bolt"), "Drop the connection"),
    );
    if (focused) this.switches.querySelector(`[data-fault="${CSS.escape(focused)}"]`)?.focus();
  }

  toggleRow(key, on, label, detail, act, lead = null) {
    const input = h("input", { type: "checkbox", role: "switch", class: "switch", dataset: { fault: key } });
    input.checked = on;
    input.addEventListener("change", () => act(input.checked));
    return h("label", { class: "switch-row" }, lead, h("span", { class: "switch-text" }, h("span", {}, label), detail && h("small", {}, detail)), input);
  }

  closedSwitch(person) {
    const closed = new Set(state.faults.closed_dms ?? []);
    const { id } = person.user;
    const act = (on) => {
      if (on) closed.add(id);
      else closed.delete(id);
      this.set({ closed_dms: [...closed] });
    };
    return this.toggleRow(`dm-${id}`, closed.has(id), userName(person.user), null, act, avatar(person.user, "small"));
  }

  flag(key, label, detail) {
    return this.toggleRow(key, Boolean(state.faults[key]), label, detail, (on) => this.set({ [key]: on }));
  }

  /** A fault for the next few requests to paths that match. */
  burst(key, label, current, make) {
    const field = key === "rate_limit" ? "rate_limit" : "fail_next";
    const id = uniqueId("burst");
    const count = h("input", { id: `${id}-count`, class: "field-input number", type: "number", min: "1", max: "1000", value: String(current?.count ?? 3), dataset: { fault: `${key}-count` } });
    const pattern = h("input", { id: `${id}-path`, class: "field-input path", type: "text", value: current?.path_pattern ?? "*", spellcheck: "false", dataset: { fault: `${key}-path` } });
    const act = (on) => this.set({ [field]: on ? make(Math.max(1, Number(count.value) || 1), pattern.value.trim() || "*") : null });
    const row = this.toggleRow(key, Boolean(current), label, current ? `${current.count} to go` : null, act);
    return h("div", { class: "burst" }, row, h("div", { class: "burst-fields" }, h("label", { for: count.id }, "Next"), count, h("label", { for: pattern.id }, "on path"), pattern));
  }

  slow(ms) {
    const id = uniqueId("slow");
    const output = h("output", { for: id }, ms ? `${ms} ms` : "off");
    const input = h("input", { id, type: "range", min: "0", max: "5000", step: "250", class: "range", dataset: { fault: "slow_ms" } });
    input.value = String(ms);
    input.addEventListener("input", () => fill(output, Number(input.value) ? `${input.value} ms` : "off"));
    input.addEventListener("change", () => this.set({ slow_ms: Number(input.value) }));
    return h("div", { class: "slow-row" }, h("label", { for: id }, "Slow answers"), input, output);
  }

  requestSection() {
    const clear = h("button", { type: "button", class: "text-button", onclick: () => this.clear() }, "Clear");
    const head = h("thead", {}, h("tr", {}, ["Method", "Route", "Status"].map((name) => h("th", { scope: "col" }, name))));
    return h(
      "div",
      { class: "drawer-section" },
      h("h3", {}, "The bot's requests ", this.count, clear),
      h("div", { class: "request-scroll", tabindex: "0", role: "region", "aria-label": "The bot's requests" }, h("table", { class: "requests" }, head, this.table)),
    );
  }

  clear() {
    this.requests = [];
    this.drawRequests();
  }

  async poll() {
    clearTimeout(this.timer);
    if (this.element.hidden) return;
    try {
      const found = await api.requests(this.since);
      const fresh = this.since === null ? found.slice(-KEEP) : found.filter((request) => request.at > this.since);
      if (found.length) this.since = found[found.length - 1].at;
      if (fresh.length || !this.requests.length) {
        this.requests = [...fresh.reverse(), ...this.requests].slice(0, KEEP);
        this.drawRequests();
      }
    } catch {
      // The banner tells when the simulator is gone; the list just waits.
    }
    this.timer = setTimeout(() => this.poll(), POLL_MS);
  }

  drawRequests() {
    fill(this.count, this.requests.length ? `(last ${this.requests.length})` : "");
    const rows = this.requests.map((request) => requestRow(request));
    fill(this.table, rows.length ? rows : h("tr", {}, h("td", { colspan: "3", class: "muted" }, "None yet")));
  }

  resetSection() {
    const reset = h("button", { type: "button", class: "button button-danger" }, icon("refresh"), "Reset the simulator");
    let armed = null;
    reset.addEventListener("click", async () => {
      if (!armed) {
        fill(reset, "Press again to forget all messages");
        armed = setTimeout(() => {
          armed = null;
          fill(reset, icon("refresh"), "Reset the simulator");
        }, 4000);
        return;
      }
      clearTimeout(armed);
      armed = null;
      fill(reset, icon("refresh"), "Reset the simulator");
      try {
        await api.reset();
        this.since = null;
        this.clear();
        state.emit("reset");
      } catch (error) {
        toast(error.message, "error");
      }
    });
    return h("div", { class: "drawer-section" }, h("h3", {}, "Start afresh"), reset);
  }
}

function requestRow(request) {
  const good = request.status < 400;
  const body = request.body ? JSON.stringify(request.body).slice(0, 600) : "";
  return h(
    "tr",
    { title: body ? `${request.path}\n${body}` : request.path },
    h("td", { class: "method" }, request.method),
    h("td", { class: "route" }, request.route ?? request.path),
    h("td", { class: ["status", good ? "good" : "bad"] }, request.status),
  );
}
