// The axis of time: a lane for each hypothesis, its words where they were heard, its entities below.

const LANE = 62; // height
const AXIS = 24;
const LETTER = 7; // width, about
const LEAST_PER_SECOND = 110;

/** Draw hypotheses, each `{label, words, times, spans}`, times in hundredths of a second. */
function drawTimeline(lanes, width) {
  const end = Math.max(1, ...lanes.flatMap((lane) => [lastTime(lane.times), ...lane.spans.map(([begin, length]) => begin + length)])) / 100 + 0.6;
  const perSecond = Math.max(LEAST_PER_SECOND, width / end);
  const height = AXIS + lanes.length * LANE;
  const timeline = draw("svg", {
    class: "timeline",
    width: Math.ceil(end * perSecond),
    height,
    role: "img",
    "aria-label": "Words and entities on the axis of time, a lane for each hypothesis",
  });
  for (let second = 0; second < end; second += 1) {
    const x = second * perSecond;
    timeline.append(
      draw("line", { class: "time", x1: x, x2: x, y1: AXIS - 6, y2: height }),
      draw("text", { x: x + 3, y: AXIS - 9 }, `${second} s`),
    );
  }
  lanes.forEach((lane, place) => timeline.append(drawLane(lane, AXIS + place * LANE, perSecond, end)));
  return { timeline, perSecond, height };
}

function lastTime(times) {
  return times.length ? times.at(-2) + times.at(-1) : 0;
}

function drawLane(lane, top, perSecond, end) {
  const group = draw(
    "g",
    {},
    draw("rect", { class: "lane", x: 0, y: top + 1, width: end * perSecond, height: LANE - 4, rx: 4 }),
    draw("text", { class: "label", x: 4, y: top + 13 }, lane.label),
  );
  const rowEnds = [0, 0];
  lane.words.forEach((word, place) => {
    const begin = (lane.times[2 * place] / 100) * perSecond;
    const length = Math.max(2, (lane.times[2 * place + 1] / 100) * perSecond);
    const span = spanAt(lane.spans, lane.times[2 * place]);
    const row = rowEnds[0] <= begin || rowEnds[0] <= rowEnds[1] ? 0 : 1;
    const x = Math.max(begin, rowEnds[row]);
    rowEnds[row] = x + (word.length + 0.8) * LETTER;
    group.append(
      draw("text", { class: span ? spanClass(span) : null, x, y: top + 28 + 14 * row }, word),
      draw("rect", { class: "word", x: begin, y: top + 51, width: length, height: 2 }),
    );
  });
  for (const span of lane.spans) group.append(drawSpan(span, top, perSecond));
  return group;
}

function spanAt(spans, time) {
  return spans.find(([begin, length]) => begin <= time && time < begin + Math.max(1, length));
}

function spanClass(span) {
  return span[7] === null ? "unknown" : span[7] ? "found" : "alarm";
}

function drawSpan(span, top, perSecond) {
  const [begin, length, entity] = span;
  const box = {
    class: spanClass(span),
    x: (begin / 100) * perSecond,
    y: top + 48,
    width: Math.max(4, (length / 100) * perSecond),
    height: 7,
    rx: 2,
  };
  return draw("rect", box, draw("title", {}, `${entity}, ${seconds(begin)} to ${seconds(begin + length)}`));
}

function seconds(hundredths) {
  return `${(hundredths / 100).toFixed(2)} s`;
}

/** Let a line follow the audio, and a click on the axis start it there. */
function follow(audio, { timeline, perSecond, height }) {
  const now = draw("line", { class: "now", x1: 0, x2: 0, y1: 0, y2: height });
  timeline.append(now);
  const move = () => {
    const x = audio.currentTime * perSecond;
    now.setAttribute("x1", x);
    now.setAttribute("x2", x);
    if (!audio.paused) requestAnimationFrame(move);
  };
  for (const event of ["play", "seeked", "timeupdate"]) audio.addEventListener(event, move);
  timeline.addEventListener("click", (event) => {
    audio.currentTime = (event.clientX - timeline.getBoundingClientRect().left) / perSecond;
    audio.play().catch(() => {}); // where the browser allows no sound
  });
}
