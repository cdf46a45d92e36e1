// SPDX-License-Identifier: Apache-2.0
// What the page is: who looks, where, and what is heard meanwhile. A view loads what it shows, is
// told of changes, and describes itself; see `views` below.

import { here } from './address.js';
import { again } from './again.js';
import * as api from './api.js';
import { show, h } from './dom.js';
import { header } from './header.js';
import { listen } from './live.js';
import { loginView } from './view/login.js';
import { overviewView } from './view/overview.js';
import { sagasView } from './view/sagas.js';
import { sagaView } from './view/saga.js';
import { choreographiesView } from './view/choreographies.js';
import { deadLettersView } from './view/dead-letters.js';

const TICK_MS = 1000;
const PAUSE_MS = 300;

const content = document.getElementById('content');
const page = {
  access: 'none',
  /** What /api/overview told last. */
  overview: null,
  /** Whether changes are heard: "wait", "live" or "lost". */
  line: 'wait',
  /** What of the overview's time and this clock differs. */
  skewMs: 0,
  now: () => Date.now() + page.skewMs,
  redraw,
  refresh: () => refresh(),
  /** Tells those who do not see. */
  say(text) {
    document.getElementById('said').textContent = text;
  },
  go: (address) => location.assign(address),
  replace(address) {
    history.replaceState(null, '', address);
    enter(false);
  },
};

let view = null;
let trouble = null;
let stream = null;
let refresh = () => {};
let ticks = 0;

function viewOf({ parts, parameters }) {
  if (page.access === 'none') {
    return loginView(page, entered);
  }
  switch (parts[0] ?? '') {
    case '':
      return overviewView(page);
    case 'sagas':
      return parts.length === 3 ? sagaView(page, parts[1], parts[2]) : sagasView(page, parameters);
    case 'choreographies':
      return choreographiesView(page);
    case 'dead-letters':
      return deadLettersView(page, parameters);
    default:
      return { title: 'Nothing here', load: async () => {}, draw: () => h('p', {}, 'There is no such place.') };
  }
}

/** Shows what the address names; `anew` if whoever looks has gone there. */
function enter(anew, takesFocus = anew) {
  const before = view;
  const mine = viewOf(here());
  view = mine;
  if (!anew) {
    mine.keep?.(before);
  }
  trouble = null;
  refresh = again(() => load(mine), PAUSE_MS);
  document.title = page.access === 'none' ? 'Choreography' : `${mine.title} · Choreography`;
  stream?.follow(mine.follows ?? null);
  redraw();
  if (anew) {
    scrollTo(0, 0);
  }
  if (takesFocus || page.access === 'none') {
    content.querySelector(page.access === 'none' ? 'input' : 'h1')?.focus();
  }
  refresh();
}

async function load(mine) {
  try {
    await mine.load();
    if (view === mine) {
      trouble = null;
    }
  } catch (e) {
    if (!(e instanceof api.Refused)) {
      throw e;
    }
    if (e.status === 401) {
      left();
      return;
    }
    if (view === mine) {
      trouble = e;
    }
  }
  redraw();
}

function redraw() {
  document.documentElement.dataset.line = page.access === 'none' ? 'none' : page.line;
  show(document.getElementById('header'), header(page, here().parts[0] ?? '', leave));
  show(
    content,
    h(
      'div',
      { key: view.title, class: 'view' },
      page.access !== 'none' && h('h1', { tabindex: '-1' }, view.title),
      trouble && h('p', { key: 'trouble', class: 'trouble', role: 'alert' }, trouble.message, '.'),
      view.draw(),
    ),
  );
}

/** A token was accepted. */
function entered(access, byForm = true) {
  page.access = access;
  page.line = 'wait';
  stream = listen({
    connected(anew) {
      if (page.line === 'lost') {
        page.say('Connected again.');
      }
      page.line = 'live';
      if (anew) {
        refresh(); // what came meanwhile is not repeated
      }
      redraw();
    },
    lost() {
      if (page.line !== 'lost') {
        page.line = 'lost';
        page.say('The connection is lost; what is shown is old.');
        redraw();
      }
    },
    refused() {
      // The session may have ended, as all do when the console is started again.
      api.session().then((found) => found === 'none' && left()).catch(() => {});
    },
    overview(told) {
      page.overview = told;
      page.skewMs = new Date(told.time) - Date.now();
      view.overview?.();
      redraw();
    },
    saga: (line) => view.changed?.(line),
    gone: (line) => view.changed?.(line),
    progress: (line) => view.changed?.(line),
  });
  enter(true, byForm);
}

async function leave() {
  try {
    await api.logout();
  } catch (e) {
    page.say(e.message); // the session is forgotten here in any case
  }
  left();
}

/** Nobody looks any more; nothing stays to be seen. */
function left() {
  stream?.close();
  stream = null;
  page.access = 'none';
  page.overview = null;
  document.getElementById('dialogs').replaceChildren();
  enter(true);
}

function tick() {
  ticks += 1;
  if (stream === null || document.hidden) {
    return;
  }
  // The tracker starts, or is away: then asked each second.
  const every = trouble?.status === 503 || trouble?.status === 0 ? 1 : view.everySeconds?.();
  if (every && ticks % every === 0) {
    refresh();
  }
  redraw(); // ages grow
}

document.querySelector('.skip').onclick = (event) => {
  event.preventDefault(); // its address would be taken for a place
  content.focus();
};
addEventListener('hashchange', () => enter(true));
addEventListener('resize', () => view && redraw());

try {
  const access = await api.session();
  if (access === 'none') {
    enter(true);
  } else {
    entered(access, false);
  }
} catch (e) {
  show(content, h('p', { class: 'trouble', role: 'alert' }, e.message, '. Reload to try again.'));
}
setInterval(tick, TICK_MS);
