// The desk. Everything works without this file; with it a file is sent in
// pieces that survive a broken line, drafts keep themselves, and a block of
// cells can be pasted into a table.

const words = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const lang = document.documentElement.lang.startsWith("en") ? "en" : "zh";
const size = (n) => {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 999.5 && i < units.length - 1) { n /= 1000; i++; }
  return (n < 9.95 && i > 0 ? n.toFixed(1) : n.toFixed(0)) + " " + units[i];
};
const span = (seconds) => {
  if (!isFinite(seconds)) return "…";
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 60) return Math.ceil(seconds) + (lang === "en" ? " s" : "秒");
  return minutes + (lang === "en" ? " min" : "分钟");
};

// Sending a file: by tus, in pieces of 8 MiB. The address of an unfinished
// upload is kept with the file's name, size and date, so that choosing the
// same file again goes on where it stopped.
const piece = 8 << 20;
for (const form of document.querySelectorAll("form[data-upload]")) {
  const input = form.querySelector("input[type=file]");
  const box = form.querySelector(".sending");
  const bar = box.querySelector("progress");
  const status = box.querySelector("[role=status]");
  const cancel = form.querySelector("[data-cancel]");
  const drop = form.querySelector(".drop");
  const say = form.dataset;
  const token = form.elements.csrf.value;
  const headers = { "X-Csrf-Token": token, "Tus-Resumable": "1.0.0" };
  let stop = null;

  for (const kind of ["dragover", "drop"]) {
    drop.addEventListener(kind, (e) => {
      e.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && e.dataTransfer.files.length) input.files = e.dataTransfer.files;
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));

  const nameOf = (file) => "upload " + say.upload + " " + [file.name, file.size, file.lastModified].join(" ");
  const begin = async (file) => {
    const kept = localStorage.getItem(nameOf(file));
    if (kept) {
      const there = await fetch(kept, { method: "HEAD", headers });
      if (there.ok) return [kept, Number(there.headers.get("Upload-Offset"))];
      localStorage.removeItem(nameOf(file));
    }
    const query = new URLSearchParams({ name: file.name, bytes: file.size });
    const made = await fetch(say.upload + "?" + query, { method: "POST", headers });
    if (!made.ok) throw new Error((await made.json()).detail ?? made.status);
    const place = made.headers.get("Location");
    localStorage.setItem(nameOf(file), place);
    return [place, 0];
  };
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const send = async (file, place, offset, signal) => {
    const began = performance.now(), from = offset;
    for (let failed = 0; offset < file.size; ) {
      try {
        const answer = await fetch(place, { method: "PATCH", signal, body: file.slice(offset, offset + piece),
          headers: { ...headers, "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" } });
        if (answer.status === 409) offset = Number((await fetch(place, { method: "HEAD", headers, signal })).headers.get("Upload-Offset"));
        else if (!answer.ok) throw Object.assign(new Error((await answer.json()).detail), { final: answer.status < 500 && answer.status !== 429 });
        else offset = Number(answer.headers.get("Upload-Offset"));
        failed = 0;
      } catch (fault) {
        if (signal.aborted || fault.final || ++failed > 5) throw fault;
        status.textContent = say.sayRetry;
        await pause(1000 * 2 ** failed);
        continue;
      }
      const percent = Math.floor((100 * offset) / file.size);
      bar.value = percent;
      const seconds = (performance.now() - began) / 1000;
      status.textContent = words(say.saySending, { percent, sent: size(offset), bytes: size(file.size), left: span(((file.size - offset) * seconds) / Math.max(1, offset - from)) });
    }
  };

  form.addEventListener("submit", async (e) => {
    const file = input.files[0];
    if (!file || !form.elements["/not_secret"].checked || !form.elements["/updated_on"].value) return; // the server tells what is missing
    e.preventDefault();
    if (stop) return;
    stop = new AbortController();
    box.hidden = cancel.hidden = false;
    let place;
    try {
      let offset;
      [place, offset] = await begin(file);
      if (offset) status.textContent = words(say.sayResume, { percent: Math.floor((100 * offset) / file.size) });
      await send(file, place, offset, stop.signal);
      status.textContent = say.saySent;
      localStorage.removeItem(nameOf(file));
      form.elements["/upload"].value = place.split("/").pop();
      input.disabled = true;
      form.submit();
    } catch (fault) {
      if (stop.signal.aborted) {
        if (place) await fetch(place, { method: "DELETE", headers });
        localStorage.removeItem(nameOf(file));
        status.textContent = say.sayCancelled;
        bar.value = 0;
      } else {
        status.textContent = words(say.sayStopped, { why: fault.message });
      }
      cancel.hidden = true;
      stop = null;
    }
  });
  cancel.addEventListener("click", () => stop?.abort());
}

// <form data-draft="key">: what is typed is kept on the server a second after
// the last key.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const said = form.querySelector("[data-saved]");
  let timer, dirty = false;
  const save = async () => {
    dirty = false;
    const body = {};
    for (const [name, value] of new FormData(form)) if (name.startsWith("/")) (body[name] ??= []).push(value);
    let ok = false;
    try {
      ok = (await fetch("/api/v1/drafts/" + form.dataset.draft, { method: "PUT", keepalive: true, body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", "X-Csrf-Token": form.elements.csrf.value } })).ok;
    } catch {}
    said.textContent = ok ? words(form.dataset.kept, { at: new Date().toTimeString().slice(0, 5) }) : form.dataset.unkept;
    said.dataset.saved = ok ? "yes" : "no";
  };
  form.addEventListener("input", () => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, 1000);
  });
  form.addEventListener("submit", () => { dirty = false; clearTimeout(timer); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && dirty) { clearTimeout(timer); save(); }
  });
}

// <form data-fill>: a block copied from a spreadsheet and pasted into a cell
// fills the cells to the right and below.
for (const form of document.querySelectorAll("form[data-fill]")) {
  form.addEventListener("paste", (e) => {
    const cell = e.target.closest("table.editor input[type=text]");
    const text = e.clipboardData.getData("text/plain").replace(/\r\n/g, "\n").replace(/\n$/, "");
    if (!cell || !/[\t\n]/.test(text)) return;
    e.preventDefault();
    const rows = [...cell.closest("tbody").rows];
    const first = rows.indexOf(cell.closest("tr"));
    const column = [...cell.closest("tr").querySelectorAll("input[type=text]")].indexOf(cell);
    text.split("\n").forEach((line, i) => {
      const cells = rows[first + i]?.querySelectorAll("input[type=text]");
      line.split("\t").forEach((value, j) => {
        const to = cells?.[column + j];
        if (to) to.value = value.trim();
      });
    });
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
