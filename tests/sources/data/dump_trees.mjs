// Writes trees-3.14.json: syntax trees of snippets.txt and newer_snippets.txt by the Python of npm's pyodide.
//     npm install pyodide@314.0.7 && node dump_trees.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const python = await loadPyodide();
python.runPython(read("dump_trees.py"));
const dump = python.globals.get("dump");
const text = dump.callKwargs({ snippets: read("snippets.txt"), newer_snippets: read("newer_snippets.txt") });
writeFileSync(new URL("trees-3.14.json", import.meta.url), text + "\n");
