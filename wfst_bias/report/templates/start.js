// The page as it begins: the first set, or the utterance that the address names.

function chosenSet() {
  return setData(Number(at("set").value));
}

function showSet() {
  const data = chosenSet();
  showEntities(data, (entity, utterances) => showUtterancesOf(data, entity, utterances));
  showUtterances(data);
}

function openNamed() {
  const named = /^#(\d+)\/(.+)$/.exec(location.hash);
  if (!named || !at(`data-${named[1]}`)) return;
  at("set").value = named[1];
  showSet();
  const id = decodeURIComponent(named[2]);
  const place = chosenSet().utterances.findIndex((utterance) => utterance.id === id);
  if (place < 0) return;
  openUtterance(chosenSet(), place);
  at("utterances").scrollIntoView();
}

document.querySelectorAll("table.sortable").forEach(makeSortable);
at("set").addEventListener("change", showSet);
at("entity-query").addEventListener("input", filterEntities);
at("entity-kind").addEventListener("change", filterEntities);
for (const id of ["utterance-kind", "utterance-condition"]) {
  at(id).addEventListener("change", () => filterUtterances(chosenSet()));
}
at("utterance-query").addEventListener("input", () => filterUtterances(chosenSet()));
at("utterance-clear").addEventListener("click", () => {
  only = null;
  filterUtterances(chosenSet());
});
at("more").addEventListener("click", () => {
  listed += MOST_LISTED;
  listUtterances(chosenSet());
});
showSet();
openNamed();
