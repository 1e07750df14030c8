// This file draws: the table, the summary, the detail. Everything from the service goes in as text, never as markup.

const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};

const timeText = (time) => (time ? time.slice(0, 19).replace('T', ' ') : '');
// Date and time, which may stand below each other.
const timeNode = (time) => {
  if (!time) return '';
  const node = make('time', {dateTime: `${time}Z`, title: `${time} UTC`}, make('span', {textContent: time.slice(0, 10)}), ' ',
    make('span', {textContent: time.slice(11, 19)}));
  return node;
};
// Without its OS::, and broken after a :: where it must be.
const typeNode = (type) => make('span', {}, ...type.replace(/^OS::/, '').split('::')
  .flatMap((part, i) => (i === 0 ? [part] : ['::', make('wbr'), part])));
const state = (text) => make('span', {className: `state ${text}`, textContent: text});

// key: what `sort` calls it. Times are UTC, as the API has them.
export const columns = [
  {title: 'Name', key: 'name', text: (b) => b.name},
  {title: 'Status', key: 'status', node: (b) => state(b.status)},
  {title: 'Resource', text: (b) => b.resource_name},
  {title: 'Type', node: (b) => typeNode(b.resource_type)},
  {title: 'GB', number: true, text: (b) => b.resource_size.toLocaleString('en')},
  {title: 'Zone', text: (b) => b.resource_az ?? ''},
  {title: 'Created', key: 'created_at', time: true, node: (b) => timeNode(b.created_at)},
  {title: 'Updated', key: 'updated_at', time: true, node: (b) => timeNode(b.updated_at)},
  {title: 'Protected', key: 'protected_at', time: true, node: (b) => timeNode(b.protected_at)},
  {title: 'Copies', number: true, text: (b) => (b.replication_records?.length ? String(b.replication_records.length) : '')},
];

function cellOf(column, backup) {
  const cell = make('td', {className: column.number ? 'number' : column.time ? 'time' : ''});
  cell.dataset.label = column.title;
  const content = column.node ? column.node(backup) : column.text(backup);
  if (content === '') cell.classList.add('blank');
  cell.append(content);
  return cell;
}

// The head: `onSort(key, additional)` when a title is clicked.
export function drawColumns(row, sort, onSort) {
  const terms = new Map(sort.split(',').map((term) => term.split(':').map((part) => part.trim())));
  row.replaceChildren(...columns.map((column) => {
    const head = make('th', {scope: 'col', className: column.number ? 'number' : ''});
    if (!column.key) {
      head.textContent = column.title;
      return head;
    }
    if (terms.has(column.key))
      head.setAttribute('aria-sort', terms.get(column.key) === 'asc' ? 'ascending' : 'descending');
    const button = make('button', {type: 'button', textContent: column.title, title: 'Sort; with Shift as a further key'});
    button.addEventListener('click', (event) => onSort(column.key, event.shiftKey));
    head.append(button);
    return head;
  }));
}

// The rows; `linkOf(backup)` is the address of its detail.
export function drawRows(body, backups, linkOf) {
  const rows = document.createDocumentFragment();
  for (const backup of backups) {
    const row = make('tr');
    row.dataset.id = backup.id;
    for (const column of columns) row.append(cellOf(column, backup));
    const link = make('a', {href: linkOf(backup), textContent: backup.name || '(no name)'});
    row.firstChild.classList.remove('blank');
    row.firstChild.replaceChildren(link);
    rows.append(row);
  }
  body.replaceChildren(rows);
}

const svg = 'http://www.w3.org/2000/svg';

// A bar for each status: `counts` maps it to its number, or undefined while that is on its way.
export function drawSummary(list, statuses, counts, chosen, onChoose) {
  const most = Math.max(1, ...[...counts.values()]);
  list.replaceChildren(...statuses.map((status) => {
    const count = counts.get(status);
    const chart = document.createElementNS(svg, 'svg');
    chart.setAttribute('viewBox', '0 0 100 6');
    chart.setAttribute('preserveAspectRatio', 'none');
    chart.setAttribute('aria-hidden', 'true');
    const bar = document.createElementNS(svg, 'rect');
    bar.setAttribute('height', '6');
    bar.setAttribute('width', String(count ? Math.max(1, (100 * count) / most) : 0));
    chart.append(bar);
    const button = make('button', {type: 'button', className: status, title: `Only ${status}`},
      make('span', {textContent: status}), make('b', {textContent: count === undefined ? '…' : count.toLocaleString('en')}), chart);
    button.setAttribute('aria-pressed', String(chosen.includes(status)));
    button.addEventListener('click', () => onChoose(status));
    return make('li', {}, button);
  }));
}

function listOf(object) {
  const list = make('dl');
  for (const [name, value] of Object.entries(object)) {
    if (value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)) continue;
    const shown = name === 'status' ? state(value) : typeof value === 'object' ? JSON.stringify(value) : String(value);
    list.append(make('dt', {textContent: name}), make('dd', {}, shown));
  }
  return list;
}

function tableOf(titles, rows) {
  const head = make('tr', {}, ...titles.map((title) => make('th', {scope: 'col', textContent: title})));
  const body = rows.map((cells) => make('tr', {}, ...cells.map((content, i) => {
    const cell = make('td', {}, content);
    cell.dataset.label = titles[i];
    return cell;
  })));
  return make('table', {className: 'cards'}, make('thead', {}, head), make('tbody', {}, ...body));
}

export function drawDetail(title, body, backup, curl) {
  title.textContent = backup.name || backup.id;
  const {children, replication_records: copies = [], extend_info: more, ...own} = backup;
  const parts = [listOf(own), make('h3', {textContent: `Children (${children.length})`})];
  if (children.length > 0)
    parts.push(tableOf(['Name', 'Resource', 'Status', 'GB', 'Id'], children.map((c) =>
      [c.name, c.resource_name, state(c.status), String(c.resource_size), c.id])));
  parts.push(make('h3', {textContent: `Replication (${copies.length})`}));
  if (copies.length > 0)
    parts.push(tableOf(['Status', 'Created', 'From', 'To', 'Destination backup', 'Remark'], copies.map((r) =>
      [state(r.status), timeText(r.created_at), r.source_region ?? '', r.destination_region ?? '',
        r.destination_backup_id ?? '', r.extra_info?.fail_reason ?? ''])));
  parts.push(make('h3', {textContent: 'Further properties'}), listOf(more));
  parts.push(make('details', {}, make('summary', {textContent: 'The request'}), make('pre', {textContent: curl, tabIndex: 0})));
  parts.push(make('details', {}, make('summary', {textContent: 'JSON'}),
    make('pre', {textContent: JSON.stringify(backup, null, 1), tabIndex: 0})));
  body.replaceChildren(...parts);
}
