// SPDX-License-Identifier: Apache-2.0

import { to, toSaga } from '../address.js';
import { start } from '../actions.js';
import { get } from '../api.js';
import { h } from '../dom.js';
import { chart } from '../figure/chart.js';
import { room } from '../figure/room.js';
import { participantsTable } from './participants.js';
import { badge, duration, minute, number, rate, SAGA_STATUSES, statusWord } from '../words.js';

const SEGMENTS = ['total', 'broker', 'inbox', 'handler', 'outbox'];

/** What is running, what is not, and how long it takes. */
export function overviewView(page) {
  let participants = [];
  let steps = [];

  return {
    title: 'Overview',
    everySeconds: () => 5,
    async load() {
      page.overview ??= await get('/api/overview');
      participants = (await get('/api/participants')).participants;
      steps = (await get('/api/steps')).steps;
    },
    draw() {
      const overview = page.overview;
      return [
        page.access === 'act' &&
          h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: () => start(page) }, 'Start a saga …')),
        overview && figures(page, overview),
        overview && history(overview),
        overview && byChoreography(overview),
        h('section', { key: 'participants' }, h('h2', {}, 'Participants'), participantsTable(page, participants)),
        h('section', { key: 'durations' }, h('h2', {}, 'How long steps take'), durations(steps)),
      ];
    },
  };
}

function figures(page, { sagas, oldest_in_flight: oldest }) {
  return h('ul', { key: 'figures', class: 'figures' },
    ['in_flight', 'stuck', 'parked'].map((status) =>
      h('li', { key: status, class: sagas[status] > 0 ? `is-${status}` : null, 'data-figure': status },
        h('a', { href: to(['sagas'], { status }) },
          h('span', { class: 'figure' }, number(sagas[status])), badge(status)))),
    h('li', { key: 'oldest', 'data-figure': 'oldest' },
      oldest
        ? h('a', { href: toSaga(oldest.choreography, oldest.saga) },
            h('span', { class: 'figure' }, duration(Math.max(0, page.now() - new Date(oldest.started)))),
            `oldest in flight, ${oldest.saga}`)
        : [h('span', { class: 'figure' }, '–'), 'oldest in flight']),
    ['completed', 'compensated'].map((status) =>
      h('li', { key: status, 'data-figure': status },
        h('a', { href: to(['sagas'], { status }) },
          h('span', { class: 'figure' }, number(sagas[status])), badge(status)))));
}

function history({ history: minutes, rates }) {
  return h('section', { key: 'history' },
    h('h2', {}, 'The last hour'),
    h('p', { id: 'rates' }, `Over the last ${rates.over_minutes} minutes `,
      ['started', 'completed', 'compensated'].map((end, i) =>
        [i > 0 && ', ', h('strong', {}, rate(rates[`${end}_per_minute`])), ` ${end}`]), ' a minute.'),
    chart(minutes, room()),
    h('details', {},
      h('summary', {}, 'As a table'),
      h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'The last hour as a table' },
        h('table', {},
          h('thead', {}, h('tr', {}, ['Minute', 'Started', 'Completed', 'Compensated'].map((title) => h('th', { scope: 'col' }, title)))),
          h('tbody', {}, minutes.filter((each) => each.started + each.completed + each.compensated > 0).map((each) =>
            h('tr', { key: each.minute },
              h('th', { scope: 'row' }, minute(each.minute)),
              [each.started, each.completed, each.compensated].map((n) => h('td', { class: 'number' }, n)))))))));
}

function byChoreography({ choreographies }) {
  return h('section', { key: 'choreographies' },
    h('h2', {}, 'By choreography'),
    h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Sagas by choreography' },
      h('table', {},
        h('thead', {}, h('tr', {},
          h('th', { scope: 'col' }, 'Choreography'),
          [...SAGA_STATUSES.map(statusWord), 'total'].map((title) => h('th', { scope: 'col', class: 'number' }, title)))),
        h('tbody', {}, choreographies.map((each) =>
          h('tr', { key: each.choreography },
            h('th', { scope: 'row' }, h('a', { href: to(['choreographies']) }, each.choreography)),
            [...SAGA_STATUSES, ''].map((status) =>
              h('td', { class: 'number' },
                h('a', { href: to(['sagas'], { choreography: each.choreography, status }) },
                  number(each[status || 'total']))))))))));
}

function durations(steps) {
  return [
    h('p', { class: 'quiet' },
      'From the cause’s record to the step’s own: broker, inbox, handler and outbox together. Half, nine in ten'
      + ' and all but one in a hundred were done within these times, in the last 24 hours.'),
    h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'How long steps take' },
      h('table', {},
        h('thead', {},
          h('tr', {},
            ['Step', 'Participant'].map((title) => h('th', { scope: 'col' }, title)),
            ['events', 'p50', 'p90', 'p99', ...SEGMENTS.slice(1).map((each) => `${each} p50 / p99`)].map((title) =>
              h('th', { scope: 'col', class: 'number' }, title)))),
        h('tbody', {}, steps.map((step) =>
          h('tr', { key: `${step.choreography} ${step.step}` },
            h('th', { scope: 'row' }, `${step.choreography} · ${step.step}`),
            h('td', {}, step.participant),
            h('td', { class: 'number' }, number(step.count)),
            ['p50', 'p90', 'p99'].map((p) => h('td', { class: 'number' }, duration(step.total_ms[p]))),
            SEGMENTS.slice(1).map((segment) =>
              h('td', { class: 'number' },
                `${duration(step[`${segment}_ms`].p50)} / ${duration(step[`${segment}_ms`].p99)}`))))))),
  ];
}
