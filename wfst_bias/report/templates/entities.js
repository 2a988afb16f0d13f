// The table of entities: a row each, a column for each condition that is chosen.

const MOST_COLUMNS = 6; // conditions shown at first
const [SHOWN, N_WORDS, SAID, TALLIES, UTTERANCES] = [0, 1, 2, 3, 4];
const [FOUND, MISSED, ALARMS, INSTEAD] = [0, 1, 2, 3];

const ENTITY_KINDS = {
  all: () => true,
  missed: (tallies) => tallies.some((tally) => tally[MISSED] > 0),
  never: (tallies, entity) => entity[SAID] > 0 && tallies.every((tally) => tally[FOUND] === 0),
  differs: (tallies) => new Set(tallies.map((tally) => tally[FOUND])).size > 1,
  alarms: (tallies) => tallies.some((tally) => tally[ALARMS] > 0),
  long: (tallies, entity) => entity[N_WORDS] > 1,
};

let entityRows = []; // {row, entity, text}

/** Show the entities of a set; `onChoose` gets the utterances of one that is clicked. */
function showEntities(data, onChoose) {
  const boxes = data.conditions.map((label, place) => {
    const box = make("input", { type: "checkbox", value: place });
    box.checked = place < MOST_COLUMNS;
    box.addEventListener("change", () => fillEntityTable(data, onChoose));
    return make("label", {}, box, label);
  });
  at("entity-conditions").replaceChildren(...boxes);
  fillEntityTable(data, onChoose);
}

function chosenConditions() {
  return [...at("entity-conditions").querySelectorAll("input:checked")].map((box) => Number(box.value));
}

function fillEntityTable(data, onChoose) {
  const table = at("entity-table");
  const chosen = chosenConditions();
  const headings = ["entity", "said", ...chosen.map((place) => data.conditions[place])];
  const heads = headings.map((text) => make("th", { scope: "col" }, make("button", { type: "button" }, text)));
  table.tHead.replaceChildren(make("tr", {}, ...heads));
  entityRows = data.entities.map((entity) => ({
    entity,
    row: entityRow(entity, chosen, onChoose),
    text: searchable([entity[SHOWN], ...chosen.flatMap((place) => entity[TALLIES][place][INSTEAD].map(([text]) => text))].join(" \n ")),
  }));
  table.tBodies[0].replaceChildren(...entityRows.map(({ row }) => row));
  filterEntities();
}

function entityRow(entity, chosen, onChoose) {
  const link = makeButton(entity[SHOWN], () => onChoose(entity[SHOWN], entity[UTTERANCES]), "link");
  return make(
    "tr",
    {},
    make("th", { scope: "row", "data-value": entity[SHOWN] }, link),
    make("td", {}, String(entity[SAID])),
    ...chosen.map((place) => tallyCell(entity[TALLIES][place])),
  );
}

function tallyCell(tally) {
  const said = tally[FOUND] + tally[MISSED];
  const kind = said === 0 ? null : tally[MISSED] === 0 ? "all" : tally[FOUND] === 0 ? "none" : "part";
  const alarms = tally[ALARMS] ? `${tally[ALARMS]} made up` : null;
  const instead = tally[INSTEAD].map(([text, count]) => `${text === "" ? "nothing" : `“${text}”`}${count > 1 ? ` ×${count}` : ""}`);
  return make(
    "td",
    { "data-value": said === 0 ? "" : tally[FOUND] / said },
    make("span", { class: kind }, said === 0 ? "–" : `${tally[FOUND]} of ${said}`),
    alarms && make("small", {}, alarms),
    instead.length ? make("small", {}, instead.join(", ")) : null,
  );
}

/** Hide the rows that do not fit what is searched for. */
function filterEntities() {
  const query = searchable(at("entity-query").value.trim());
  const fits = ENTITY_KINDS[at("entity-kind").value];
  const chosen = chosenConditions();
  let count = 0;
  for (const { row, entity, text } of entityRows) {
    const tallies = chosen.map((place) => entity[TALLIES][place]);
    row.hidden = !(text.includes(query) && fits(tallies, entity));
    count += !row.hidden;
  }
  at("entity-count").textContent = `${counted(count, "entity", "entities")} of ${entityRows.length.toLocaleString("en")}`;
}
