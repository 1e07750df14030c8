// This file is the console's state and its wiring. What is shown follows from the address after '#', which can be shared
// and never holds the token; the token lives in this tab (sessionStorage) and goes into requests' headers alone.

import {curlOf, get, listPath, markerBefore, Refusal, showPath} from './api.js';
import {fillForm, filterParameters, listParameters, readForm, writeForm} from './filters.js';
import {drawColumns, drawDetail, drawRows, drawSummary} from './view.js';

const $ = (id) => document.getElementById(id);
const defaultSort = 'created_at:desc';
const parameters = await listParameters();
const filterNames = new Set(filterParameters(parameters).map((p) => p.name));
const statuses = parameters.find((p) => p.name === 'status').schema.items.enum;

let token = sessionStorage.getItem('token') ?? '';
let state = readAddress();
let shown = {list: '', backups: [], more: false}; // the list on the screen
let running = new AbortController();
let summing = new AbortController();

function readAddress() {
  const pairs = [...new URLSearchParams(location.hash.slice(1))];
  const one = (name) => pairs.find(([n]) => n === name)?.[1];
  const limit = Number(one('limit'));
  return {
    project: one('project') ?? '',
    filters: pairs.filter(([name]) => filterNames.has(name)),
    sort: one('sort') ?? defaultSort,
    limit: [25, 50, 100, 200].includes(limit) ? limit : 50,
    marker: one('marker') ?? null,
    show: one('show') ?? null,
  };
}

function addressOf({project, filters, sort, limit, marker, show}) {
  const pairs = [['project', project], ...filters];
  if (sort !== defaultSort) pairs.push(['sort', sort]);
  if (limit !== 50) pairs.push(['limit', limit]);
  if (marker) pairs.push(['marker', marker]);
  if (show) pairs.push(['show', show]);
  return '#' + new URLSearchParams(pairs).toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
}

const queryOfState = () => {
  const pairs = [...state.filters];
  if (state.sort !== defaultSort) pairs.push(['sort', state.sort]);
  pairs.push(['limit', state.limit]);
  if (state.marker) pairs.push(['marker', state.marker]);
  return pairs;
};

const withoutOffset = (filters) => filters.filter(([name]) => name !== 'offset'); // only the first page skips

// Changes what is shown; another list begins at its first page unless `changes` has a marker.
function go(changes, options = {}) {
  const next = {...state, ...changes};
  const sameList = ['project', 'sort', 'limit', 'filters'].every((name) => !(name in changes));
  if (!sameList && !('marker' in changes)) next.marker = null;
  const address = addressOf(next);
  if (address !== location.hash) history.pushState(null, '', address);
  state = next;
  return refresh(options);
}

function complain(failure) {
  if (failure.name === 'AbortError') return;
  const advice = {
    0: '', 400: 'Correct the filter that is named, or clear the filters.',
    401: 'Paste a valid token and the id of its project.',
    403: 'The token does not permit this: choose other filters or another token.',
    404: 'It may have been deleted.', 429: 'Wait a moment.', 503: 'Try again in a moment.', 504: 'Narrow the filters.',
  };
  $('problem').textContent = failure instanceof Refusal
    ? `${failure.message.replace(/[^.!?]$/, '$&.')} ${advice[failure.status] ?? ''}`.trim() : `The console failed: ${failure.message}`;
  $('problem').hidden = false;
  if (failure.status === 401) $('token').focus();
}

async function refresh({force = false} = {}) {
  $('project').value = state.project;
  $('limit').value = String(state.limit);
  writeForm($('filters'), state.filters);
  $('filter-count').textContent = state.filters.length > 0 ? `(${state.filters.length})` : '';
  $('problem').hidden = true;
  const ready = token !== '' && state.project !== '';
  $('start').hidden = ready;
  if (!ready) {
    clear();
    return;
  }
  const list = listPath(state.project, queryOfState());
  try {
    await Promise.all([force || list !== shown.list ? showList(list, force) : null, showDetail()]);
  } catch (failure) {
    complain(failure);
  }
}

