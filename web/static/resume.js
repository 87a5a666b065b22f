// Takes what was typed back to its form, if that is still there; without this file it is sent from the page that shows it.
const kept = document.querySelector("form[data-resume]");
if (kept?.dataset.resume) await goBack();

async function goBack() {
  const page = new URL(kept.dataset.resume, location.href);
  try {
    const answer = await fetch(page, { cache: "no-store", headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const action = new URL(kept.action).pathname;
    const forms = [...found.querySelectorAll("form[method=post]")];
    if (!forms.some((form) => new URL(form.getAttribute("action") || page, page).pathname === action)) return;
  } catch {
    return;
  }
  const fields = [...new FormData(kept)].filter(([name]) => name !== "csrftoken");
  const { told } = kept.dataset;
  sessionStorage.setItem("guildshop-kept", JSON.stringify({ page: page.href, action: kept.action, fields, told }));
  location.replace(page);
}
