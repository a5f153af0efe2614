"use strict";
(() => {
  const box = document.getElementById("filter");
  if (!box) return;
  const rows = [...document.querySelectorAll("details.doc")];
  const text = document.getElementById("filter-text");
  const state = document.getElementById("filter-state");
  const count = document.getElementById("filter-count");
  const haystack = new Map();
  const words = (row) => {
    if (!haystack.has(row)) haystack.set(row, row.textContent.toLowerCase());
    return haystack.get(row);
  };
  const apply = () => {
    const needle = text.value.trim().toLowerCase();
    const wanted = state.value;
    let shown = 0;
    for (const row of rows) {
      const fits = (!wanted || row.dataset.state.split(" ").includes(wanted)) && (!needle || words(row).includes(needle));
      row.hidden = !fits;
      if (fits) shown += 1;
    }
    count.textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
  };
  text.addEventListener("input", apply);
  state.addEventListener("change", apply);
  box.hidden = false;
})();
