// The safetensors format: eight bytes of header length, a JSON header, then the data.

const MAX_HEADER = 1 << 20;
const BLANK = "00000000";
const READ = {
  8: (view, at) => view.getFloat64(at, true),
  4: (view, at) => view.getFloat32(at, true),
  2: (view, at) => half(view.getUint16(at, true)),
};

/** @returns name → { shape, data }, a Float32Array, or a Float64Array for F64; half-precision tensors are widened. */
export function readSafetensors(buffer) {
  const bytes = buffer instanceof ArrayBuffer ? new Uint8Array(buffer) : buffer;
  if (bytes.byteLength < 8) throw new RangeError("safetensors: the file is shorter than its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > MAX_HEADER || 8n + length > bytes.byteLength) {
    throw new RangeError(`safetensors: header length ${length} does not fit the file`);
  }
  const body = 8 + Number(length);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, body)));
  const tensors = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const {
      dtype,
      shape,
      data_offsets: [begin, end],
    } = entry;
    const width = { F64: 8, F32: 4, F16: 2 }[dtype];
    if (!width) throw new RangeError(`safetensors: ${name} has dtype ${dtype}, expected F64, F32 or F16`);
    const count = shape.reduce((product, size) => product * size, 1);
    if (end - begin !== count * width || begin < 0 || body + end > bytes.byteLength) {
      throw new RangeError(`safetensors: ${name} does not fit the file`);
    }
    const data = new (width === 8 ? Float64Array : Float32Array)(count);
    for (let i = 0; i < count; i += 1) data[i] = READ[width](view, body + begin + i * width);
    tensors[name] = { shape, data };
  }
  return tensors;
}

/**
 * @param tensors  name → { shape, data: Float32Array }
 * @param metadata what JSON can carry; kept as neurode_lib.weights does
 * @returns the file, a Uint8Array; `crc32` in its header is that of the file with these digits zero
 */
export function writeSafetensors(tensors, metadata) {
  const header = { __metadata__: { crc32: BLANK, metadata: JSON.stringify(metadata) } };
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, end + 4 * data.length] };
    end += 4 * data.length;
  }
  const words = JSON.stringify(header);
  const encoder = new TextEncoder();
  const json = encoder.encode(words);
  const body = 8 + Math.ceil(json.length / 8) * 8; // the data begin at a multiple of eight
  const file = new Uint8Array(body + end).fill(0x20, 8, body);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(body - 8), true);
  file.set(json, 8);
  for (const [name, { data }] of Object.entries(tensors)) {
    const at = body + header[name].data_offsets[0];
    for (let i = 0; i < data.length; i += 1) view.setFloat32(at + 4 * i, data[i], true);
  }
  file.set(encoder.encode(crc32(file).toString(16).padStart(8, "0")), 8 + words.indexOf(BLANK));
  return file;
}

/** The checksum of ISO 3309, PNG and zlib. */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 && 0xedb88320);
  }
  return ~crc >>> 0;
}

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
