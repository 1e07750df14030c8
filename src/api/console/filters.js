// This file makes the filter form from the API's own description, so that every parameter is there and none is invented.

// These have controls of their own.
const elsewhere = new Set(['limit', 'marker', 'sort']);

export async function listParameters() {
  const response = await fetch('/openapi.json');
  const description = await response.json();
  return description.paths['/v3/{project_id}/backups'].get.parameters.filter((p) => p.in === 'query');
}

export const filterParameters = (parameters) => parameters.filter((p) => !elsewhere.has(p.name));

const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};

function optionsOf(values) {
  return [make('option', {value: '', textContent: 'any'}), ...values.map((v) => make('option', {value: v, textContent: v}))];
}

function fieldOf(parameter) {
  const {name, schema, description} = parameter;
  const [meaning] = description.split('; allowed: ');
  const hint = make('small', {textContent: meaning, id: `hint-${name}`});
  if (schema.type === 'array') {
    const field = make('fieldset', {}, make('legend', {textContent: name}), hint);
    for (const value of schema.items.enum)
      field.append(make('label', {}, make('input', {type: 'checkbox', name, value}), ' ' + value));
    return field;
  }
  let input;
  if (schema.type === 'boolean' || schema.enum) {
    input = make('select', {name}, ...optionsOf(schema.enum ?? ['true', 'false']));
  } else if (schema.type === 'integer') {
    input = make('input', {name, type: 'number', min: schema.minimum, max: schema.maximum, inputMode: 'numeric'});
  } else {
    input = make('input', {name, type: 'search', spellcheck: false, autocomplete: 'off'});
    if (schema.maxLength) input.maxLength = schema.maxLength;
    if (schema.format === 'uuid') input.pattern = '[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}';
    else if (schema.pattern) input.pattern = schema.pattern.slice(1, -1);
    if (input.pattern) input.placeholder = String(parameter.example);
  }
  input.id = `filter-${name}`;
  input.setAttribute('aria-describedby', hint.id);
  const label = make('label', {htmlFor: input.id, textContent: name});
  return make('div', {}, label, hint, input);
}

export function fillForm(container, parameters) {
  container.replaceChildren(...filterParameters(parameters).map(fieldOf));
}

// What the form says, as pairs; empty fields are left out.
export const readForm = (form) => [...new FormData(form)].filter(([, value]) => value !== '');

// Puts pairs into the form.
export function writeForm(form, pairs) {
  for (const field of form.elements) {
    const values = pairs.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field.type === 'checkbox') field.checked = values.includes(field.value);
    else if (field.name) field.value = values[0] ?? '';
  }
}
