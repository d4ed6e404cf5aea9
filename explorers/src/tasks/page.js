// The static page: every box of a task becomes one that can be answered.

import { Task } from "./task.js";

function storageOf(window) {
  try {
    return window.localStorage;
  } catch {
    return null; // refused; then nothing is remembered
  }
}

const storage = storageOf(window);
for (const mark of document.querySelectorAll(".nt[data-task]")) new Task(mark, storage);
