// What this browser remembers of a reader's answers. It leaves the browser never.

const KEY = "neurode-tasks";

function all(storage) {
  try {
    return JSON.parse(storage.getItem(KEY)) ?? {};
  } catch {
    return {}; // no storage, as in some private windows, or not ours
  }
}

/** What is remembered of one task: an object, empty at first. */
export function recall(storage, id) {
  const memories = all(storage);
  return Object.hasOwn(memories, id) ? memories[id] : {};
}

/** Remember an object for one task; null forgets it. */
export function remember(storage, id, memory) {
  const { [id]: _, ...others } = all(storage);
  try {
    storage.setItem(KEY, JSON.stringify(memory === null ? others : { ...others, [id]: memory }));
  } catch {
    // Then it is forgotten with the page.
  }
}
