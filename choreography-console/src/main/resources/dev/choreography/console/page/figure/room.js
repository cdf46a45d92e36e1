// SPDX-License-Identifier: Apache-2.0

const AROUND = 34;
const UNTIL_KNOWN = 320;

/** How wide a drawing in a section can be without being scrolled. */
export function room() {
  const view = document.querySelector('.view');
  return view ? Math.max(UNTIL_KNOWN, view.clientWidth) - AROUND : UNTIL_KNOWN;
}
