// SPDX-License-Identifier: Apache-2.0
// What changes, as it does. The browser reconnects by itself when the line breaks, but not when it
// is answered by an error (the console starts, or the session has ended): then this asks again. A
// page that nobody sees does not listen: a browser has no more than six connections to a console,
// and would keep those of its other tabs, and of pages it may go back to.

import { parse } from './exact.js';

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10000;

/**
 * Listens, once it is told for what, until it is closed.
 *
 * @param told has a function for each event: `saga`, `gone`, `overview`, `progress`;
 *     `connected(again)`; `lost()`, which may be called many times; `refused()` if it was answered
 *     by an error
 */
export function listen(told) {
  let source = null;
  let timer = null;
  let wait = FIRST_WAIT_MS;
  let before = false;
  let saga = null;

  function open() {
    source = new EventSource(saga ? `/api/changes?saga=${encodeURIComponent(saga)}` : '/api/changes');
    source.onopen = () => {
      wait = FIRST_WAIT_MS;
      told.connected(before);
      before = true;
    };
    source.onerror = () => {
      told.lost();
      if (source.readyState === EventSource.CLOSED) {
        told.refused();
        timer = setTimeout(open, wait);
        wait = Math.min(2 * wait, LONGEST_WAIT_MS);
      }
    };
    for (const name of ['saga', 'gone', 'overview', 'progress']) {
      source.addEventListener(name, (event) => told[name](parse(event.data)));
    }
  }

  function pause() {
    clearTimeout(timer);
    source?.close();
  }

  function seen() {
    pause();
    if (!document.hidden) {
      open();
    }
  }

  document.addEventListener('visibilitychange', seen);
  return {
    /** From now on also for each event of this saga, `choreography/id`; of none if it is null. */
    follow(wanted) {
      if (source === null || wanted !== saga) {
        saga = wanted;
        seen();
      }
    },
    close() {
      document.removeEventListener('visibilitychange', seen);
      pause();
    },
  };
}
