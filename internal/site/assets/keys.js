// Keys for a list of cases: j and k move, Enter opens, as the links do.
"use strict";
(() => {
  const links = [...document.querySelectorAll("table[data-keys] tbody td:first-child a")];
  if (!links.length) return;
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    if (e.key !== "j" && e.key !== "k") return;
    const at = links.indexOf(document.activeElement);
    const next = e.key === "j" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0);
    links[next].focus();
    e.preventDefault();
  });
})();
