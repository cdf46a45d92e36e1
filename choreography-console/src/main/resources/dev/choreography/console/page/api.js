// SPDX-License-Identifier: Apache-2.0
// What the console's API is asked. The session is a cookie that scripts cannot read; what each
// POST has to repeat is kept in memory alone.

import { parse } from './exact.js';

// One that is stopped, or cut off, neither answers nor hangs up.
const LONGEST_MS = 15000;

let csrf = null;

/** An answer that is no success: HTTP's status, and the sentence that came with it. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** What whoever looks may do: "none", "read" or "act". */
export async function session() {
  return remember(await request('/api/session'));
}

export async function login(token) {
  return remember(await post('/login', { token }));
}

export async function logout() {
  await post('/logout', {});
  csrf = null;
}

function remember(session) {
  csrf = session.csrf;
  return session.access;
}

/** Asks for a path; its parameters that are empty are left out. */
export async function get(path, parameters = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value) {
      asked.set(name, value);
    }
  }
  return request(asked.size === 0 ? path : `${path}?${asked}`);
}

/**
 * Posts an object.
 *
 * @param raw more of its properties, each a text that is JSON already and goes as it is
 */
export async function post(path, body, raw = {}) {
  const headers = { 'Content-Type': 'application/json' };
  if (csrf) {
    headers['X-CSRF-Token'] = csrf;
  }
  let json = JSON.stringify(body);
  for (const [name, text] of Object.entries(raw)) {
    json = `${json.slice(0, -1)}${json === '{}' ? '' : ','}${JSON.stringify(name)}:${text}}`;
  }
  return request(path, { method: 'POST', headers, body: json });
}

/** The path of a saga. */
export function sagaPath(choreography, saga, ...more) {
  return ['/api/sagas', choreography, saga, ...more]
    .map((part, i) => (i === 0 ? part : encodeURIComponent(part)))
    .join('/');
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(LONGEST_MS) });
  } catch {
    throw new Refused(0, 'the console does not answer');
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = text === '' ? null : parse(text);
  } catch {
    throw new Refused(response.status, `${path} was not answered with JSON`);
  }
  if (!response.ok) {
    throw new Refused(response.status, answer?.error ?? `${path} was answered by ${response.status}`);
  }
  return answer;
}
