/** "What to try": a card for first-time visitors, different for each person. */

import { h, iconButton } from "./dom.js";
import { state } from "./state.js";

const IDEAS = {
  Buyer: {
    lead: "You are a member who came to buy something.",
    steps: [["catalog", "see what the shop sells"], ["order", "buy it, step by step"], ["orders", "what you bought"], ["order-status", "how far an order is"]],
    next: "Then be Staff and confirm the payment.",
  },
  Staff: {
    lead: "You run the shop's till.",
    steps: [["payment-confirm", "an order was paid"], ["restock", "new pieces came in"], ["ship", "give a parcel its tracking number"], ["customer", "look a member up"]],
    next: "New orders arrive in the orders channel, with Approve and Reject.",
  },
  Owner: {
    lead: "The server is yours.",
    steps: [["settings", "plugins, roles, channels, payments"], ["doctor", "is everything set up?"], ["dashboard", "a private link into the web admin"]],
    next: "Press a member to give them roles. Faults makes things go wrong.",
  },
  Newcomer: {
    lead: "You have just arrived and know nothing.",
    steps: [["help", "what can be done here"], ["register", "become a customer"], ["catalog", "look around"]],
    next: "Join the server first; you can leave it again at the bottom left.",
  },
};
const FALLBACK = { lead: "Type / to see what the bot can do.", steps: [], next: "Switch to another person at the top at any time." };

const hiddenKey = (label) => `guildshop-help-${label}`;

function stored(label) {
  try {
    return localStorage.getItem(hiddenKey(label));
  } catch {
    return null;
  }
}

function store(label, value) {
  try {
    localStorage.setItem(hiddenKey(label), value);
  } catch {
    // Without storage the card simply comes back.
  }
}

/** Make the card; `startCommand(name)` puts a command into the message box. */
export class HelpCard {
  constructor(startCommand) {
    this.startCommand = startCommand;
    this.element = h("section", { class: "help-card", "aria-label": "What to try", hidden: true });
    state.on(["ready", "commands", "selection"], () => this.draw());
  }

  get label() {
    return state.personOf(state.me?.id)?.label ?? "";
  }

  /** Show the card again, or hide it. */
  toggle() {
    store(this.label, this.element.hidden ? "" : "hidden");
    this.draw();
  }

  draw() {
    if (!state.ready) return;
    this.element.hidden = stored(this.label) === "hidden";
    const ideas = IDEAS[this.label] ?? IDEAS[this.label.split(" ")[0]] ?? FALLBACK;
    const usable = new Map(state.usableCommands().map((command) => [command.name, command]));
    let steps = ideas.steps.filter(([name]) => usable.has(name));
    if (!steps.length) steps = [...usable.values()].filter((command) => command.type === 1).slice(0, 4).map((command) => [command.name, command.description]);
    this.element.replaceChildren(
      h("div", { class: "help-text" }, h("strong", {}, "What to try. "), ideas.lead, " ", h("span", { class: "muted" }, ideas.next)),
      h("div", { class: "help-steps" }, steps.map(([name, text]) => this.step(name, text))),
      iconButton("close", "Hide what to try", () => this.toggle(), { class: "help-close" }),
    );
  }

  step(name, text) {
    return h("button", { type: "button", class: "help-step", onclick: () => this.startCommand(name) }, h("span", { class: "command-name" }, `/${name}`), h("span", { class: "help-step-text" }, text));
  }
}
