// The list of utterances, and the one that is chosen: what was said, and what every condition wrote.

const MOST_LISTED = 60; // at first, and more at each click

const UTTERANCE_KINDS = {
  all: () => true,
  audio: (hyp, utterance, media) => Boolean(media?.audio),
  images: (hyp, utterance, media) => Boolean(media?.images.length),
  differs: (hyp, utterance) => new Set(utterance.hyps.map(({ counts }) => counts.slice(0, 3).join())).size > 1,
  missed: (hyp) => hyp.counts[1] > 0,
  alarms: (hyp) => hyp.counts[2] > 0,
};
const NEED_CONDITION = new Set(["missed", "alarms"]);

let listed = MOST_LISTED;
let only = null; // {entity, utterances} when an entity is chosen
let chosenId = null;

/** Show the utterances of a set. */
function showUtterances(data) {
  const options = data.conditions.map((label, place) => make("option", { value: place }, label));
  at("utterance-condition").replaceChildren(...options);
  at("utterance-condition").value = String(Math.min(1, options.length - 1));
  only = null;
  chosenId = null;
  filterUtterances(data);
  const telling = data.utterances.findIndex(({ id }) => data.media[id]);
  openUtterance(data, Math.max(0, telling));
}

/** List only the utterances of an entity. */
function showUtterancesOf(data, entity, utterances) {
  only = { entity, utterances: new Set(utterances) };
  at("utterance-query").value = "";
  at("utterance-kind").value = "all";
  filterUtterances(data);
  chooseUtterance(data, utterances[0]);
  at("utterances").scrollIntoView();
}

function filterUtterances(data) {
  listed = MOST_LISTED;
  listUtterances(data);
}

function fittingUtterances(data) {
  const query = searchable(at("utterance-query").value.trim());
  const kind = at("utterance-kind").value;
  const condition = Number(at("utterance-condition").value);
  return data.utterances
    .map((utterance, place) => ({ utterance, place }))
    .filter(({ utterance, place }) => {
      if (only && !only.utterances.has(place)) return false;
      const hyp = utterance.hyps[utterance.of[condition]];
      if (!UTTERANCE_KINDS[kind](hyp, utterance, data.media[utterance.id])) return false;
      const text = [utterance.id, utterance.said.join(" "), writtenWords(hyp).join(" ")].join(" \n ");
      return query === "" || searchable(text).includes(query);
    });
}

function listUtterances(data) {
  const fitting = fittingUtterances(data);
  const items = fitting.slice(0, listed).map(({ utterance, place }) => {
    const signs = [data.media[utterance.id]?.audio ? "audio" : null, utterance.id].filter(Boolean).join(", ");
    const button = make("button", { type: "button", "data-place": place }, utterance.said.join(" ") || "(nothing said)", make("small", {}, signs));
    button.addEventListener("click", () => chooseUtterance(data, place));
    if (utterance.id === chosenId) button.setAttribute("aria-current", "true");
    return make("li", {}, button);
  });
  at("list").replaceChildren(...items);
  at("more").hidden = fitting.length <= listed;
  at("utterance-clear").hidden = only === null;
  at("utterance-clear").textContent = only ? `Only those of “${only.entity}” ✗` : "";
  at("utterance-condition").disabled = !NEED_CONDITION.has(at("utterance-kind").value) && at("utterance-query").value === "";
  at("utterance-count").textContent = `${counted(fitting.length, "utterance", "utterances")} of ${data.utterances.length.toLocaleString("en")}`;
}

/** Show an utterance, and name it in the address. */
function chooseUtterance(data, place) {
  openUtterance(data, place);
  history.replaceState(null, "", `#${at("set").value}/${encodeURIComponent(data.utterances[place].id)}`);
}

