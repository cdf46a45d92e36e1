// SPDX-License-Identifier: Apache-2.0
// How things are said: statuses, times, durations, numbers.

import { h } from './dom.js';

// A sign for each, since colour alone does not tell everybody.
const STATUSES = {
  in_flight: ['▷', 'in flight', 'it goes on'],
  stuck: ['!', 'stuck', 'in flight for more than a minute past its deadline'],
  dead_letter: ['✕', 'dead letter', 'its start cannot be acted on, see the dead letters'],
  ignored: ['∅', 'ignored', 'its start is older than any that participants act on'],
  completed: ['✓', 'completed', 'all was done'],
  compensated: ['↩', 'compensated', 'what was done is undone'],
  parked: ['‖', 'parked', 'waits for an operator'],
  failed: ['✕', 'failed', 'it did nothing'],
  skipped: ['–', 'skipped', 'it never ran, and never will'],
  waiting: ['…', 'waiting', 'its participant owes the next event'],
  none: ['·', 'not yet', 'it is not its turn'],
};

export const SAGA_STATUSES = ['in_flight', 'stuck', 'parked', 'completed', 'compensated', 'dead_letter', 'ignored'];

export function statusWord(status) {
  return STATUSES[status]?.[1] ?? status;
}

export function badge(status) {
  const [sign, word, meaning] = STATUSES[status] ?? ['', status];
  const known = status in STATUSES ? status : 'other';
  return h('span', { class: `badge is-${known}`, title: meaning }, h('span', { 'aria-hidden': 'true' }, sign), ` ${word}`);
}

/** 850 ms, 1.2 s, 3 min 4 s, 2 h 5 min, 3 d 4 h. */
export function duration(ms) {
  if (ms === null || ms === undefined) {
    return '–';
  }
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  const s = ms / 1000;
  if (s < 60) {
    return `${s < 10 ? s.toFixed(1) : Math.floor(s)} s`;
  }
  const parts = [
    [Math.floor(s / 86400), 'd'],
    [Math.floor(s / 3600) % 24, 'h'],
    [Math.floor(s / 60) % 60, 'min'],
    [Math.floor(s) % 60, 's'],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ');
}

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23',
});
const DAY = new Intl.DateTimeFormat(undefined, {
  month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});

const MINUTE = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** A time of day, to the millisecond, in the zone of whoever looks. */
export function time(instant) {
  return said(instant, TIME);
}

/** A day and a time. */
export function day(instant) {
  return said(instant, DAY);
}

/** A minute of the day, as text. */
export function minute(instant) {
  return MINUTE.format(new Date(instant));
}

function said(instant, format) {
  return instant
    ? h('time', { datetime: instant, title: instant }, format.format(new Date(instant)))
    : '–';
}

export function number(n) {
  return n === null || n === undefined ? '–' : n.toLocaleString();
}

export function rate(n) {
  return n >= 100 ? number(Math.round(n)) : n.toFixed(1);
}

/** Between two times that may be missing. */
export function between(from, to) {
  return from && to ? new Date(to) - new Date(from) : null;
}
