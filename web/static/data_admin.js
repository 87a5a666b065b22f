// Around Piccolo Admin's front end: our sign-in page instead of its own, and sentences where it has no place for them.
(() => {
  const toSignIn = () => {
    if (/^#\/login\b/.test(location.hash)) {
      location.replace("/login?next=" + encodeURIComponent("/admin/"));
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
      toSignIn();
    };
  }

  const chosen = localStorage.getItem("guildshop-theme");
  if (chosen) localStorage.setItem("darkMode", String(chosen === "dark"));

  const tell = (sentence, isError) => {
    document.querySelector(".guildshop-message")?.remove();
    const box = document.createElement("div");
    box.className = "guildshop-message" + (isError ? " error" : "");
    box.setAttribute("role", isError ? "alert" : "status");
    box.textContent = sentence;
    document.body.append(box);
    setTimeout(() => box.remove(), 12000);
  };

  // A saved row is shown anew: the service may have changed more of it, and its version is another one.
  const SAVED = "guildshop-saved";
  const onOneRow = () => /^#\/[^/]+\/[^/]+\/?$/.test(location.hash) && !/\/add\/?$/.test(location.hash);
  const saved = sessionStorage.getItem(SAVED);
  if (saved) {
    sessionStorage.removeItem(SAVED);
    addEventListener("DOMContentLoaded", () => tell(saved, false));
  }

  // Fields that no service changes are shown, but cannot be typed into.
  let locked = new Set();
  const lock = () => {
    for (const field of document.querySelectorAll("form [name]")) {
      if (!locked.has(field.name) || !/^#\/[^/]+\/[^/]+\//.test(location.hash) || /\/add\//.test(location.hash)) continue;
      // A time is a hidden field beside the inputs that people see.
      const shown = field.type === "hidden" ? field.parentElement.querySelectorAll("input, select") : [field];
      for (const part of shown) {
        if ("readOnly" in part) part.readOnly = true;
        part.classList.add("guildshop-locked");
      }
    }
  };
  new MutationObserver(lock).observe(document, { childList: true, subtree: true });

  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    this.addEventListener("load", () => {
      const sentence = this.getResponseHeader("X-Guildshop-Message");
      if (sentence) tell(decodeURIComponent(sentence), false);
      if (this.status === 200 && method.toUpperCase() === "PATCH" && onOneRow()) {
        sessionStorage.setItem(SAVED, "Successfully saved row");
        location.reload();
      }
      if (this.status >= 400 && method.toUpperCase() === "DELETE") {
        let text = this.responseText;
        try {
          text = JSON.parse(text).detail ?? text;
        } catch {
          // It is the sentence itself.
        }
        tell(String(text), true);
      }
      if (/\/schema\/$/.test(String(address)) && this.status === 200) {
        try {
          const extra = JSON.parse(this.responseText).extra ?? {};
          locked = new Set(extra.read_only_columns ?? []);
          document.documentElement.dataset.allowed = (extra.allowed_writes ?? []).join(" ");
          lock();
        } catch {
          locked = new Set();
        }
      }
    });
    return open.call(this, method, address, ...rest);
  };
})();
