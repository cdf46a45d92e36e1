// SPDX-License-Identifier: Apache-2.0
// A description of what is to be seen, and what makes the document match it. Only what differs is
// touched, so that focus, scroll positions and open details stay. Data gets into the document as
// text nodes and attributes alone, so nothing in it can become an element.

const SVG = 'http://www.w3.org/2000/svg';

// What the user changes: the attribute would only say how it began.
const PROPERTIES = new Set(['value', 'checked']);

// What a node was last described as.
const described = new WeakMap();

/**
 * An element. Attributes whose names begin with "on" are event handlers; null, undefined and false
 * leave an attribute, or a child, out. `key` tells siblings apart over time: what comes and goes
 * needs one, or those after it may be made anew, and lose the focus.
 */
export function h(tag, attributes, ...children) {
  const { key, ...others } = attributes ?? {};
  return { tag, key, attributes: others, children: flat(children) };
}

function flat(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === 'object' ? child : String(child)));
}

/** Makes the children of a node be what is described. */
export function show(parent, ...children) {
  match(parent, flat(children), parent.namespaceURI);
}

function match(parent, wanted, namespace) {
  const keyed = new Map();
  const keys = new Set(wanted.map((each) => each.key).filter((key) => key !== undefined));
  for (const node of [...parent.childNodes]) {
    const key = described.get(node)?.key;
    if (key === undefined) {
      continue;
    }
    // Gone first: otherwise those that stay would be moved over them, and lose the focus.
    if (keys.has(key)) {
      keyed.set(key, node);
    } else {
      node.remove();
    }
  }
  let at = parent.firstChild;
  for (const each of wanted) {
    let node = each.key === undefined ? at : keyed.get(each.key);
    if (!node || !isSame(node, each)) {
      node = created(each, namespace);
    }
    if (node === at) {
      at = at.nextSibling;
    } else {
      parent.insertBefore(node, at);
    }
    update(node, each);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function isSame(node, wanted) {
  const before = described.get(node);
  return typeof wanted === 'string'
    ? node.nodeType === Node.TEXT_NODE
    : before !== undefined && before.tag === wanted.tag && before.key === wanted.key;
}

function created(wanted, namespace) {
  if (typeof wanted === 'string') {
    return document.createTextNode(wanted);
  }
  const own = wanted.tag === 'svg' ? SVG : namespace;
  const node = document.createElementNS(own, wanted.tag);
  described.set(node, { tag: wanted.tag, key: wanted.key, attributes: {} });
  return node;
}

function update(node, wanted) {
  if (typeof wanted === 'string') {
    if (node.data !== wanted) {
      node.data = wanted;
    }
    return;
  }
  const before = described.get(node).attributes;
  for (const name of new Set([...Object.keys(before), ...Object.keys(wanted.attributes)])) {
    if (before[name] !== wanted.attributes[name]) {
      set(node, name, wanted.attributes[name]);
    }
  }
  described.set(node, wanted);
  match(node, wanted.children, node.namespaceURI);
  if (wanted.tag === 'select') {
    // Its options have to be there before one of them can be chosen.
    set(node, 'value', wanted.attributes.value);
  }
}

function set(node, name, value) {
  if (name.startsWith('on')) {
    node[name] = value ?? null;
  } else if (PROPERTIES.has(name) && node.localName !== 'option') {
    if (value !== undefined && node[name] !== value) {
      node[name] = value ?? '';
    }
  } else if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? '' : value);
  }
}
