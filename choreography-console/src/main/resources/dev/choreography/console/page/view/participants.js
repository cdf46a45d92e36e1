// SPDX-License-Identifier: Apache-2.0

import { h } from '../dom.js';
import { duration, number } from '../words.js';

/** Who takes part, and whether they are there. */
export function participantsTable(page, participants) {
  return h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Participants' },
    h('table', {},
      h('thead', {}, h('tr', {},
        ['Participant', ''].map((title) => h('th', { scope: 'col' }, title)),
        ['instances', 'lag', 'owes'].map((title) => h('th', { scope: 'col', class: 'number' }, title)),
        ['Last heard', 'Steps'].map((title) => h('th', { scope: 'col' }, title)))),
      h('tbody', {}, participants.map((each) =>
        h('tr', { key: each.participant },
          h('th', { scope: 'row' }, each.participant),
          h('td', {}, each.alive
            ? h('span', { class: 'badge is-completed' }, '● alive')
            : h('span', { class: 'badge is-stuck' }, '✕ away')),
          h('td', { class: 'number' }, number(each.members)),
          h('td', { class: 'number' }, number(each.lag)),
          h('td', { class: 'number' }, number(each.owes)),
          h('td', {}, each.last_heard ? `${duration(Math.max(0, page.now() - new Date(each.last_heard)))} ago` : 'never'),
          h('td', { class: 'text' }, each.steps.map(({ choreography, step }) => `${choreography} · ${step}`).join(', ')))))));
}
