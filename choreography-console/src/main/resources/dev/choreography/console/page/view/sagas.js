// SPDX-License-Identifier: Apache-2.0

import { here, to, toSaga } from '../address.js';
import { start } from '../actions.js';
import { again } from '../again.js';
import { get } from '../api.js';
import { h } from '../dom.js';
import { badge, day, duration, SAGA_STATUSES, statusWord } from '../words.js';

const LINES = 50;
const MOST_REQUESTS = 10;
const FILTERS = ['status', 'choreography', 'step', 'id', 'since', 'until'];
const TYPING_MS = 300;

/** Sagas that match what the address says. */
export function sagasView(page, asked) {
  let lines = null;
  let next = null;
  let choreographies = [];
  let typing = null;
  const reload = again(() => page.refresh(), 700);

  function filter(changes) {
    if (here().parts.join() !== 'sagas') {
      return; // typed, and gone elsewhere since
    }
    const all = Object.fromEntries(FILTERS.map((name) => [name, asked[name]]));
    page.replace(to(['sagas'], { ...all, ...changes }));
  }

  return {
    title: 'Sagas',
    /** While other filters are looked for, what was there stays. */
    keep(before) {
      lines = before.lines?.() ?? null;
      choreographies = before.choreographies?.() ?? [];
    },
    lines: () => lines,
    choreographies: () => choreographies,
    async load() {
      choreographies = (await get('/api/choreographies')).choreographies;
      const found = [];
      let after = asked.after;
      // A page with few lines need not be the last one: the console looks at so many at a time.
      for (let i = 0; i < MOST_REQUESTS && (i === 0 || after); i += 1) {
        const answer = await get('/api/sagas', { ...asked, after, limit: LINES - found.length });
        found.push(...answer.sagas);
        after = answer.next;
        if (found.length >= LINES) {
          break;
        }
      }
      if (lines === null || lines.length !== found.length) {
        page.say(`${found.length} sagas${after ? ', and there are more' : ''}.`);
      }
      lines = found;
      next = after;
    },
    changed(line) {
      const isHere = lines?.some((each) => each.saga === line.saga && each.choreography === line.choreography);
      // Others than those on a later page can come in anew.
      if (isHere || !asked.after) {
        reload();
      }
    },
    draw: () => [
      filters(asked, choreographies, {
        chosen: (event) => filter({ [event.target.name]: event.target.value }),
        typed(event) {
          clearTimeout(typing);
          const { value } = event.target;
          typing = setTimeout(() => filter({ id: value.trim() }), TYPING_MS);
        },
        submitted(event) {
          event.preventDefault();
          clearTimeout(typing);
          filter({ id: event.target.elements.id.value.trim() });
        },
      }),
      page.access === 'act' &&
        h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: () => start(page) }, 'Start a saga …')),
      lines !== null && table(page, lines),
      h('nav', { class: 'pages', 'aria-label': 'Pages' },
        asked.after && h('a', { href: to(['sagas'], { ...asked, after: '' }) }, 'First page'),
        next && h('a', { href: to(['sagas'], { ...asked, after: next }) }, 'Next page')),
    ],
  };
}

function filters(asked, choreographies, { chosen, typed, submitted }) {
  const names = [...new Set(choreographies.map((each) => each.name))];
  const steps = new Set(choreographies
    .filter((each) => !asked.choreography || each.name === asked.choreography)
    .flatMap((each) => each.steps.map(({ step }) => step)));
  return h('form', { class: 'filters', role: 'search', onsubmit: submitted },
    choice('status', 'Status', asked.status, SAGA_STATUSES.map((each) => [each, statusWord(each)]), chosen),
    choice('choreography', 'Choreography', asked.choreography, names.map((each) => [each, each]), chosen),
    choice('step', 'Waits for, or parked in', asked.step, [...steps].map((each) => [each, each]), chosen),
    h('label', {}, 'Id begins with',
      h('input', { name: 'id', type: 'search', value: asked.id ?? '', oninput: typed, spellcheck: 'false' })));
}

function choice(name, label, value = '', options, chosen) {
  // One that the address names and nobody knows is shown all the same.
  const all = value && !options.some(([each]) => each === value) ? [...options, [value, value]] : options;
  return h('label', {}, label,
    h('select', { name, value, onchange: chosen },
      h('option', { value: '' }, 'any'),
      all.map(([each, word]) => h('option', { key: each, value: each }, word))));
}

function table(page, lines) {
  if (lines.length === 0) {
    return h('p', { key: 'none', class: 'none' }, 'There are none.');
  }
  return h('div', { key: 'lines', class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Sagas' },
    h('table', { class: 'sagas' },
      h('thead', {}, h('tr', {},
        ['Saga', 'Status', 'Waits for', 'Started', 'Took, or has run', 'Events', 'Choreography'].map((title) =>
          h('th', { scope: 'col', class: title === 'Events' ? 'number' : null }, title)))),
      h('tbody', {}, lines.map((line) =>
        h('tr', { key: `${line.choreography} ${line.saga}`, 'data-saga': line.saga },
          h('th', { scope: 'row' }, h('a', { href: toSaga(line.choreography, line.saga) }, line.saga)),
          h('td', {}, badge(line.status), line.parked.length > 0 && [' ', badge('parked')]),
          h('td', {}, waits(line)),
          h('td', {}, day(line.started)),
          h('td', {}, duration((line.ended ? new Date(line.ended) : page.now()) - new Date(line.started))),
          h('td', { class: 'number' }, line.events),
          h('td', {}, `${line.choreography} ${line.version ?? ''}`))))));
}

function waits(line) {
  return [
    ...line.parked.map((step) => `${step}, parked`),
    ...line.waits_for
      .filter(({ step }) => !line.parked.includes(step))
      .map(({ step, participant }) => `${step}, from ${participant}`),
  ].join('; ');
}
