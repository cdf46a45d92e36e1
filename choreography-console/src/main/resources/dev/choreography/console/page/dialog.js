// SPDX-License-Identifier: Apache-2.0
// A question before something is done. The browser's own dialog keeps the focus inside, ends with
// Escape, and gives the focus back to what opened it.

import { h, show } from './dom.js';

const WHO = 'who';

/**
 * Asks, and does it when that is confirmed; stays open with the reason when it is refused.
 *
 * @param question has a `title`, a `text`, a `button`, `fields` (each a `name`, a `label`, and
 *     `required`, `long`, `hint`, `choices` if they are), and `act(values)`, which answers with a sentence
 */
export function ask(page, question) {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-labelledby', 'dialog-title');
  document.getElementById('dialogs').append(dialog);
  dialog.onclose = () => dialog.remove();
  let refused = null;
  let busy = false;

  async function submit(event) {
    event.preventDefault();
    if (busy) {
      return;
    }
    busy = true;
    const values = Object.fromEntries(
      [...new FormData(event.target)].map(([name, value]) => [name, value.trim()]));
    if (values.who) {
      sessionStorage.setItem(WHO, values.who); // who acts is the same the next time
    }
    try {
      page.say(await question.act(values));
      dialog.close();
      page.refresh();
    } catch (e) {
      refused = e.message;
      busy = false;
      draw();
    }
  }

  function draw() {
    show(dialog,
      h('form', { onsubmit: submit },
        h('h2', { id: 'dialog-title' }, question.title),
        h('p', {}, question.text),
        question.fields.map(field),
        refused && h('p', { key: 'refused', class: 'trouble', role: 'alert' }, refused),
        h('div', { class: 'buttons' },
          h('button', { type: 'button', onclick: () => dialog.close() }, 'Back'),
          h('button', { class: 'main' }, question.button))));
  }

  draw();
  dialog.showModal();
  dialog.querySelector('input, select, textarea, .main').focus();
}

function field({ name, label, required, long, hint, choices }) {
  const id = `field-${name}`;
  return [
    h('label', { for: id }, label, required ? '' : h('span', { class: 'quiet' }, ' (if you like)')),
    choices
      ? h('select', { id, name, required }, choices.map((each) => h('option', { key: each, value: each }, each)))
      : h(long ? 'textarea' : 'input', {
      id, name, required, maxlength: 1000, rows: long ? 3 : null, placeholder: hint,
      value: name === WHO ? sessionStorage.getItem(WHO) ?? '' : null,
    }),
  ];
}

/** A field for the name of whoever acts. */
export const who = { name: WHO, label: 'Your name', required: true };
