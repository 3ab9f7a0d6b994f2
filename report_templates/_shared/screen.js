"use strict";
for (const table of document.querySelectorAll("table.sortable, table.findings, table.register, table.waivers")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      table.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => {
        const cell = row.cells[column];
        return cell === undefined ? "" : (cell.dataset.sort ?? cell.textContent.trim());
      };
      const rows = [...body.rows].map((row) => [key(row), row]);
      const compare = (a, b) => {
        const [x, y] = [Number(a[0]), Number(b[0])];
        if (a[0] === "" || b[0] === "") return (a[0] === "") - (b[0] === "");
        const order = Number.isNaN(x) || Number.isNaN(y) ? a[0].localeCompare(b[0]) : x - y;
        return down ? -order : order;
      };
      rows.sort(compare).forEach(([, row]) => body.append(row));
    });
  });
}
