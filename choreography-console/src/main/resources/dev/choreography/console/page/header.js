// SPDX-License-Identifier: Apache-2.0

import { to } from './address.js';
import { h } from './dom.js';

const PLACES = [
  ['', 'Overview'],
  ['sagas', 'Sagas'],
  ['choreographies', 'Choreographies'],
  ['dead-letters', 'Dead letters'],
];

const LINES = {
  wait: ['◌', 'connecting'],
  live: ['●', 'live'],
  lost: ['✕', 'lost'],
};

/** What is above everything; nothing but the name for whoever has no token. */
export function header(page, place, leave) {
  const name = h('span', { class: 'name' }, 'Choreography');
  if (page.access === 'none') {
    return [name];
  }
  const [sign, word] = LINES[page.line];
  return [
    name,
    h('nav', { 'aria-label': 'Places' },
      PLACES.map(([part, title]) =>
        h('a', {
          href: to(part === '' ? [] : [part]),
          'aria-current': part === place ? 'page' : null,
        }, title))),
    h('span', { class: `line is-${page.line}` }, h('span', { 'aria-hidden': 'true' }, sign), ` ${word}`),
    page.access === 'read' && h('span', { class: 'quiet' }, 'to read'),
    h('button', { type: 'button', onclick: leave, id: 'logout' }, 'Log out'),
    page.line === 'lost' &&
      h('p', { class: 'lost' }, '✕ The connection is lost: what is shown is old. Trying again …'),
  ];
}
