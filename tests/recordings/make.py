"""Write the odd files of this folder and ``expected.json``: `python tests/recordings/make.py`.

Each is a table of the same 40 samples, written in another way or broken in one place. What is
expected is stated here, not read back. ``first`` and ``last`` are rows in ms, pA and mV.
"""

import gzip
import json
from pathlib import Path

HERE = Path(__file__).parent
N = 40
T = [round(0.1 * k, 1) for k in range(N)]
I = [0 if k < 10 else 50 for k in range(N)]
V = [-65.25, *(round(-65.0 + 0.4 * k + 0.03 * (k % 3), 2) for k in range(1, N))]
V[25:29] = [-20.5, 31.25, 5.75, -70.5]
FIRST, LAST = [T[0], I[0], V[0]], [T[-1], I[-1], V[-1]]
PLAIN = {"time": "ms", "current": "pA", "voltage": "mV"}
expected = {}


def rows(separator=",", t=T, i=I, v=V, comma=False):
    lines = [separator.join(map(str, row)) for row in zip(t, i, v, strict=True)]
    return [line.replace(".", ",") if comma else line for line in lines]


def good(name, lines, *, units=PLAIN, columns=(0, 1, 2), end="\n", encoding="utf-8", **more):
    content = (end.join(lines) + end).encode(encoding)
    if name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    (HERE / name).write_bytes(content)
    expected[name] = {
        "columns": dict(zip(("time", "current", "voltage"), columns, strict=True)),
        "units": units,
        "interval": 0.1,
        "samples": N,
        "first": FIRST,
        "last": LAST,
        "missing": 0,
        **more,
    }


def bad(name, lines, kind, line):
    content = lines if isinstance(lines, bytes) else ("\n".join(lines) + "\n").encode()
    (HERE / name).write_bytes(content)
    expected[name] = {"error": kind, "line": line}


def changed(at, text, separator=","):
    """A table with another text in row `at`, counted from 0; the header is line 1."""
    lines = ["time (ms),current (pA),voltage (mV)", *rows(separator)]
    lines[at + 1] = text
    return lines


HEADER = "time (ms),current (pA),voltage (mV)"
good("plain.csv", [HEADER, *rows()])
good("tabs.tsv", ["t_ms\tI_pA\tV_mV", *rows("\t")])
good("blanks.txt", [f"  {line}" for line in rows("   ")])  # no header: as in the competition
good("semicolons.csv", ["Zeit [ms];Strom [pA];Spannung [mV]", *rows(";", comma=True)])
good("decimal_commas.txt", ["t (ms)  I (pA)  Vm (mV)", *rows(" ", comma=True)])
good("crlf.csv", [HEADER, *rows()], end="\r\n")
good("byte_order_mark.csv", [HEADER, *rows()], encoding="utf-8-sig")
good("utf16.txt", ["t (ms)\tI (pA)\tV (mV)", *rows("\t")], encoding="utf-16")
good(
    "latin1.csv",
    ["t (µs),I (pA),V (mV)", *rows(t=[round(1000 * t) for t in T])],
    units=PLAIN | {"time": "us"},
    encoding="latin-1",
)
good("gzipped.csv.gz", [HEADER, *rows()])
good(
    "comments.csv",
    [
        "# cell 7, 32 °C",
        "% amplifier: none",
        "",
        HEADER,
        "! begin",
        *rows()[:5],
        "# a pause",
        *rows()[5:],
    ],
)
good("savetxt.txt", ["# time_ms I_pA V_mV", *rows(" ")])
good("units_below.csv", ["Time,Current,Voltage", "ms,pA,mV", *rows()])
good(
    "volts.csv",
    [
        "time (s),current (nA),voltage (V)",
        *rows(
            t=[round(t / 1000, 4) for t in T],
            i=[i / 1000 for i in I],
            v=[round(v / 1000, 5) for v in V],
        ),
    ],
    units={"time": "s", "current": "nA", "voltage": "V"},
)
good(
    "other_order.csv",
    [
        "Vm (mV),sweep,Command (mV),Time (ms),Im (pA)",
        *(f"{v},1,0,{t},{i}" for t, i, v in zip(T, I, V, strict=True)),
    ],
    columns=(3, 4, 0),
)
good(
    "quoted.csv",
    [
        '"Time (ms)","Current (pA)","Voltage (mV)"',
        *(",".join(f'"{x}"' for x in line.split(",")) for line in rows()),
    ],
)
good("trailing_separator.csv", [f"{line}," for line in [HEADER, *rows()]])
good("no_units.csv", ["time,current,voltage", *rows()])
good("density.csv", ["t (ms),I (uA/cm^2),V (mV)", *rows()], units=PLAIN | {"current": "uA/cm2"})
good(
    "axon_text.atf",
    [
        "ATF 1.0",
        "2 3",
        '"AcquisitionMode=Gap Free"',
        '"Comment="',
        '"Time (ms)"\t"Trace #1 (pA)"\t"Trace #1 (mV)"',
        *rows("\t"),
    ],
)
good("exponents.txt", [f" {t:.16e} {i:.16e} {v:.16e}" for t, i, v in zip(T, I, V, strict=True)])
good("missing_voltage.csv", [HEADER, *rows(v=[*V[:7], "", *V[8:12], "NaN", *V[13:]])], missing=2)

