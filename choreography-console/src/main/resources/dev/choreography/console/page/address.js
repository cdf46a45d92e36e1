// SPDX-License-Identifier: Apache-2.0
// Where whoever looks is: in the part of the address after "#", so that it can be kept as a
// bookmark and sent to others.

/** The parts between the slashes, and the parameters. */
export function here() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return {
    parts: path.split('/').filter((part) => part !== '').map(decoded),
    parameters: Object.fromEntries(new URLSearchParams(query)),
  };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of such a place; parameters that are empty are left out. */
export function to(parts, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  return `#/${parts.map(encodeURIComponent).join('/')}${query.size === 0 ? '' : `?${query}`}`;
}

export function toSaga(choreography, saga) {
  return to(['sagas', choreography, saga]);
}
