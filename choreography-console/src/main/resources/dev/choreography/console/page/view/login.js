// SPDX-License-Identifier: Apache-2.0

import { login } from '../api.js';
import { h } from '../dom.js';

/**
 * Asks for a token.
 *
 * @param entered is told what it lets do
 */
export function loginView(page, entered) {
  let refused = null;

  async function submit(event) {
    event.preventDefault();
    const input = event.target.elements.token;
    try {
      entered(await login(input.value));
    } catch (e) {
      refused = e.message;
      page.redraw();
      input.select();
    }
  }

  return {
    title: 'Log in',
    load: async () => {},
    draw: () =>
      h('form', { class: 'login', onsubmit: submit },
        h('h1', {}, 'Log in'),
        h('label', { for: 'token' }, 'Token'),
        h('input', {
          id: 'token', name: 'token', type: 'password', required: true,
          autocomplete: 'current-password', 'aria-describedby': 'token-help',
        }),
        h('p', { id: 'token-help', class: 'quiet' },
          'One to read, another to act. ', h('code', {}, './saga console'), ' prints those that were not given to it.'),
        refused && h('p', { key: 'refused', class: 'trouble', role: 'alert' }, refused),
        h('button', { class: 'main' }, 'Log in')),
  };
}
