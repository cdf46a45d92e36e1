// SPDX-License-Identifier: Apache-2.0
// What an operator can do. Each is confirmed first; what comes of it is seen in the trace.

import { toSaga } from './address.js';
import { post, sagaPath } from './api.js';
import { ask, who } from './dialog.js';

export function start(page) {
  const names = (page.overview?.choreographies ?? []).map((each) => each.choreography);
  ask(page, {
    title: 'Start a saga',
    text: 'Publishes its start event, as any producer would. Of a trip booking, what is not said is that of an example.',
    button: 'Start it',
    fields: [
      ...(names.length > 1 ? [{ name: 'choreography', label: 'Choreography', required: true, choices: names }] : []),
      { name: 'id', label: 'Id' },
      { name: 'data', label: 'Data, JSON', long: true, hint: '{"trip": {"car_location": "NOWHERE"}}' },
    ],
    async act({ choreography = names[0], id, data }) {
      const body = choreography ? { choreography } : {};
      if (id) {
        body.id = id;
      }
      // As it was typed: the browser would round numbers.
      const started = await post('/api/sagas', body, data ? { data: checked(data) } : {});
      page.go(toSaga(started.choreography, started.saga));
      return `${started.saga} is started.`;
    },
  });
}

function checked(text) {
  try {
    JSON.parse(text);
    return text;
  } catch (e) {
    throw new Error(`the data is no JSON: ${e.message}`, { cause: e });
  }
}

export function cancel(page, { choreography, saga }) {
  ask(page, {
    title: `Cancel ${saga}?`,
    text: 'It is asked not to complete: steps that have not run will not, and what was done is undone.',
    button: 'Cancel the saga',
    fields: [{ name: 'reason', label: 'Reason', required: true, long: true }, who],
    async act(said) {
      await post(sagaPath(choreography, saga, 'cancel'), said);
      return `${saga} is asked not to complete.`;
    },
  });
}

export function repair(page, { choreography, saga }) {
  ask(page, {
    title: `Repair ${saga}?`,
    text: 'If Kafka has lost an event of it, the participants publish again what their journals say. No state changes.',
    button: 'Repair',
    fields: [{ name: 'reason', label: 'What was lost', required: true, long: true }, who],
    async act(said) {
      await post(sagaPath(choreography, saga, 'repair'), said);
      return `The participants of ${saga} are asked to publish again what they know.`;
    },
  });
}

export function retry(page, { choreography, saga }, step) {
  ask(page, {
    title: `Try ${step} of ${saga} again?`,
    text: 'Once its fault is mended, it goes on; else it parks again.',
    button: 'Try again',
    fields: [{ name: 'reason', label: 'What was mended', required: true, long: true }, who],
    async act(said) {
      await post(sagaPath(choreography, saga, 'steps', step, 'retry'), said);
      return `${step} of ${saga} is to be tried again.`;
    },
  });
}

export function resolve(page, { choreography, saga }, step) {
  ask(page, {
    title: `Resolve ${step} of ${saga} by hand?`,
    text: 'The step counts as done, and nothing more is tried: first do by hand what it could not.',
    button: 'It is done by hand',
    fields: [{ name: 'reason', label: 'What was done, and why', required: true, long: true }, who],
    async act(said) {
      await post(sagaPath(choreography, saga, 'steps', step, 'resolve'), said);
      return `${step} of ${saga} counts as done by hand.`;
    },
  });
}

export function replay(page, name) {
  ask(page, {
    title: `Publish ${name} again?`,
    text: 'The same bytes, key and headers go where they came from. Without a new reader they fail again.',
    button: 'Publish it again',
    fields: [{ name: 'reason', label: 'Why now', required: true, long: true }, who],
    async act(said) {
      const { replayed } = await post('/api/dead-letters/replay', { names: [name], ...said });
      return replayed.map((each) => `${each.name} is published again, ${each.topic} ${each.partition}@${each.offset}.`).join(' ');
    },
  });
}
