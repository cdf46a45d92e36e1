// SPDX-License-Identifier: Apache-2.0

import { replay } from '../actions.js';
import { to } from '../address.js';
import { get } from '../api.js';
import { h } from '../dom.js';
import { day } from '../words.js';

/** What could not be read as an event, why, and what became of it. */
export function deadLettersView(page, asked) {
  let letters = null;

  return {
    title: 'Dead letters',
    everySeconds: () => 5,
    async load() {
      const found = (await get('/api/dead-letters', { all: asked.all })).dead_letters;
      if (letters !== null && found.length > letters.length) {
        page.say(`${found.length} dead letters.`);
      }
      letters = found;
    },
    draw: () => [
      h('p', { class: 'quiet' },
        'Records that a participant could not take for an event of its choreographies. It went on without them; once'
        + ' their reason is mended they can be published again.'),
      h('label', { class: 'check' },
        h('input', {
          type: 'checkbox',
          checked: asked.all === 'true',
          onchange: (event) => page.replace(to(['dead-letters'], { all: event.target.checked ? 'true' : '' })),
        }),
        'Those that were replayed, too'),
      letters !== null && (letters.length === 0
        ? h('p', { key: 'none', class: 'none' }, 'There are none.')
        : h('ul', { key: 'letters', class: 'letters' }, letters.map((each) => letter(page, each)))),
      letters?.length > 0 &&
        h('p', { key: 'whole', class: 'quiet' }, h('code', {}, './saga dead-letters --show N'), ' shows one whole, with its bytes.'),
    ],
  };
}

function letter(page, each) {
  return h('li', { key: each.name, 'data-letter': each.name },
    h('div', { class: 'event' },
      h('strong', {}, each.name),
      h('span', {}, `read at ${each.read_at}`),
      h('span', {}, each.key === null ? 'no key' : `key ${each.key}`),
      day(each.published)),
    h('p', { class: 'says' }, each.reason),
    each.replayed
      ? h('p', { class: 'quiet' }, `Published again by ${each.replayed_by || 'somebody'}, now ${each.replayed}${each.replayed_because ? `: ${each.replayed_because}` : ''}.`)
      : page.access === 'act' &&
        h('div', { class: 'buttons' },
          h('button', { type: 'button', onclick: () => replay(page, each.name) }, 'Publish it again …')));
}
