// SPDX-License-Identifier: Apache-2.0

import { h } from '../dom.js';
import { causeOf } from '../figure/causes.js';
import { badge, between, duration, time } from '../words.js';

const SIGNS = { started: 'none', completed: 'completed', failed: 'failed', compensated: 'compensated' };

/**
 * An event with all that is known of it; its payload and headers only when asked for.
 *
 * @param opened keys of what is open
 */
export function eventItem(trace, event, opened, toggle) {
  const key = `${event.topic} ${event.partition}@${event.offset}`;
  return h('li', { key, 'data-event': event.event },
    h('div', { class: 'event' },
      h('span', { class: 'at' }, time(event.time),
        event.delay_ms !== null && h('span', { class: 'quiet' }, ` +${duration(event.delay_ms)}`)),
      h('strong', {}, event.event),
      kind(event),
      h('span', {}, event.participant ?? 'from outside'),
      says(event) && h('span', { class: 'says' }, says(event))),
    h('p', { class: 'quiet' },
      `${event.topic} ${event.partition}@${event.offset}`,
      event.cause && ` · because of ${causeType(event)}`,
      hops(trace, event)),
    more('Payload', `${key} payload`, event.payload, opened, toggle),
    more('Headers', `${key} headers`, event.headers, opened, toggle));
}

/** Without what its name and its badge say. */
function says(event) {
  if (event.adopted || event.bare) {
    return event.bare ? 'as any program may publish it' : 'published again, with its version and deadline';
  }
  const said = event.says.startsWith(event.event) ? event.event : event.kind;
  return event.says.startsWith(said) ? event.says.slice(said.length).replace(/^[,:] /, '') : event.says;
}

/** A command's id goes on after its type. */
function causeType({ saga, cause }) {
  return cause.startsWith(`${saga}/`) ? cause.slice(saga.length + 1).split('/')[0] : cause;
}

function kind(event) {
  if (event.copy) {
    return h('span', { class: 'badge' }, event.adopted ? 'adopted' : 'copy');
  }
  if (event.outcome === 'skipped') {
    return badge('skipped');
  }
  return event.kind in SIGNS
    ? event.kind !== 'started' && badge(SIGNS[event.kind])
    : h('span', { class: 'badge is-command' }, 'said by control');
}

/** Where the time since its cause went. */
function hops(trace, event) {
  const cause = causeOf(trace.events, event);
  const parts = [
    ['broker', between(cause?.published, event.received)],
    ['inbox', between(event.received, event.started)],
    ['handler', between(event.started, event.time)],
    ['outbox', event.participant && between(event.time, event.published)],
  ].filter(([, ms]) => ms !== null && ms >= 0);
  return parts.length < 2 ? null : ` · ${parts.map(([name, ms]) => `${name} ${duration(ms)}`).join(', ')}`;
}

function more(title, key, value, opened, toggle) {
  const isOpen = opened.has(key);
  return h('details', { ontoggle: (e) => toggle(key, e.target.open) },
    h('summary', {}, title),
    isOpen && h('pre', {}, value === null ? 'It cannot be read.' : JSON.stringify(value, null, 2)));
}
