// SPDX-License-Identifier: Apache-2.0
// A declared graph from top to bottom: the way forward solid on the left, the way back dashed on
// the right, each edge with the events it stands for and in how many sagas they are.

import { h } from '../dom.js';
import { number } from '../words.js';

const WIDTH = 140;
const HEIGHT = 54;
const GAP = 84;
const LANE = 290;
const END = 15;
// Either way runs so far from the middle, its words beside it.
const APART = 22;
const BESIDE = 8;
const WORDS = 26;
const LETTER = 6.3;

export function graph({ name, version, steps, edges }) {
  const layers = layered(steps, edges);
  const at = new Map();
  const columns = Math.max(...layers.map((layer) => layer.length));
  const left = side(edges, 'forward');
  const width = left + side(edges, 'back') + (columns - 1) * LANE;
  layers.forEach((layer, row) =>
    layer.forEach((node, i) =>
      at.set(node, {
        x: left + (i + (columns - layer.length) / 2) * LANE - (isEnd(node) ? APART : 0),
        y: row * (HEIGHT + GAP) + HEIGHT / 2 + 4,
        half: isEnd(node) ? END : HEIGHT / 2,
        beside: layer.length,
      })));
  // Where sagas end that were undone: beside the start.
  at.set('compensated', { x: at.get('start').x + 2 * APART, y: at.get('start').y, half: END, beside: 1 });
  const height = layers.length * (HEIGHT + GAP) - GAP + 8;
  return h('figure', { class: 'graph', tabindex: '0', role: 'region', 'aria-label': `Graph of ${name}, its counts are in the table` },
    h('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': `${name} version ${version}: ${steps.map((step) => step.step).join(', ')}` },
      merged(edges).map((edge) => drawn(edge, at.get(edge.from), at.get(edge.to))),
      [...at].map(([node, place]) =>
        isEnd(node) ? ending(node, place) : box(steps.find((step) => step.step === node), place))));
}

/** What the words on one side need. */
function side(edges, kind) {
  const longest = Math.max(11, ...edges.filter((edge) => edge.kind === kind).map(({ event }) => event.length));
  return Math.max(WIDTH / 2 + 2, APART + BESIDE + longest * LETTER);
}

function isEnd(node) {
  return node === 'start' || node === 'completed' || node === 'compensated';
}

/** Each step below all those it follows. */
function layered(steps, edges) {
  const forward = edges.filter((edge) => edge.kind === 'forward');
  const depth = new Map([['start', 0]]);
  // As many rounds as the longest path can have edges: the graph has no cycle.
  for (let i = 0; i <= steps.length; i += 1) {
    for (const { from, to } of forward) {
      if (depth.has(from)) {
        depth.set(to, Math.max(depth.get(to) ?? 0, depth.get(from) + 1));
      }
    }
  }
  depth.set('completed', Math.max(...depth.values(), steps.length === 0 ? 1 : 0));
  const layers = [];
  for (const node of ['start', ...steps.map((step) => step.step), 'completed']) {
    (layers[depth.get(node) ?? 1] ??= []).push(node);
  }
  return layers.filter(Boolean);
}

/** One line for all the events that lead from one to the other. */
function merged(edges) {
  const all = new Map();
  for (const edge of edges) {
    const key = `${edge.from} ${edge.to} ${edge.kind}`;
    const one = all.get(key) ?? { ...edge, key, events: [] };
    one.events.push({ event: edge.event, count: edge.count });
    all.set(key, one);
  }
  return [...all.values()];
}

function drawn({ key, kind, events }, from, to) {
  return h('g', { key, class: `edge is-${kind}` }, from.y === to.y ? across(events, from, to) : along(kind, events, from, to));
}

/** Down, or up; the words are where its neighbours are least near. */
function along(kind, events, from, to) {
  const onThe = kind === 'back' ? 1 : -1;
  const x1 = from.x + (from.half === END ? 0 : APART * onThe);
  const x2 = to.x + (to.half === END ? 0 : APART * onThe);
  const y1 = from.y - from.half * onThe;
  const y2 = to.y + to.half * onThe;
  const middle = (y1 + y2) / 2;
  const isWideThere = to.beside > from.beside;
  const x = (isWideThere ? x2 : x1) + BESIDE * onThe;
  const y = x1 === x2 ? middle : isWideThere ? y2 + WORDS * onThe : y1 - WORDS * onThe;
  return [
    h('path', { d: `M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2 + onThe * 7}` }),
    h('polygon', { points: `${x2},${y2} ${x2 - 5},${y2 + onThe * 9} ${x2 + 5},${y2 + onThe * 9}` }),
    words(events, x, y, kind === 'back' ? 'start' : 'end'),
  ];
}

/** To a step that runs at the same time. */
function across(events, from, to) {
  const onThe = Math.sign(to.x - from.x);
  const x1 = from.x + (onThe * WIDTH) / 2;
  const x2 = to.x - (onThe * WIDTH) / 2;
  const y = from.y + onThe * 6;
  return [
    h('path', { d: `M${x1} ${y}H${x2 - onThe * 7}` }),
    h('polygon', { points: `${x2},${y} ${x2 - onThe * 9},${y - 5} ${x2 - onThe * 9},${y + 5}` }),
    words(events, (x1 + x2) / 2, y + onThe * 18 + 1, 'middle'),
  ];
}

/** In how many sagas each event is. */
function words(events, x, y, anchor) {
  return events.map(({ event, count }, i) =>
    h('text', {
      key: event,
      x,
      y: y + (i - (events.length - 1) / 2) * 28 - 2,
      'text-anchor': anchor,
      'data-event': event,
      'data-count': count,
    },
    h('tspan', { class: 'count' }, number(count)),
    h('tspan', { x, dy: 13 }, event)));
}

function box({ step, participant, counts }, { x, y }) {
  const open = [counts.waiting > 0 && `${number(counts.waiting)} waiting`, counts.parked > 0 && `${number(counts.parked)} parked`]
    .filter(Boolean).join(', ');
  return h('g', { key: `node ${step}`, class: counts.parked > 0 ? 'node is-parked' : counts.waiting > 0 ? 'node is-waiting' : 'node', 'data-step': step },
    h('rect', { x: x - WIDTH / 2, y: y - HEIGHT / 2, width: WIDTH, height: HEIGHT, rx: 6 }),
    h('text', { x, y: y - (open ? 9 : 2), class: 'name', 'text-anchor': 'middle' }, step),
    h('text', { x, y: y + (open ? 6 : 14), 'text-anchor': 'middle' }, participant),
    h('text', { x, y: y + 21, class: 'open', 'text-anchor': 'middle' }, open));
}

function ending(node, { x, y }) {
  const sign = { start: '▷', completed: '✓', compensated: '↩' }[node];
  return h('g', { key: `node ${node}`, class: `node end is-${node}` },
    h('circle', { cx: x, cy: y, r: END }),
    h('text', { x, y: y + 4, 'text-anchor': 'middle', 'aria-hidden': 'true' }, sign),
    h('text', node !== 'compensated' ? { x: x - END - 5, y: y + 4, 'text-anchor': 'end' } : { x: x + END + 5, y: y + 4 }, node));
}
