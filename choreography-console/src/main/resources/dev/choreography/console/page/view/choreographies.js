// SPDX-License-Identifier: Apache-2.0

import { to } from '../address.js';
import { again } from '../again.js';
import { get } from '../api.js';
import { h } from '../dom.js';
import { graph } from '../figure/graph.js';
import { badge, duration, number, SAGA_STATUSES, statusWord } from '../words.js';

const STATES = ['waiting', 'parked', 'completed', 'failed', 'compensated', 'skipped'];

/** Each declared graph, with what is counted along it. */
export function choreographiesView(page) {
  let choreographies = [];
  const reload = again(() => page.refresh(), 700);

  return {
    title: 'Choreographies',
    everySeconds: () => 5,
    async load() {
      choreographies = (await get('/api/choreographies')).choreographies;
    },
    changed: reload,
    draw: () => [
      choreographies.length === 0 && h('p', { key: 'none', class: 'none' }, 'None is declared yet: participants do that when they start.'),
      choreographies.map((each) =>
        h('section', { key: `${each.name} ${each.version}` },
          h('h2', {}, `${each.name} version ${each.version}`),
          h('p', { class: 'quiet' },
            `A saga has ${duration(each.deadline_ms)}. Started by ${each.start}, controlled by ${each.control}, fingerprint ${each.fingerprint}.`),
          h('p', {}, SAGA_STATUSES.map((status) => [
            h('a', { href: to(['sagas'], { choreography: each.name, status }) },
              badge(status)), ` ${number(each.sagas[status])}  `])),
          h('div', { class: 'beside' }, graph(each), steps(each)))),
    ],
  };
}

function steps({ name, steps: all }) {
  return h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': `Steps of ${name}` },
    h('table', {},
      h('thead', {}, h('tr', {},
        ['Step', 'Participant'].map((title) => h('th', { scope: 'col' }, title)),
        STATES.map((state) => h('th', { scope: 'col', class: 'number' }, statusWord(state))))),
      h('tbody', {}, all.map((step) =>
        h('tr', { key: step.step },
          h('th', { scope: 'row' }, h('a', { href: to(['sagas'], { choreography: name, step: step.step }) }, step.step)),
          h('td', {}, step.participant),
          STATES.map((state) => h('td', { class: 'number' }, number(step.counts[state]))))))));
}
