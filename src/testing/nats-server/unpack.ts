import { promisify } from "node:util";
import { gunzip, inflateRaw } from "node:zlib";
import { UnavailableError } from "../../event/errors.ts";

const tarBlock = 512;
/** A packed size beyond this is a bomb, not a server. */
const limits = { maxOutputLength: 512 * 1024 * 1024 } as const;

/**
 * Read one file out of an archive, found by the last part of its path.
 * @param archive A `.zip`, or anything else for a gzipped tar.
 * @throws {@link UnavailableError} when the archive is damaged or has no such file.
 */
export async function unpackFile(archive: string, bytes: Buffer, name: string): Promise<Buffer> {
  try {
    const file = archive.endsWith(".zip")
      ? await fileInZip(bytes, name)
      : fileInTar(await promisify(gunzip)(bytes, limits), name);
    if (file !== undefined) return file;
  } catch (error) {
    throw new UnavailableError(`${archive} is damaged: ${String(error)}`, { cause: error });
  }
  throw new UnavailableError(`${archive} has no file ${name}`);
}

/** POSIX ustar: a header block (name at 0, octal size at 124, type at 156), then the padded data. */
function fileInTar(tar: Buffer, name: string): Buffer | undefined {
  for (let at = 0; at + tarBlock <= tar.length && tar[at] !== 0;) {
    const path = text(tar.subarray(at, at + 100));
    const size = Number.parseInt(text(tar.subarray(at + 124, at + 136)), 8);
    const type = text(tar.subarray(at + 156, at + 157));
    const start = at + tarBlock;
    if (!(size >= 0) || start + size > tar.length) throw new RangeError("an entry is cut off");
    if ((type === "0" || type === "") && lastPart(path) === name) {
      return tar.subarray(start, start + size);
    }
    at = start + Math.ceil(size / tarBlock) * tarBlock;
  }
  return undefined;
}

/** PKWARE APPNOTE 4.3: the directory at the end says where each entry's local header is. */
async function fileInZip(zip: Buffer, name: string): Promise<Buffer | undefined> {
  const end = zip.lastIndexOf(Buffer.from("PK\u0005\u0006", "latin1"));
  if (end < 0) throw new RangeError("no central directory");
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const method = zip.readUInt16LE(at + 10);
    const packedSize = zip.readUInt32LE(at + 20);
    const pathEnd = at + 46 + zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    if (lastPart(zip.toString("utf8", at + 46, pathEnd)) === name) {
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(start, start + packedSize);
      if (method === 0) return packed;
      if (method === 8) return promisify(inflateRaw)(packed, limits);
      throw new RangeError(`compression method ${method} is not supported`);
    }
    at = pathEnd + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return undefined;
}

function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString("latin1", 0, end < 0 ? field.length : end).trim();
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
