// SPDX-License-Identifier: Apache-2.0
// JSON with every digit of its whole numbers: a browser's own reader rounds those above 2^53.

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Whole numbers that JavaScript does not have become their text. */
export function parse(text) {
  return JSON.parse(text.replace(STRING_OR_NUMBER, (found) => (/^-?\d{16,}$/.test(found) ? `"${found}"` : found)));
}
