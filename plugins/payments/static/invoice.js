// Shows a payment as soon as it has come: asks for the state now and then, and loads the page anew when it is another.
const card = document.querySelector("[data-own]");
const SHORTEST = 2000;
const LONGEST = 30000;
let wait = SHORTEST;

async function look() {
  try {
    const answer = await fetch(card.dataset.own, { cache: "no-store", referrerPolicy: "no-referrer" });
    const { state } = await answer.json();
    if (state !== card.dataset.state) {
      // Without the question of the address: the page says by itself how things stand.
      location.replace(location.pathname);
      return;
    }
    wait = Math.min(wait * 1.1, LONGEST);
  } catch {
    wait = Math.min(wait * 2, LONGEST);
  }
  setTimeout(look, wait);
}

if (card) {
  setTimeout(look, wait);
  // Whoever comes back from paying looks at once.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) wait = SHORTEST;
  });
}

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", () => {
    // After the button's own value has been taken into the form; a page kept in memory comes back with it usable.
    setTimeout(() => {
      for (const button of form.querySelectorAll("button")) button.disabled = true;
    });
  });
}
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button")) button.disabled = false;
});
