// This file checks the links of Markdown files: relative paths that exist, anchors that are headings there.
// usage: node check_markdown.mjs FILE...   prints each broken link; exit status 1 if there is one
import {readFileSync, existsSync} from 'node:fs';
import path from 'node:path';

const withoutCode = (text) => text.replace(/^(```|~~~)[^]*?^\1/gm, '').replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));

// A heading's anchor as Git hosts make it; a repeated one gets -1, -2 …
function anchorsOf(text) {
  const seen = new Map();
  const anchors = new Set();
  for (const [, heading] of text.replace(/^(```|~~~)[^]*?^\1/gm, '').matchAll(/^#{1,6} +(.*?) *#*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '').toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N}_\- ]/gu, '').replace(/ /g, '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    anchors.add(times === 0 ? anchor : `${anchor}-${times}`);
  }
  return anchors;
}

let broken = 0;
for (const file of process.argv.slice(2)) {
  for (const [, target] of withoutCode(readFileSync(file, 'utf8')).matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)) {
    if (/^[a-z]+:/i.test(target)) continue; // elsewhere
    const [to, anchor] = decodeURI(target).split('#');
    const place = to === '' ? file : path.join(path.dirname(file), to);
    let wrong = '';
    if (!existsSync(place)) wrong = 'there is no such file';
    else if (anchor !== undefined && !anchorsOf(readFileSync(place, 'utf8')).has(anchor)) wrong = 'there is no such heading';
    if (wrong === '') continue;
    broken += 1;
    console.error(`${file}: ${target}: ${wrong}`);
  }
}
process.exitCode = broken === 0 ? 0 : 1;
