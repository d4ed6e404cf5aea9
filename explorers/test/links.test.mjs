// Any state survives the journey through a link, and no link brings in anything but a state.
// The generator is seeded: the same cases on every run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { spec } from "../src/page/spec.js";
import { defaults, fromFragment, sanitise, toFragment } from "../src/page/state.js";

const CASES = 2000;
const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return { next, below, of: (list) => list[below(list.length)] };
}

const HOSTILE = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "javascript:alert(1)",
  "__proto__",
  "constructor",
];
const TEXT = [
  "a",
  "I",
  "=",
  "&",
  "?",
  "#",
  "%",
  "%zz",
  "+",
  " ",
  "ü",
  "日本",
  "\u0000",
  "\n",
  "'",
  '"',
  "<",
  ">",
  "1e999",
  "-0",
  "NaN",
  "0x10",
  "1_0",
];

const word = (random) =>
  random.below(4) ? Array.from({ length: 1 + random.below(6) }, () => random.of(TEXT)).join("") : random.of(HOSTILE);

function anyState(one, random) {
  return Object.fromEntries(
    Object.entries(one.fields).map(([name, field]) => {
      if (field.letters) return [name, Array.from({ length: field.letters }, () => random.of(LETTERS)).join("")];
      if (field.choices) return [name, random.of(field.choices)];
      const value = field.min + random.next() * (field.max - field.min);
      return [name, field.integer ? Math.round(value) : value];
    }),
  );
}

/** Every value is one that the spec allows, of the type that it allows: there is no room for markup. */
function assertPlain(one, state) {
  for (const [name, value] of Object.entries(state)) {
    const field = one.fields[name];
    assert.ok(field && Object.hasOwn(one.fields, name), name);
    if (field.letters) {
      assert.ok(typeof value === "string" && value.length === field.letters, `${name}=${value}`);
      assert.ok(
        [...value].every((letter) => LETTERS.includes(letter)),
        `${name}=${value}`,
      );
    } else if (field.choices) assert.ok(field.choices.includes(value), `${name}=${value}`);
    else assert.ok(typeof value === "number" && value >= field.min && value <= field.max, `${name}=${value}`);
  }
}

for (const [kind, one] of Object.entries(spec)) {
  test(`${kind}: ${CASES} random states come back through a link, bit by bit`, () => {
    const random = generator(1);
    for (let i = 0; i < CASES; i += 1) {
      const [state, base, id] = [anyState(one, random), anyState(one, random), word(random)];
      const fragment = toFragment(one, id, state, base);
      const back = fromFragment(fragment);
      assert.equal(back.id, id);
      assert.equal(back.preset, null);
      assert.deepEqual({ ...base, ...sanitise(one, back.changes) }, state, fragment);
      assert.doesNotMatch(fragment, /[<>"'\s]/.test(id) ? /[<>"\s]/ : /[<>"'\s]/);
      // The same through JSON, as the page's HTML carries it.
      assert.deepEqual(sanitise(one, JSON.parse(JSON.stringify(state))), state);
    }
  });

  test(`${kind}: ${CASES} hostile links bring in nothing but valid values`, () => {
    const random = generator(2);
    for (let i = 0; i < CASES; i += 1) {
      const pairs = Array.from({ length: random.below(6) }, () => {
        const name = random.below(3) ? random.of(Object.keys(one.fields)) : word(random);
        return `${name}=${word(random)}`;
      });
      const link = fromFragment(`#${word(random)}?${pairs.join("&")}`);
      if (link === null) continue;
      const state = sanitise(one, link.changes);
      assertPlain(one, state);
      assertPlain(one, { ...defaults(one), ...state });
      assert.equal({}.polluted, undefined);
      assert.equal(Object.getPrototypeOf(state), Object.prototype);
    }
  });
}
