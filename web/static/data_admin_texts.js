// Piccolo Admin in the reader's language. Its own translations say most, and labels come with its schemas; what its front
// end writes in English by itself, and the names of tables, which it takes from their addresses, are put right here.
(() => {
  const { texts, after } = guildshopAdmin;
  const LANGUAGE = "piccoloAdminDefaultLanguage";
  localStorage.setItem(LANGUAGE, texts.language);

  let typed = false;
  for (const name of ["input", "change"]) {
    addEventListener(name, (event) => (typed ||= event.isTrusted && Boolean(event.target.closest?.("form"))), true);
  }
  addEventListener("guildshop-moved", () => (typed = false));
  guildshopAdmin.typed = () => typed;

  // Its switch of languages is that of all our pages.
  after.push(async ({ path, xhr }) => {
    const chosen = /^public\/translations\/([^/]+)\/$/.exec(path)?.[1];
    if (!chosen || xhr.status !== 200 || chosen === texts.language) return;
    const body = new URLSearchParams({ language: chosen.replace("-", "_"), next: "/admin/" });
    await fetch("/language", { method: "POST", body, redirect: "manual" });
    if (!typed) location.reload();
  });

  let schema = { properties: {} };
  after.push(({ path, xhr }) => {
    if (!/^api\/(tables|forms)\/[^/]+\/schema\/$/.test(path) || xhr.status !== 200) return;
    schema = JSON.parse(xhr.responseText);
    guildshopAdmin.schema = schema;
  });
  const title = (column) => schema.properties[column]?.title ?? (column === "id" ? texts.id : column);

  const spoken = (table) => table.split("_").join(" ");
  const upper = (text) => text.split(" ").map((word) => word.replace(word[0], word[0]?.toUpperCase())).join(" ");
  const names = new Map();
  for (const [table, label] of Object.entries(texts.tables)) {
    for (const name of [table, spoken(table), upper(spoken(table))]) names.set(name, label);
  }

  const exact = new Map([["NULL", "–"]]);
  const patterns = [];
  for (const [phrase, said] of Object.entries(texts.phrases)) {
    if (!phrase.includes("{0}")) {
      exact.set(phrase, said);
      continue;
    }
    const source = phrase.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\d\}/g, "(.+?)");
    patterns.push([new RegExp(`^${source}$`, "s"), said]);
  }
  const say = (text) => {
    const bare = text.trim();
    if (!bare) return text;
    const found = exact.get(bare);
    if (found !== undefined) return text.replace(bare, () => found);
    for (const [pattern, said] of patterns) {
      const parts = pattern.exec(bare);
      if (parts) return said.replace(/\{(\d)\}/g, (_all, place) => names.get(parts[+place + 1]) ?? title(parts[+place + 1]));
    }
    return text;
  };

  for (const name of ["alert", "confirm"]) {
    const original = window[name];
    window[name] = (text) => original.call(window, say(String(text)));
  }

  const set = (node, text) => {
    if (node.nodeValue !== text) node.nodeValue = text;
  };
  const tableOf = (address) => /^#\/([^/?]+)/.exec(address ?? "")?.[1];

  // What stands for a text on the page: a table's or a column's label, or a phrase in the reader's language.
  const put = (node) => {
    const element = node.parentElement;
    const text = node.nodeValue;
    if (!element || !text.trim() || element.closest("textarea, pre, code, script, style, .guildshop-message, .meanwhile")) return;
    if (element.matches("tbody td > span")) {
      moment(node);
    } else if (element.closest(".table_list") && element.matches("a > span")) {
      const label = texts.tables[tableOf(element.closest("a").getAttribute("href"))];
      if (label) set(node, label);
    } else if (element.closest(".related_tables") && element.matches(".bold")) {
      const table = tableOf(element.closest("a").getAttribute("href"));
      set(node, element.matches(".table") ? (texts.tables[text] ?? text) : (texts.references[`${table}.${text}`] ?? text));
    } else if (element.matches("h1") && heading(text)) {
      set(node, heading(text));
    } else if (element.matches('select[name="column"] option, .column_list label')) {
      set(node, say(title(text)));
    } else if (!element.closest("td, .results_list li ~ li ~ li")) {
      set(node, say(text));
    }
  };
  // Times stand in lists as they are stored; here they are written as the reader writes them, in the time zone chosen.
  const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
  const moment = (node) => {
    const text = node.nodeValue.trim();
    if (!MOMENT.test(text)) return;
    const timeZone = localStorage.getItem("defaultTimezone") ?? "UTC";
    node.parentElement.title = text;
    set(node, new Intl.DateTimeFormat(texts.locale, { dateStyle: "medium", timeStyle: "medium", timeZone }).format(new Date(text)));
  };
  const heading = (text) => {
    const table = tableOf(location.hash);
    const label = texts.tables[table];
    if (!label) return null;
    if (text === spoken(table)) return label;
    const end = ` ${spoken(table)}`;
    return text.endsWith(end) ? `${label}: ${text.slice(0, -end.length)}` : null;
  };

  const ATTRIBUTES = ["title", "placeholder", "label"];
  const putAttributes = (element) => {
    for (const name of ATTRIBUTES) {
      const text = element.getAttribute(name);
      if (text && !element.closest("td")) {
        const said = say(text);
        if (said !== text) element.setAttribute(name, said);
      }
    }
  };
  const walk = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return put(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    putAttributes(root);
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      if (walker.currentNode.nodeType === Node.TEXT_NODE) put(walker.currentNode);
      else putAttributes(walker.currentNode);
    }
  };
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "childList") addedNodes.forEach(walk);
      else if (type === "attributes") putAttributes(target);
      else put(target);
    }
  }).observe(document, { childList: true, subtree: true, characterData: true, attributeFilter: ATTRIBUTES });
})();
