// Tables that sort by a click on a head, and parts that fold. Without it the page shows everything.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent.trim() : Number(cell.dataset.v);
  };
  const compare = (column, sign) => (a, b) => {
    const [x, y] = [key(a, column), key(b, column)];
    if (typeof x === "number" && typeof y === "number") return sign * (x - y);
    if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1; // what has no number stands last
    return sign * x.localeCompare(y, undefined, { numeric: true });
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const first = head.classList.contains("n") ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort");
      const next = order === first ? (first === "ascending" ? "descending" : "ascending") : first;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", next);
      const by = compare(column, next === "ascending" ? 1 : -1);
      const parts = [...table.tBodies];
      for (const part of parts) {
        const rows = [...part.rows].filter((row) => !row.classList.contains("sum")).sort(by);
        part.append(...rows);
      }
      if (parts.length > 1) parts.sort((a, b) => by(a.rows[0], b.rows[0])).forEach((part) => table.append(part));
      if (table.tFoot) table.append(table.tFoot);
    });
  });
  const parts = [...table.tBodies].filter((part) => part.classList.contains("part"));
  const fold = (part, folded) => {
    part.classList.toggle("folded", folded);
    part.querySelector("button").setAttribute("aria-expanded", String(!folded));
  };
  for (const part of parts) {
    const name = part.rows[0].cells[0];
    const button = document.createElement("button");
    button.type = "button";
    button.append(...name.childNodes);
    button.setAttribute("aria-expanded", "true");
    name.append(button);
    button.addEventListener("click", () => fold(part, !part.classList.contains("folded")));
  }
  if (parts.length) {
    const all = document.createElement("button");
    all.type = "button";
    all.className = "tool";
    all.textContent = "Fold all components";
    table.parentElement.before(all);
    all.addEventListener("click", () => {
      const folded = !parts.every((part) => part.classList.contains("folded"));
      parts.forEach((part) => fold(part, folded));
      all.textContent = folded ? "Unfold all components" : "Fold all components";
    });
  }
}
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
