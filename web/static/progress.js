// Shows how far a job is without a reload: asks now and then, and puts the answer in place.
const region = document.querySelector("[data-progress]");
const said = document.querySelector("[data-progress-said]");
const title = document.title;
const SOON = 1000;
const LATER = 15000;
const STEP = 25;
let wait = SOON;
let told = state();

function state() {
  const { going, said: sentence, share } = region.firstElementChild.dataset;
  return { going: going !== "", sentence, share };
}

async function look() {
  try {
    const answer = await fetch(region.dataset.progress, { cache: "no-store", redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.text());
    wait = SOON;
  } catch {
    wait = Math.min(wait * 2, LATER);
  }
  if (state().going) setTimeout(look, wait);
}

function show(text) {
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  const made = document.createElement("template");
  made.innerHTML = text.trim();
  const bar = region.querySelector("progress");
  const fresh = made.content.querySelector("progress");
  // The bar that is there goes on, so that it moves rather than being drawn anew.
  if (bar && fresh) {
    for (const name of ["max", "value"]) {
      if (fresh.hasAttribute(name)) bar.setAttribute(name, fresh.getAttribute(name));
      else bar.removeAttribute(name);
    }
    fresh.replaceWith(bar);
  }
  region.replaceChildren(made.content);
  if (focused) (document.getElementById(focused) ?? region.querySelector("button, a"))?.focus();
  tell();
}

// What is read out is the state when it changes, and a share now and then.
function tell() {
  const now = state();
  document.title = now.going && now.share ? `${now.share} % · ${title}` : title;
  const further = Math.floor(Number(now.share) / STEP) > Math.floor(Number(told.share) / STEP);
  if (now.sentence !== told.sentence) said.textContent = now.sentence;
  else if (now.going && further) said.textContent = `${now.share} %`;
  told = now;
}

setTimeout(look, SOON);
