// SPDX-License-Identifier: Apache-2.0

/**
 * Work that many things ask for: it runs once at a time, with a pause after it; if it was asked for
 * meanwhile, once more.
 *
 * @param work async; what it throws is thrown to whoever asked
 */
export function again(work, pauseMs) {
  let busy = false;
  let asked = false;
  return async function ask() {
    asked = true;
    if (busy) {
      return;
    }
    busy = true;
    try {
      while (asked) {
        asked = false;
        await work();
        await new Promise((done) => setTimeout(done, pauseMs));
      }
    } finally {
      busy = false;
    }
  };
}
