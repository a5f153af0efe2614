"use strict";
(() => {
  const box = document.getElementById("filter");
  const data = document.getElementById("rows");
  if (!box || !data) return;
  const [keys, rows, labels, things] = JSON.parse(data.textContent);
  const at = Object.fromEntries(keys.map((key, index) => [key, index]));
  const list = document.getElementById("list");
  const rest = document.getElementById("rest");
  const more = document.getElementById("more");
  const count = document.getElementById("filter-count");
  const fields = {
    q: "filter-text", s: "filter-state", t: "filter-target", c: "filter-cause",
    k: "filter-kind", f: "filter-folder", r: "filter-reason", n: "filter-since", o: "filter-order",
  };
  const inputs = Object.entries(fields).map(([key, id]) => [key, document.getElementById(id)]).filter(([, input]) => input);
  const bases = { kind: "kind", folder: "path", reason: "code", since: "since" };
  const empty = { folder: "the root" };
  // What can be chosen is what the rows hold, each with how many of them.
  for (const [name, key] of Object.entries(bases)) {
    const counts = new Map();
    for (const row of rows) if (row[at[key]] || name === "folder") counts.set(row[at[key]], (counts.get(row[at[key]]) ?? 0) + 1);
    const select = document.getElementById(`filter-${name}`);
    for (const [choice, number] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const option = document.createElement("option");
      option.value = choice || "/";
      option.textContent = `${choice || empty[name]} (${number.toLocaleString("en")})`;
      select.append(option);
    }
    select.hidden = counts.size < 2 && name !== "reason" && name !== "since" || !counts.size;
  }
  const written = new Map([...list.children].map((node) => [Number(node.id.slice(1)), node]));
  const first = [...written.keys()];
  const searched = ["name", "path", "target_name", "target_path", "source", "copy", "code", "reason", "request"];
  const STEP = 200;
  let fitting = [];
  let shown = 0;
  const haystacks = [];
  const words = (n) => (haystacks[n] ??= searched.map((key) => rows[n][at[key]]).join("\n").toLowerCase());

  const made = (tag, name, ...inside) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    node.append(...inside.filter((part) => part !== null && part !== undefined));
    return node;
  };
  const chip = (name) => (name ? made("span", `chip ${name}`, labels[name] ?? name) : null);
  const link = (url) => {
    if (!url) return null;
    const node = made("a", "", "open");
    node.href = url;
    node.rel = "noopener noreferrer";
    return node;
  };
  // A document that the page does not hold as markup is built from its row when it is first shown.
  const built = (n) => {
    const row = (key) => rows[n][at[key]];
    const pairs = made("dl", "ids");
    const pair = (label, ...inside) => pairs.append(made("dt", "", label), made("dd", "", ...inside));
    pair("Source", made("span", "mono", row("source")), " ", link(row("source_url")));
    pair("Target", row("copy") ? made("span", "mono", row("copy")) : "–", " ", link(row("copy_url")));
    if (row("cause")) {
      const cause = made("a", "", `cause ${row("cause")}`);
      cause.href = `#c${row("cause")}`;
      pair("Cause", cause);
    }
    if (row("code")) pair("Reason", made("code", "", row("code")), " ", row("reason"));
    row("replaced").forEach(([thing, places], n) => pair(n ? "" : "Replaced", things[thing], made("small", "", ` ${places} ${places === 1 ? "place" : "places"}`)));
    if (row("request")) pair("Request", made("span", "mono", row("request")));
    const name = made("span", "name", made("bdi", "", row("name")), made("small", "", `${row("kind")} · `, made("bdi", "", row("path") || "–")));
    const copy = made("span", "", row("target_name") ? made("bdi", "", row("target_name")) : null, made("small", "", row("target"), row("target_path") ? ` · ${row("target_path")}` : ""));
    const summary = made("summary", "", name, copy, made("span", "chips", chip(row("outcome")), chip(row("verdict"))));
    const node = made("details", "doc", summary, made("div", "", pairs));
    node.id = `d${n}`;
    return node;
  };
  const node = (n) => {
    if (!written.has(n)) written.set(n, built(n));
    return written.get(n);
  };
  const grow = (size) => {
    const next = fitting.slice(shown, shown + size);
    list.append(...next.map(node));
    shown += next.length;
    more.hidden = shown >= fitting.length;
    more.textContent = `Show ${Math.min(STEP, fitting.length - shown).toLocaleString("en")} more`;
  };
  const value = (key) => inputs.find(([name]) => name === key)?.[1].value.trim() ?? "";
  const apply = () => {
    const [needle, state, target, cause] = [value("q").toLowerCase(), value("s"), value("t"), Number(value("c"))];
    const [kind, folder, reason, since, order] = ["k", "f", "r", "n", "o"].map(value);
    const all = !inputs.some(([, input]) => input.value.trim());
    fitting = (all ? first : [...rows.keys()]).filter((n) => {
      const row = rows[n];
      return (
        (!state || row[at.outcome] === state || row[at.verdict] === state) &&
        (!target || row[at.alias] === target) &&
        (!cause || row[at.cause] === cause || row[at.also].includes(cause)) &&
        (!kind || row[at.kind] === kind) &&
        (!folder || row[at.path] === (folder === "/" ? "" : folder)) &&
        (!reason || row[at.code] === reason) &&
        (!since || row[at.since] === since) &&
        (!needle || words(n).includes(needle))
      );
    });
    if (order) {
      const key = order === "state" ? (n) => `${rows[n][at.verdict]} ${rows[n][at.outcome]}` : (n) => rows[n][at[order]];
      fitting.sort((a, b) => (key(a) === key(b) ? a - b : key(a) < key(b) ? -1 : 1));
    }
    list.replaceChildren();
    shown = 0;
    grow(all ? first.length : STEP);
    count.textContent = all ? "" : `${fitting.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} documents`;
    if (rest) rest.hidden = !all;
  };
  const remember = () => {
    const state = inputs.filter(([, input]) => input.value.trim()).map(([key, input]) => `${key}=${encodeURIComponent(input.value.trim())}`);
    history.replaceState(null, "", state.length ? `#${state.join("&")}` : "#documents");
  };
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const follow = () => {
    const hash = location.hash.slice(1);
    const single = /^d(\d+)$/.exec(hash);
    if (single && Number(single[1]) < rows.length) {
      const wanted = Number(single[1]);
      if (!list.contains(node(wanted))) list.prepend(node(wanted));
      node(wanted).open = true;
      node(wanted).scrollIntoView();
    } else if (/^[qstckfrno]=/.test(hash)) {
      const state = Object.fromEntries(hash.split("&").map((part) => part.split("=").map(decoded)));
      for (const [key, input] of inputs) {
        const wanted = state[key] ?? "";
        // An address may ask for what this run does not hold: then nothing fits, rather than everything.
        if (input.options && wanted && ![...input.options].some((one) => one.value === wanted)) input.add(new Option(`${wanted} (0)`, wanted));
        input.value = wanted;
      }
      apply();
      document.getElementById("documents").scrollIntoView();
    }
  };
  box.addEventListener("input", () => { apply(); remember(); });
  document.getElementById("filter-reset").addEventListener("click", () => {
    for (const [, input] of inputs) input.value = "";
    apply();
    remember();
  });
  more.addEventListener("click", () => grow(STEP));
  addEventListener("hashchange", follow);
  box.hidden = false;
  follow();
})();