function clear() {
  running.abort();
  summing.abort();
  shown = {list: '', backups: [], more: false};
  for (const id of ['table', 'empty']) $(id).hidden = true;
  $('rows').replaceChildren();
  $('summary').replaceChildren();
  $('total').textContent = '';
  $('detail').close();
  enableButtons();
}

function enableButtons() {
  const some = shown.backups.length > 0;
  $('first').disabled = $('previous').disabled = !state.marker || shown.list === '';
  $('next').disabled = !some || !shown.more;
  $('share').disabled = $('show-request').disabled = state.project === '';
}

async function showList(list, force) {
  running.abort();
  const mine = (running = new AbortController());
  document.body.classList.add('loading');
  try {
    const page = await get(list, token, mine.signal);
    const sameFilters = summaryKey() === shown.summary && !force;
    shown = {list, backups: page.backups, more: page.backups.length === state.limit, summary: shown.summary};
    drawColumns($('columns'), state.sort, sortBy);
    drawRows($('rows'), page.backups, (backup) => addressOf({...state, show: backup.id}));
    $('table').hidden = page.backups.length === 0;
    $('empty').hidden = page.backups.length > 0;
    $('empty').textContent = page.count > 0 ? 'Past the end: this page is empty.' : 'No backup matches these filters.';
    $('total').textContent = `${page.count.toLocaleString('en')} ${page.count === 1 ? 'backup' : 'backups'}`;
    if (!sameFilters) void summarize(page.count);
    else drawCounts();
  } catch (failure) {
    if (failure.name !== 'AbortError') clear();
    throw failure;
  } finally {
    if (mine === running) document.body.classList.remove('loading');
    enableButtons();
  }
}

const chosenStatuses = () => state.filters.filter(([name]) => name === 'status').map(([, value]) => value);
const summaryFilters = () => state.filters.filter(([name]) => name !== 'status' && name !== 'offset' && name !== 'show_replication');
const summaryKey = () => listPath(state.project, summaryFilters());
let counts = new Map();

function drawCounts() {
  drawSummary($('summary'), statuses, counts, chosenStatuses(), (status) => {
    const only = chosenStatuses().length === 1 && chosenStatuses()[0] === status;
    const others = state.filters.filter(([name]) => name !== 'status');
    go({filters: only ? others : [...others, ['status', status]]});
  });
}

// The totals by status under the other filters, each from a request of its own; a page of one row is enough for that. Where
// `total` is known for all of them, the first, which most backups have and which therefore costs most, is what remains.
async function summarize(total) {
  summing.abort();
  const mine = (summing = new AbortController());
  shown.summary = summaryKey();
  const fresh = (counts = new Map());
  drawCounts();
  const known = chosenStatuses().length === 0;
  await Promise.all(statuses.slice(known ? 1 : 0).map(async (status) => {
    const pairs = [...summaryFilters(), ['status', status], ['limit', 1], ['show_replication', 'false']];
    try {
      const {count} = await get(listPath(state.project, pairs), token, mine.signal);
      if (mine.signal.aborted) return;
      fresh.set(status, count);
      drawCounts();
    } catch {
      shown.summary = ''; // the list's own message says what is wrong; the next list tries again
    }
  }));
  if (!known || mine.signal.aborted || fresh.size !== statuses.length - 1) return;
  fresh.set(statuses[0], Math.max(0, total - [...fresh.values()].reduce((sum, n) => sum + n, 0)));
  drawCounts();
}

async function showDetail() {
  if (!state.show) {
    if ($('detail').open) $('detail').close();
    return;
  }
  const path = showPath(state.project, state.show);
  try {
    const {backup} = await get(path, token);
    if (state.show !== backup.id) return;
    drawDetail($('detail-title'), $('detail-body'), backup, curlOf(path));
    if (!$('detail').open) $('detail').showModal();
  } catch (failure) {
    state.show = null;
    history.replaceState(null, '', addressOf(state));
    throw failure;
  }
}

