// A session that ends while somebody types into Piccolo Admin: the page stays as it is, with what was typed. A dialog says
// so and offers to sign in beside it; then the same form is saved once more. Its CSRF token is read anew each time.
(() => {
  const { texts, tell, after, answer } = guildshopAdmin;
  let dialog = null;

  after.push(({ method, path, xhr }) => {
    if (xhr.status !== 401 || !path.startsWith("api/")) return;
    // Where nothing was typed, the front end goes to the sign-in page.
    if (method === "GET" && !guildshopAdmin.typed()) return;
    guildshopAdmin.ended(xhr);
  });
  guildshopAdmin.ended = (xhr) => {
    answer(xhr, 422, texts.keep);
    ask();
  };

  const ask = () => {
    if (dialog) return;
    dialog = document.createElement("dialog");
    dialog.className = "guildshop-dialog";
    dialog.setAttribute("aria-labelledby", "guildshop-ended");
    const add = (parent, tag, text, given = {}) => {
      const element = Object.assign(document.createElement(tag), { textContent: text, ...given });
      parent.append(element);
      return element;
    };
    add(dialog, "h2", texts.ended, { id: "guildshop-ended" });
    add(dialog, "p", texts.keep);
    const buttons = add(dialog, "div", "");
    add(buttons, "a", texts.sign_in, { className: "button", href: "/login?next=/admin/", target: "_blank" });
    add(buttons, "button", texts.stay, { type: "button" }).addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      dialog = null;
    });
    document.body.append(dialog);
    dialog.showModal();
  };

  // Whoever comes back from signing in goes on.
  const look = async () => {
    if (!dialog || document.hidden) return;
    try {
      const answered = await fetch("api/user/", { cache: "no-store" });
      if (!answered.ok || !dialog) return;
    } catch {
      return;
    }
    dialog.close();
    tell(texts.again, false);
  };
  addEventListener("focus", look);
  document.addEventListener("visibilitychange", look);
})();
