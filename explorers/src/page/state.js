// What an explorer shows, as plain data: checked against its spec, and carried by the URL fragment.
//
// Everything here may come from a stranger's link, so only names the spec lists are read, numbers
// are parsed and clamped, choices must be listed, and nothing is ever inserted as HTML.

/** The spec's defaults. */
export function defaults(spec) {
  return Object.fromEntries(Object.entries(spec.fields).map(([name, f]) => [name, f.default]));
}

/** One value made valid, or undefined if it cannot be. */
function valid(field, value) {
  if (field.letters) {
    const code = new RegExp(`^[0-9A-Za-z]{${field.letters}}$`);
    return typeof value === "string" && code.test(value) ? value : undefined;
  }
  if (field.choices) return field.choices.find((choice) => String(choice) === String(value));
  if (value === "" || value === null || typeof value === "boolean") return undefined;
  const number = Number(value);
  if (!Number.isFinite(number)) return undefined;
  const clamped = Math.min(field.max, Math.max(field.min, number));
  return field.integer ? Math.round(clamped) : clamped;
}

/** The valid part of `changes`; names the spec does not list and unusable values are dropped. */
export function sanitise(spec, changes) {
  const state = {};
  for (const [name, field] of Object.entries(spec.fields)) {
    if (changes === null || typeof changes !== "object" || !Object.hasOwn(changes, name)) continue;
    const value = valid(field, changes[name]);
    if (value !== undefined) state[name] = value;
  }
  return state;
}

/** `#name?I=0.5&dt=0.5`: only what differs from `base`, so links stay short. */
export function toFragment(spec, id, state, base = defaults(spec)) {
  const query = new URLSearchParams();
  for (const name of Object.keys(spec.fields)) {
    if (state[name] !== base[name]) query.set(name, String(state[name]));
  }
  return `#${encodeURIComponent(id)}?${query}`;
}

/**
 * Read a fragment. @returns { id, changes, preset } or null if it is not an explorer's link.
 * `#name?preset=excitable` names a preset; the other keys come on top of it.
 */
export function fromFragment(fragment) {
  const match = /^#([^?#]+)\?(.*)$/s.exec(fragment);
  if (!match) return null;
  let id;
  try {
    id = decodeURIComponent(match[1]);
  } catch {
    return null;
  }
  const changes = Object.fromEntries(new URLSearchParams(match[2]));
  const { preset = null } = changes;
  delete changes.preset;
  return { id, changes, preset };
}