function sortBy(key, additional) {
  const terms = state.sort.split(',').map((term) => term.split(':'));
  const at = terms.findIndex(([name]) => name === key);
  const turned = at >= 0 && terms[at][1] !== 'asc' ? 'asc' : at >= 0 ? 'desc' : key === 'name' || key === 'status' ? 'asc' : 'desc';
  if (!additional) return go({sort: `${key}:${turned}`});
  if (at >= 0) terms[at] = [key, turned];
  else terms.push([key, turned]);
  return go({sort: terms.map(([name, direction = 'desc']) => `${name}:${direction}`).join(',')});
}

async function next() {
  if ($('next').disabled) return;
  await go({marker: shown.backups.at(-1).id, filters: withoutOffset(state.filters)});
  $('results').scrollIntoView({block: 'start'});
}

async function previous() {
  if ($('previous').disabled) return;
  const firstShown = shown.backups[0]?.id;
  if (!firstShown) return history.back();
  try {
    const marker = await markerBefore(state.project, withoutOffset(state.filters), state.sort, state.limit, firstShown, token);
    await go({marker});
  } catch (failure) {
    complain(failure);
  }
}

async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Not permitted here: copy it by hand';
  }
  setTimeout(() => { button.textContent = label; }, 2000);
}

function moveFocus(step) {
  const links = [...document.querySelectorAll('#rows a')];
  const at = links.indexOf(document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
}

// After a form is sent, so that the list's keys work without a way there.
const toResults = () => {
  if (!$('problem').hidden) return;
  $('results').focus({preventScroll: true});
  const {top} = $('results').getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) $('results').scrollIntoView({block: 'start'});
};

$('access').addEventListener('submit', async (event) => {
  event.preventDefault();
  token = $('token').value.trim();
  sessionStorage.setItem('token', token);
  const project = $('project').value.trim();
  await go(project === state.project ? {} : {project}, {force: true});
  toResults();
});
$('forget').addEventListener('click', () => {
  sessionStorage.removeItem('token');
  token = $('token').value = '';
  refresh();
  $('token').focus();
});
$('filters').addEventListener('submit', async (event) => {
  event.preventDefault();
  await go({filters: readForm($('filters'))});
  toResults();
});
$('filters').addEventListener('reset', () => setTimeout(() => go({filters: []})));
$('limit').addEventListener('change', () => go({limit: Number($('limit').value)}));
$('first').addEventListener('click', () => go({marker: null}));
$('previous').addEventListener('click', previous);
$('next').addEventListener('click', next);
$('share').addEventListener('click', () => copy($('share'), location.origin + location.pathname + addressOf(state)));
$('show-request').addEventListener('click', () => {
  $('curl').textContent = curlOf(listPath(state.project, queryOfState()));
  $('request').showModal();
});
$('copy-curl').addEventListener('click', () => copy($('copy-curl'), $('curl').textContent));
$('request-close').addEventListener('click', () => $('request').close());
$('detail-close').addEventListener('click', () => $('detail').close());
$('detail').addEventListener('close', () => {
  const id = state.show;
  if (!id) return;
  go({show: null});
  document.querySelector(`#rows tr[data-id="${CSS.escape(id)}"] a`)?.focus();
});
// The browser follows links to another '#' by itself; Back and Forward come here, too.
const follow = () => {
  state = readAddress();
  refresh();
};
addEventListener('popstate', follow);
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.target.closest('input, select, textarea')) return;
  const act = {
    '/': () => { $('filters-box').open = true; $('filter-name').focus(); },
    n: next, p: previous, ArrowDown: () => moveFocus(1), ArrowUp: () => moveFocus(-1),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

fillForm($('filter-fields'), parameters);
$('table').classList.add('cards');
$('token').value = token;
if (matchMedia('(min-width: 79rem)').matches) $('filters-box').open = true;
await refresh();
document.documentElement.dataset.ready = 'yes';