bad("ragged.csv", changed(6, "0.6,0"), "ragged", 8)
bad("ragged_first.csv", changed(0, "0.0,0"), "ragged", 2)
bad("ragged_second.csv", changed(1, "0.1,0"), "ragged", 3)
bad("cut_off.csv", [*changed(39, "3.9,5")][:41], "ragged", 41)
bad("a_word.csv", changed(12, "1.2,50,overload"), "number", 14)
bad(
    "thousands.tsv",
    ["t (ms)\tI (pA)\tV (mV)", *rows("\t")[:9], f"0.9\t1,000.5\t{V[9]}", *rows("\t")[10:]],
    "number",
    11,
)
bad(
    "both_marks.tsv",
    ["t (ms)\tI (pA)\tV (mV)", *rows("\t", comma=True)[:9], *rows("\t")[9:]],
    "number",
    11,
)
good(
    "whole_first.csv",
    ["t (ms);I (pA);V (mV)", "0;0;-65", *rows(";", comma=True)[1:]],
    first=[0, 0, -65],
)
bad("infinite.csv", changed(3, "0.3,0,inf"), "number", 5)
bad("missing_current.csv", changed(15, f"1.5,,{V[15]}"), "missing", 17)
bad("missing_time.csv", changed(15, f",50,{V[15]}"), "missing", 17)
bad("backward.csv", changed(20, f"0.2,50,{V[20]}"), "backward", 22)
bad("stands_still.csv", changed(20, f"1.9,50,{V[20]}"), "backward", 22)
bad("gap.csv", [HEADER, *rows()[:30], *rows()[35:]], "gap", 32)
bad("clipped.csv", [HEADER, *rows(v=[*V[:24], *[10.0] * 6, *V[30:]])], "clipped", 26)
bad("flat.csv", [HEADER, *rows(v=[-65.0] * N)], "flat", 2)
bad("volts_called_millivolts.csv", [HEADER, *rows(v=[round(v / 1000, 5) for v in V])], "units", 2)
bad("wrong_unit.csv", ["time (ms),current (pA),voltage (furlong)", *rows()], "units", 1)
bad("megavolts.csv", ["time (ms),current (pA),voltage (MV)", *rows()], "units", 1)
bad(
    "no_current.csv",
    ["time (ms),voltage (mV)", *(f"{t},{v}" for t, v in zip(T, V, strict=True))],
    "columns",
    1,
)
bad(
    "two_times.csv",
    [
        "time (ms),time 2 (ms),current (pA),voltage (mV)",
        *(f"{t},{t},{i},{v}" for t, i, v in zip(T, I, V, strict=True)),
    ],
    "columns",
    1,
)
bad(
    "two_voltages.csv",
    [
        "t (ms),I (pA),V1 (mV),V2 (mV)",
        *(f"{t},{i},{v},{v}" for t, i, v in zip(T, I, V, strict=True)),
    ],
    "columns",
    1,
)
bad("four_columns.txt", [f"{line} 0" for line in rows(" ")], "columns", 1)
bad("prose.txt", ["This is a letter.", "It holds no numbers."], "columns", 1)
bad("empty.csv", b"", "empty", None)
bad("only_header.csv", [HEADER], "columns", 1)
bad("only_comments.csv", ["# nothing", "# here"], "empty", None)
bad("short.csv", [HEADER, *rows()[:5]], "short", 6)
bad("binary.dat", b"ABF2" + bytes(range(256)) * 4, "binary", 1)
bad(
    "damaged.csv.gz",
    gzip.compress("\n".join([HEADER, *rows()]).encode(), mtime=0)[:90],
    "binary",
    None,
)

(HERE / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
print(f"{len(expected)} files")
