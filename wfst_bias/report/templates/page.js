// What all parts of the page use: elements, searching, sorting, and the data of a set.

const SVG = "http://www.w3.org/2000/svg";
const at = (id) => document.getElementById(id);

/** Make an element; null children are left out, strings become text and never markup. */
function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function makeButton(text, onClick, className = "button") {
  const button = make("button", { type: "button", class: className }, text);
  button.addEventListener("click", onClick);
  return button;
}

/** Return a text as it is searched: small letters without diacritics. */
function searchable(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function counted(count, one, several) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
}

const sets = new Map();

/** Return the data of a set by its number; parsed when first asked for. */
function setData(number) {
  if (!sets.has(number)) sets.set(number, JSON.parse(at(`data-${number}`).textContent));
  return sets.get(number);
}

/** Sort the rows of a table by a column: numbers by value, texts by alphabet, blanks last. */
function sortRows(table, column, direction) {
  const body = table.tBodies[0];
  const sign = direction === "ascending" ? 1 : -1;
  const keyed = [...body.rows].map((row) => ({ row, key: sortKey(row, column) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
    if (typeof a.key === "number" && typeof b.key === "number") return sign * (a.key - b.key);
    return sign * String(a.key).localeCompare(String(b.key));
  });
  body.append(...keyed.map(({ row }) => row));
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    if (place === column) head.setAttribute("aria-sort", direction);
    else head.removeAttribute("aria-sort");
  });
}

function sortKey(row, column) {
  const cell = row.cells[column];
  const value = cell === undefined ? "" : cell.dataset.value ?? cell.textContent;
  if (value === "") return null;
  return Number.isNaN(Number(value)) ? value : Number(value);
}

/** Make the headings of a table sort it: figures fall first, the first column rises. */
function makeSortable(table) {
  table.tHead.addEventListener("click", (event) => {
    const head = event.target.closest("button")?.closest("th");
    if (!head) return;
    const first = head.cellIndex === 0 ? "ascending" : "descending";
    const other = first === "ascending" ? "descending" : "ascending";
    const direction = head.getAttribute("aria-sort") === first ? other : first;
    sortRows(table, head.cellIndex, direction);
  });
}
