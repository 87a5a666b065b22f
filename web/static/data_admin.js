// Around Piccolo Admin's front end: our sign-in page instead of its own, and sentences where it has no place for them.
// What the other data_admin_*.js files share is here too: the texts of the page, and a way to hear its requests.
const guildshopAdmin = (() => {
  const texts = JSON.parse(document.getElementById("guildshop-texts").textContent);

  const toSignIn = () => {
    if (/^#\/login\b/.test(location.hash)) {
      const from = new URLSearchParams(location.hash.split("?")[1] ?? "").get("nextURL") ?? "/";
      location.replace("/login?next=" + encodeURIComponent("/admin/" + (from === "/" ? "" : "#" + from)));
    } else if (/^#\/change-password\b/.test(location.hash)) {
      location.replace("/account");
    }
  };
  addEventListener("hashchange", toSignIn);
  toSignIn();
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    history[name] = function (...given) {
      original.apply(this, given);
      dispatchEvent(new Event("guildshop-moved"));
      toSignIn();
    };
  }
  addEventListener("popstate", () => dispatchEvent(new Event("guildshop-moved")));

  // Light and dark are those of all our pages; who changes them here changes them everywhere.
  const THEME = "guildshop-theme";
  const chosen = localStorage.getItem(THEME);
  let dark = String(chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  localStorage.setItem("darkMode", dark);
  addEventListener("click", () =>
    setTimeout(() => {
      const now = localStorage.getItem("darkMode");
      if (now === dark) return;
      dark = now;
      localStorage.setItem(THEME, now === "true" ? "dark" : "light");
    }),
  );

  const tell = (sentence, isError) => {
    document.querySelector(".guildshop-message")?.remove();
    const box = document.createElement("div");
    box.className = "guildshop-message" + (isError ? " error" : "");
    box.setAttribute("role", isError ? "alert" : "status");
    box.textContent = sentence;
    document.body.append(box);
    setTimeout(() => box.remove(), 12000);
  };

  // Every request of the front end passes here: `before` may hold and change what is sent, `after` hears the answer.
  const before = [];
  const after = [];
  const requests = new WeakMap();
  const { open, send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    const { pathname } = new URL(address, location.href);
    const request = { method: method.toUpperCase(), path: pathname.replace(/^\/admin\//, ""), xhr: this };
    requests.set(this, request);
    this.addEventListener("load", () => after.forEach((hear) => hear(request)));
    this.addEventListener("loadend", (event) => readPlain(this, event));
    return open.call(this, method, address, ...rest);
  };
  XMLHttpRequest.prototype.send = function (body) {
    const request = { ...requests.get(this), body };
    const check = before.map((one) => one(request)).find(Boolean);
    if (!check) return send.call(this, body);
    check.then((changed) => changed !== null && send.call(this, changed));
  };

  // Lets the front end see another answer than came, or one that never came: a sentence, which its forms show.
  const answer = (xhr, status, sentence) => {
    const forForm = xhr.responseType === "blob";
    const content = forForm
      ? new Blob([JSON.stringify({ custom_form_error: sentence })], { type: "application/json" })
      : sentence;
    const given = { status, statusText: "", readyState: 4, response: content };
    if (!forForm) given.responseText = sentence;
    for (const [name, value] of Object.entries(given)) Object.defineProperty(xhr, name, { value, configurable: true });
    xhr.getAllResponseHeaders = () => "content-type: text/plain";
  };

  // Its custom forms show refusals in JSON only.
  const readPlain = (xhr, event) => {
    if (xhr.responseType !== "blob" || xhr.status < 400 || /json/.test(xhr.response?.type ?? "json")) return;
    event.stopImmediatePropagation();
    xhr.response.text().then((sentence) => {
      answer(xhr, 422, sentence);
      xhr.dispatchEvent(new ProgressEvent("loadend"));
    });
  };

  const onOneRow = () => /^#\/[^/]+\/[^/?]+\/?(\?|$)/.test(location.hash) && !/\/add\/?$/.test(location.hash);

  // A saved row is shown anew: the service may have changed more of it, and its version is another one.
  const SAVED = "guildshop-saved";
  const saved = sessionStorage.getItem(SAVED);
  if (saved) {
    sessionStorage.removeItem(SAVED);
    addEventListener("DOMContentLoaded", () => tell(saved, false));
  }

  after.push(({ method, xhr }) => {
    const sentence = xhr.getResponseHeader("X-Guildshop-Message");
    if (sentence) tell(decodeURIComponent(sentence), false);
    if (xhr.status === 200 && method === "PATCH" && onOneRow()) {
      const said = "Successfully saved row";
      sessionStorage.setItem(SAVED, texts.phrases[said] ?? said);
      location.reload();
    }
    if (xhr.status >= 400 && method === "DELETE") {
      let text = xhr.responseText;
      try {
        text = JSON.parse(text).detail ?? text;
      } catch {
        // It is the sentence itself.
      }
      tell(String(text), true);
    }
  });

  return { texts, tell, before, after, answer, onOneRow };
})();
