// SPDX-License-Identifier: Apache-2.0

/** The event that led to this one: the last of that id before it, or undefined. */
export function causeOf(events, event) {
  const id = event.adopted ? idOf(event) : event.cause;
  const before = events.slice(0, events.indexOf(event));
  return id ? before.findLast((each) => idOf(each) === id) : undefined;
}

function idOf(event) {
  return event.headers.ce_id ?? `${event.saga}/${event.event}`;
}
