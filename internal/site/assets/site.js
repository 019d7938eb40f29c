// Everything on a page works without this file; it only saves some steps.

// "/" goes to the search box, unless one is typing.
document.addEventListener("keydown", (e) => {
  const box = document.getElementById("site-search");
  const typing = e.target.closest("input, textarea, select, [contenteditable]");
  if (e.key === "/" && box && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
    e.preventDefault();
    box.focus();
    box.select();
  }
});

// <pre data-copy="复制" data-copied="已复制">: a button that copies the text and
// says so.
for (const text of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = text.dataset.copy;
  const said = document.createElement("span");
  said.className = "hidden";
  said.setAttribute("aria-live", "polite");
  const bar = document.createElement("div");
  bar.className = "copy-bar";
  bar.append(button, said);
  text.before(bar);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent.trim());
    button.textContent = said.textContent = text.dataset.copied;
    setTimeout(() => {
      button.textContent = text.dataset.copy;
      said.textContent = "";
    }, 2000);
  });
}

// A choice in a form marked data-auto counts at once.
for (const form of document.querySelectorAll("form[data-auto]")) {
  form.querySelector("button")?.setAttribute("hidden", "");
  form.addEventListener("change", () => form.requestSubmit());
}
