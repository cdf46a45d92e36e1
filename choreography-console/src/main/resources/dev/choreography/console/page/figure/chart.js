// SPDX-License-Identifier: Apache-2.0
// An hour of minutes: a bar for those that ended, compensated ones hatched on top of completed
// ones, and a line for those that were started.

import { h } from '../dom.js';
import { minute } from '../words.js';

const HEIGHT = 120;
const LEFT = 30;
const BOTTOM = 18;
const TOP = 8;

export function chart(minutes, width) {
  const most = nice(Math.max(1, ...minutes.map((each) => Math.max(each.started, each.completed + each.compensated))));
  const slot = (width - LEFT) / minutes.length;
  const x = (i) => LEFT + i * slot;
  const y = (n) => HEIGHT - BOTTOM - (n / most) * (HEIGHT - BOTTOM - TOP);
  const sum = (end) => minutes.reduce((all, each) => all + each[end], 0);
  return h('figure', { class: 'chart' },
    h('svg', {
      viewBox: `0 0 ${width} ${HEIGHT}`,
      width,
      height: HEIGHT,
      role: 'img',
      'aria-label': `In the last hour ${sum('started')} sagas started, ${sum('completed')} completed, ${sum('compensated')} were compensated; at most ${most} a minute`,
    },
      hatch(),
      [0, most / 2, most].map((n) => [
        h('line', { class: 'grid', x1: LEFT, x2: width, y1: y(n), y2: y(n) }),
        Number.isInteger(n) && h('text', { class: 'scale', x: LEFT - 5, y: y(n) + 4, 'text-anchor': 'end' }, n),
      ]),
      minutes.map((each, i) => [
        bar('completed', x(i), slot, y(each.completed), y(0)),
        bar('compensated', x(i), slot, y(each.completed + each.compensated), y(each.completed)),
        i % 15 === 14 && h('text', { class: 'scale', x: x(i) + slot, y: HEIGHT - 4, 'text-anchor': 'end' }, minute(each.minute)),
      ]),
      h('polyline', {
        class: 'started',
        points: minutes.map((each, i) => `${x(i) + slot / 2},${y(each.started)}`).join(' '),
      })),
    h('figcaption', {},
      legend('started', 'started'), legend('completed', 'completed'), legend('compensated', 'compensated'),
      h('span', { class: 'quiet' }, 'sagas a minute')));
}

function hatch() {
  return h('defs', {},
    h('pattern', { id: 'hatch', width: 4, height: 4, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      h('rect', { class: 'hatch-ground', width: 4, height: 4 }),
      h('rect', { class: 'hatch-stroke', width: 2, height: 4 })));
}

function bar(kind, x, slot, top, bottom) {
  return h('rect', { class: kind, x: x + 1, width: Math.max(1, slot - 2), y: top, height: Math.max(0, bottom - top) });
}

function legend(kind, word) {
  return h('span', { class: 'legend' },
    h('svg', { viewBox: '0 0 14 10', width: 14, height: 10, 'aria-hidden': 'true' },
      kind === 'started'
        ? h('polyline', { class: 'started', points: '0,8 7,3 14,6' })
        : h('rect', { class: kind, width: 14, height: 10 })),
    ` ${word}`);
}

/** The next of 1, 2, 5, 10, 20 … */
function nice(n) {
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= n);
}