/** Show an utterance of a set by its number. */
function openUtterance(data, place) {
  const utterance = data.utterances[place];
  const media = data.media[utterance.id] ?? { images: [], nbest: [] };
  chosenId = utterance.id;
  for (const button of at("list").querySelectorAll("button")) {
    if (Number(button.dataset.place) === place) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  const audio = media.audio ? make("audio", { controls: "", preload: "metadata", src: media.audio }) : null;
  const groups = groupsOf(data, utterance);
  const panel = at("utterance");
  panel.replaceChildren(
    make("h3", {}, utterance.id),
    audio ?? make("p", { class: "muted" }, "No audio of this utterance is in this page (--audio-utterances)."),
    key(),
    textTable(utterance, groups),
  );
  showTimes(panel, groups, audio);
  panel.append(...media.images.map(([caption, uri]) => imageFigure(caption, uri, utterance.id)));
  for (const part of [missesTable(data, utterance), spansTable(groups), nbestTable(data, media.nbest)]) if (part) panel.append(part);
}

/** Show an image as wide as the panel; a click shows it as large as it is, and back. */
function imageFigure(caption, uri, id) {
  const zoom = make("button", { type: "button", class: "zoom", "aria-pressed": "false", "aria-label": `Enlarge: ${caption}` }, make("img", { src: uri, alt: `${caption}: ${id}` }));
  zoom.addEventListener("click", () => zoom.setAttribute("aria-pressed", String(zoom.getAttribute("aria-pressed") === "false")));
  return make("figure", {}, make("figcaption", {}, caption), make("div", { class: "scroll" }, zoom));
}

/** Bring together the conditions that wrote the same. */
function groupsOf(data, utterance) {
  return utterance.hyps.map((hyp, place) => ({
    hyp,
    label: data.conditions.filter((_, condition) => utterance.of[condition] === place).join("; "),
  }));
}

function key() {
  return make(
    "p",
    { class: "key" },
    make("mark", {}, "entity"), " said, ",
    make("mark", { class: "found" }, "found"), " and ",
    make("mark", { class: "alarm" }, "made up"), "; ",
    make("span", { class: "other" }, "another word"), ", ",
    make("ins", { class: "added" }, "one more"), ", ",
    make("del", { class: "missing" }, "one missing"),
  );
}

function textTable(utterance, groups) {
  const said = textCell(utterance.said, utterance.marks.map(([first, count]) => [first, count, null]));
  const rows = groups.map(({ hyp, label }) =>
    make("tr", {}, make("th", { scope: "row" }, label, make("small", {}, summary(hyp.counts))), textCell(hyp.words, hyp.marks)),
  );
  const body = make("tbody", {}, make("tr", {}, make("th", { scope: "row" }, "said"), said), ...rows);
  return make("div", { class: "scroll" }, make("table", { class: "texts" }, body));
}

function summary([found, missed, alarms, errors]) {
  const parts = [counted(errors, "word error", "word errors")];
  if (found + missed) parts.unshift(`${found} of ${counted(found + missed, "entity", "entities")}`);
  if (alarms) parts.push(`${alarms} made up`);
  return parts.join(", ");
}

/** Show words with their differences; a mark is `[first word, how many, found]`. */
function textCell(words, marks) {
  const cell = make("td", { dir: "auto" });
  let inside = cell;
  let place = 0; // among the words written; a missing one has none
  for (const word of words) {
    const isMissing = Array.isArray(word) && word[0] === "m";
    const begins = isMissing ? undefined : marks.find(([first]) => first === place);
    if (begins) {
      inside = make("mark", { class: begins[2] === null ? null : begins[2] ? "found" : "alarm" });
      cell.append(inside, " ");
    } else if (!marks.some(([first, count]) => first <= place && place < first + count)) {
      inside = cell;
    }
    if (inside !== cell && inside.hasChildNodes()) inside.append(" ");
    inside.append(shownWord(word));
    if (inside === cell) cell.append(" ");
    place += !isMissing;
  }
  return cell;
}

function shownWord(word) {
  if (!Array.isArray(word)) return word;
  const [kind, written, said] = word;
  if (kind === "m") return make("del", { class: "missing", title: "not written" }, said);
  if (kind === "a") return make("ins", { class: "added", title: "not said" }, written);
  return make("span", { class: "other", title: `said: ${said}` }, written);
}

function writtenWords(hyp) {
  return hyp.words.map((word) => (Array.isArray(word) ? word[1] : word)).filter((word) => word !== "");
}

function showTimes(panel, groups, audio) {
  const lanes = groups
    .map(({ hyp, label }) => ({ ...hyp, label, words: writtenWords(hyp).join(" ").split(" ") }))
    .filter(({ times, spans }) => times.length || spans.length)
    .map((lane) => ({ ...lane, words: lane.times.length ? lane.words : [] }));
  if (!lanes.length) return;
  const drawn = drawTimeline(lanes, panel.clientWidth - 4);
  panel.append(make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Axis of time" }, drawn.timeline));
  if (audio) follow(audio, drawn);
}

function missesTable(data, utterance) {
  if (!Object.hasOwn(data.misses, utterance.id)) return null;
  const rows = data.misses[utterance.id].map(([condition, entity, cause, howFar]) => [data.conditions[condition], entity, cause, howFar || null]);
  const headings = ["condition", "entity", "cause", "how far it came"];
  return make("details", { open: "" }, make("summary", {}, "Why entities are missed"), plainTable(headings, rows));
}

function spansTable(groups) {
  const rows = groups.flatMap(({ hyp, label }) =>
    hyp.spans.map(([begin, length, entity, confidence, boost, adaptive, replaced, isRight]) =>
      [label, entity, isRight === null ? "unknown" : isRight ? "yes" : "no", `${seconds(begin)} to ${seconds(begin + length)}`, rounded(confidence), rounded(boost), rounded(adaptive), replaced],
    ),
  );
  if (!rows.length) return null;
  const headings = ["condition", "entity", "said there", "time", "confidence", "boost, nats", "adaptive, nats", "in place of"];
  return make("details", {}, make("summary", {}, "Entities with times and boosts"), plainTable(headings, rows));
}

function rounded(number) {
  return number === null ? null : number.toFixed(2);
}

function nbestTable(data, nbest) {
  const rows = nbest.flatMap((entries, condition) =>
    entries.map(([text, score, boost, phones], rank) => [data.conditions[condition], rank + 1, text, score, boost, phones]),
  );
  if (!rows.length) return null;
  const headings = ["condition", "rank", "hypothesis", "score, nats", "of it boost", "of it phones"];
  return make("details", {}, make("summary", {}, "n-best lists"), plainTable(headings, rows));
}

function plainTable(headings, rows) {
  const head = make("tr", {}, ...headings.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell === null ? "–" : String(cell)))));
  return make("div", { class: "scroll", tabindex: 0 }, make("table", { class: "plain" }, make("thead", {}, head), make("tbody", {}, ...body)));
}
