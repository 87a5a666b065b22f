// Shows what is new without a reload: asks now and then, and puts the answer in place. Nothing typed is touched.
const region = document.querySelector("[data-live]");
const said = document.querySelector("[data-live-said]");
const SHORTEST = 2500;
const LONGEST = 30000;
let wait = SHORTEST;
let seen = "";
let timer = 0;

async function look() {
  clearTimeout(timer);
  if (!document.hidden) await ask();
  timer = setTimeout(look, wait);
}

async function ask() {
  const address = new URL(region.dataset.live, location.href);
  address.searchParams.set("seen", seen);
  try {
    const answer = await fetch(address, { cache: "no-store", redirect: "error" });
    if (answer.status === 204) {
      wait = Math.min(wait * 1.05, LONGEST);
    } else if (answer.ok) {
      // Whoever is about to press a button in here gets the news a moment later.
      if (region.contains(document.activeElement)) return;
      const first = seen === "";
      seen = answer.headers.get("X-Seen") ?? "";
      const text = await answer.text();
      if (!first) {
        region.innerHTML = text;
        said.textContent = "";
        setTimeout(() => { said.textContent = region.dataset.said; });
      } else if (!same(text)) {
        region.innerHTML = text;
      }
      wait = SHORTEST;
    } else {
      wait = LONGEST;
    }
  } catch {
    wait = Math.min(wait * 2, LONGEST);
  }
}

function same(text) {
  const made = document.createElement("div");
  made.innerHTML = text;
  return made.textContent.replace(/\s+/g, " ").trim() === region.textContent.replace(/\s+/g, " ").trim();
}

if (region) {
  look();
  document.addEventListener("visibilitychange", () => {
    wait = SHORTEST;
    if (!document.hidden) look();
  });
}
