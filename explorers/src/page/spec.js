// What each explorer can show; Python reads the same file (neurode_lib/explorers/_spec.py).
export { default as spec } from "../../../neurode_lib/explorers/static/spec.json" with { type: "json" };
