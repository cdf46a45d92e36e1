// SPDX-License-Identifier: Apache-2.0

import { cancel, repair, resolve, retry } from '../actions.js';
import { again } from '../again.js';
import { get, sagaPath } from '../api.js';
import { h } from '../dom.js';
import { room } from '../figure/room.js';
import { sequence } from '../figure/sequence.js';
import { eventItem } from './event.js';
import { badge, day, duration, statusWord } from '../words.js';

/** One saga: how it stands, what it did, what is owed, and what can be done about it. */
export function sagaView(page, choreography, saga) {
  let trace = null;
  let isUnknown = false;
  let sentences = [];
  const opened = new Set();
  const reload = again(() => page.refresh(), 200);

  function toggle(key, isOpen) {
    if (isOpen === opened.has(key)) {
      return;
    }
    opened[isOpen ? 'add' : 'delete'](key);
    page.redraw();
  }

  return {
    title: saga,
    follows: `${choreography}/${saga}`,
    // Each event is told; but not how much time is left.
    everySeconds: () => (trace === null || isOpen(trace) ? 10 : 60),
    async load() {
      if (trace === null && !(await isTracked(choreography, saga))) {
        isUnknown = true;
        return;
      }
      const before = trace?.status;
      trace = await get(sagaPath(choreography, saga));
      sentences = (await get(sagaPath(choreography, saga, 'explain'))).sentences;
      if (before !== undefined && before !== trace.status) {
        page.say(`${saga} is ${statusWord(trace.status)} now.`);
      }
    },
    changed(line) {
      if (line.saga === saga && line.choreography === choreography) {
        reload();
      }
    },
    draw: () => trace === null ? isUnknown && unknown(choreography, saga) : [
      head(page, trace),
      trace.parked.map((parking) => parked(page, trace, parking)),
      trace.owed.length > 0 && owed(trace),
      h('section', {},
        h('h2', {}, 'What happened, between whom'),
        sequence(trace, room())),
      h('section', {},
        h('h2', {}, 'In words'),
        h('ul', { class: 'sentences' }, sentences.map((sentence) => h('li', {}, timed(sentence))))),
      h('section', {},
        h('h2', {}, 'Events'),
        h('ol', { class: 'events' }, trace.events.map((event) => eventItem(trace, event, opened, toggle)))),
    ],
  };
}

/** The list is asked, since a saga that was started a moment ago is no error. */
async function isTracked(choreography, saga) {
  const { sagas } = await get('/api/sagas', { choreography, id: saga, limit: 1 });
  return sagas.some((each) => each.saga === saga);
}

function unknown(choreography, saga) {
  return h('p', { class: 'none' }, `No saga ${saga} of ${choreography} is tracked, or not yet.`);
}

/** Its times in the zone of whoever looks. */
function timed(sentence) {
  return sentence.split(/(\b\d{4}-\d{2}-\d{2}T[\d:.]+Z)/).map((part, i) => (i % 2 === 1 ? day(part) : part));
}

function isOpen(trace) {
  return (trace.status === 'in_flight' || trace.status === 'stuck');
}

function head(page, trace) {
  const last = trace.events.at(-1);
  const asked = trace.events.find((event) => event.kind === 'cancel');
  const begun = new Date(trace.events[0].time);
  const ran = (isOpen(trace) ? page.now() : new Date(last.time)) - begun;
  return h('div', { class: 'head' },
    h('p', { id: 'status', 'data-status': trace.status },
      badge(trace.status), trace.parked.length > 0 && [' ', badge('parked')],
      ` ${trace.choreography} ${trace.version === null ? 'of a version that is open until it is adopted' : `version ${trace.version}`}`),
    h('dl', { class: 'facts' },
      fact('started', day(trace.events[0].time)),
      fact(isOpen(trace) ? 'has run' : 'took', duration(ran)),
      fact('deadline', day(trace.deadline)),
      isOpen(trace) && fact('time left', left(page, trace)),
      asked && fact('asked not to complete', day(asked.time)),
      trace.steps.map((step) => fact(`${step.step}, ${step.participant}`, badge(step.state)))),
    page.access === 'act' && isOpen(trace) && (!asked || trace.status === 'stuck') &&
      h('div', { class: 'buttons' },
        !asked && h('button', { type: 'button', onclick: () => cancel(page, trace) }, 'Cancel the saga …'),
        trace.status === 'stuck' &&
          h('button', { type: 'button', onclick: () => repair(page, trace) }, 'Repair …')));
}

function left(page, trace) {
  const ms = new Date(trace.deadline) - page.now();
  return ms > 0 ? duration(ms) : `none, ${duration(-ms)} over`;
}

function fact(name, value) {
  return h('div', { key: name }, h('dt', {}, name), h('dd', {}, value));
}

function parked(page, trace, parking) {
  return h('section', { class: 'parking', key: `parked ${parking.step}`, 'data-parked': parking.step },
    h('h2', {}, badge('parked'), ` ${parking.step} of ${parking.participant} waits for an operator`),
    h('p', {}, `For the ${ordinal(parking.times)} time, since `, day(parking.since), '.'),
    h('pre', { class: 'error' }, parking.error),
    page.access === 'act' &&
      h('div', { class: 'buttons' },
        h('button', { type: 'button', onclick: () => retry(page, trace, parking.step) }, 'Try again …'),
        h('button', { type: 'button', onclick: () => resolve(page, trace, parking.step) }, 'Resolve by hand …')));
}

function ordinal(n) {
  const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th' };
  return n + ending[new Intl.PluralRules('en', { type: 'ordinal' }).select(n)];
}

function owed(trace) {
  return h('section', { class: 'owed', key: 'owed' },
    h('h2', {}, 'What is owed, and by whom'),
    h('ul', {}, trace.owed.map((debt) =>
      h('li', { key: debt.step }, h('strong', {}, debt.participant), ' owes ',
        debt.events.map((event, i) => [i > 0 && ' or ', h('code', {}, event)])))));
}
