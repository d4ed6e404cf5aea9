/** What is wrong with a file, and at which line; the kinds are those of neurode_lib/traces/errors.py. */
export class RecordingError extends RangeError {
  constructor(kind, what, line = null) {
    super(line === null ? what : `line ${line}: ${what}`);
    Object.assign(this, { kind, line });
  }
}
