// This file knows the service's API: requests, their curl form, and pages by marker in both directions.

export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The query string of an iterable of [name, value] pairs; colons and commas stay readable.
export const queryOf = (pairs) => {
  const text = new URLSearchParams([...pairs]).toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
  return text ? '?' + text : '';
};

export const listPath = (project, pairs) => `/v3/${encodeURIComponent(project)}/backups${queryOf(pairs)}`;
export const showPath = (project, id) => `/v3/${encodeURIComponent(project)}/backups/${encodeURIComponent(id)}`;

// Answers the body of GET `path`; throws Refusal with what the service said, or that it can't be reached.
export async function get(path, token, signal) {
  let response;
  try {
    response = await fetch(path, {headers: {'X-Auth-Token': token}, signal, cache: 'no-store', credentials: 'omit'});
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new Refusal(0, failure instanceof TypeError && !navigator.onLine
      ? 'This device is offline.' : 'The service can’t be reached; try again in a moment.');
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const said = body.error_msg ?? body.unauthorized?.message ?? response.statusText;
  throw new Refusal(response.status, response.status === 401 && body.unauthorized
    ? 'The token is of another project than this one.' : said);
}

// The same order backwards; `id` follows the first key by itself.
export const reversed = (sort) => sort.split(',').map((term) => {
  const [key, direction = 'desc'] = term.split(':').map((part) => part.trim());
  return `${key}:${direction === 'asc' ? 'desc' : 'asc'}`;
}).join(',');

// The marker of the page before the one that begins with backup `first`: the backup before that page, found by walking
// the reversed order; null for the first page.
export async function markerBefore(project, filters, sort, limit, first, token, signal) {
  const pairs = [...filters, ['sort', reversed(sort)], ['marker', first], ['limit', limit + 1], ['show_replication', 'false']];
  const {backups} = await get(listPath(project, pairs), token, signal);
  return backups.length > limit ? backups[limit].id : null;
}

export const curlOf = (path) =>
  `curl -s -H "X-Auth-Token: $TOKEN" '${location.origin}${path.replaceAll("'", '%27')}'`;
