// SPDX-License-Identifier: Apache-2.0
// A saga as a sequence diagram: a line down for each participant, a mark for each event where it was
// emitted, and an arrow to it from the line of the event that led to it. The way forward runs to
// the right and is solid; the way back runs to the left, dashed.

import { h } from '../dom.js';
import { duration, statusWord } from '../words.js';
import { causeOf } from './causes.js';

const OUTSIDE = 'from outside';
const ROW = 42;
const HEAD = 52;
const LEAST_COLUMN = 82;
const MOST_COLUMN = 250;
const LETTER = 6.7;
const MARK = 6;

export function sequence(trace, available) {
  const drawn = trace.events.filter((event) => !event.copy || event.adopted);
  const lanes = [OUTSIDE, ...new Set(trace.steps.map((step) => step.participant))];
  const column = Math.min(MOST_COLUMN, Math.max(LEAST_COLUMN, available / lanes.length));
  const width = column * lanes.length;
  const height = HEAD + ROW * (drawn.length + trace.owed.length) + 14;
  const x = (lane) => column * (lanes.indexOf(lane) + 0.5);
  const y = (row) => HEAD + ROW * (row + 0.6);
  return h('figure', { class: 'sequence', tabindex: '0', role: 'region', 'aria-label': 'Diagram, told in words below' },
    h('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': told(trace, drawn) },
      lanes.map((lane) => lifeline(lane, x(lane), height, column)),
      drawn.map((event, row) => {
        const cause = causeOf(drawn, event);
        return arrow(isBack(event, cause), row, cause && x(laneOf(cause, lanes)), x(laneOf(event, lanes)), y,
          cause && drawn.indexOf(cause));
      }),
      drawn.map((event, row) =>
        h('g', { key: `${event.topic} ${event.partition}@${event.offset}`, class: `event is-${kindOf(event)}`, 'data-event': event.event },
          h('title', {}, `${event.event}, ${event.participant ?? OUTSIDE}${event.says ? `: ${event.says}` : ''}`),
          mark(kindOf(event), x(laneOf(event, lanes)), y(row)),
          label(words(event), x(laneOf(event, lanes)), y(row) - 11, width))),
      trace.owed.map((debt, i) =>
        h('g', { key: `owed ${debt.step}`, class: 'event is-owed' },
          h('circle', { cx: x(debt.participant), cy: y(drawn.length + i), r: MARK }),
          label(`owes ${debt.events.join(' or ')}`, x(debt.participant), y(drawn.length + i) - 11, width)))),
    h('figcaption', {}, ['completed', 'failed', 'compensated', 'skipped', 'command', 'owed'].map(legend),
      way('forth', 'the way forward'), way('back', 'the way back')));
}

/** On whose line an event is: what operators and other programs say comes from outside. */
function laneOf(event, lanes) {
  return lanes.includes(event.participant) ? event.participant : OUTSIDE;
}

function kindOf(event) {
  if (event.outcome === 'skipped') {
    return 'skipped';
  }
  return ['started', 'completed', 'failed', 'compensated'].includes(event.kind) ? event.kind : 'command';
}

/** Whether the saga is being undone: a step that fails is still a step forwards. */
function isBack(event, cause) {
  return event.kind === 'compensated' || (cause && !['started', 'completed'].includes(cause.kind));
}

function words(event) {
  return event.event + (event.adopted ? ', adopted' : '')
    + (event.delay_ms === null ? '' : ` +${duration(event.delay_ms)}`);
}

function told(trace, drawn) {
  return `${trace.saga} is ${statusWord(trace.status)}: `
    + drawn.map((event) => `${event.event} by ${event.participant ?? 'somebody outside'}`).join(', then ');
}

function lifeline(lane, x, height, column) {
  const cut = lane.length * LETTER > column - 6 ? lane.lastIndexOf(/[- ]/.exec(lane)?.[0] ?? '') : -1;
  const lines = cut > 0 ? [lane.slice(0, cut), lane.slice(cut + 1)] : [lane];
  return h('g', { key: `lane ${lane}`, class: 'lane' },
    h('line', { x1: x, x2: x, y1: HEAD - 14, y2: height - 4 }),
    lines.map((line, i) => h('text', { x, y: 16 + 14 * i, 'text-anchor': 'middle' }, line)));
}

/** Down the line of the cause, where it waits, and across to the event. */
function arrow(back, row, from, to, y, causeRow) {
  if (from === undefined) {
    return null;
  }
  const kind = back ? 'back' : 'forth';
  const down = `M${from} ${y(causeRow) + MARK}V${y(row) - (from === to ? MARK : 0)}`;
  if (from === to) {
    return h('path', { key: `arrow ${row}`, class: `arrow is-${kind}`, d: down });
  }
  const side = Math.sign(to - from);
  const tip = to - side * (MARK + 2);
  return h('g', { key: `arrow ${row}`, class: `arrow is-${kind} to-the-${side > 0 ? 'right' : 'left'}` },
    h('path', { class: 'wait', d: down }),
    h('path', { d: `M${from} ${y(row)}H${tip - side * 5}` }),
    h('polygon', { points: `${tip},${y(row)} ${tip - side * 8},${y(row) - 4} ${tip - side * 8},${y(row) + 4}` }));
}

/** Each kind has a form of its own. */
function mark(kind, x, y) {
  const r = MARK;
  switch (kind) {
    case 'failed':
      return h('path', { d: `M${x - r} ${y - r}L${x + r} ${y + r}M${x - r} ${y + r}L${x + r} ${y - r}` });
    case 'skipped':
      return h('path', { d: `M${x - r} ${y}H${x + r}` });
    case 'command':
      return h('polygon', { points: `${x},${y - r} ${x + r},${y} ${x},${y + r} ${x - r},${y}` });
    case 'started':
      return h('polygon', { points: `${x - r},${y - r} ${x + r},${y} ${x - r},${y + r}` });
    default:
      return h('circle', { cx: x, cy: y, r });
  }
}

/** Beside its mark, as far as it stays within the drawing. */
function label(text, x, y, width) {
  const half = (text.length * LETTER) / 2;
  const middle = Math.max(half + 2, Math.min(width - half - 2, x));
  return h('text', { x: middle, y, 'text-anchor': 'middle' }, text);
}

function way(kind, word) {
  return h('span', { class: 'legend' },
    h('svg', { viewBox: '0 0 30 10', width: 30, height: 10, 'aria-hidden': 'true' },
      h('path', { class: `way is-${kind}`, d: 'M0 5H30' })),
    ` ${word}`);
}

function legend(kind) {
  return h('span', { class: 'legend' },
    h('svg', { viewBox: '-9 -9 18 18', width: 16, height: 16, 'aria-hidden': 'true' },
      h('g', { class: `event is-${kind}` }, mark(kind, 0, 0))),
    ` ${kind === 'command' ? 'said by control' : kind}`);
}
