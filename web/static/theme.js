// Runs before the page is painted, so that a chosen theme does not flash. Without it the system's choice holds.
(() => {
  const chosen = localStorage.getItem("guildshop-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
